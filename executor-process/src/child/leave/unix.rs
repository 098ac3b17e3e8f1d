//! `exit` calls us.

use std::io;

/// Sees to it that children are seen to when this process ends.
pub(in super::super) fn prepare() -> io::Result<()> {
    // SAFETY: `leave` is there until the process ends, and does not unwind.
    match unsafe { libc::atexit(leave) } {
        0 => Ok(()),
        _ => Err(io::ErrorKind::OutOfMemory.into()),
    }
}

extern "C" fn leave() {
    super::leave();
}

/// It does not matter which thread ends the process.
pub(in super::super) fn note_thread() {}

/// Ends the process.
pub(in super::super) fn exit(code: i32) -> ! {
    std::process::exit(code)
}
