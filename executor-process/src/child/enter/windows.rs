//! What a child on Windows does first.

use std::io;
use std::os::windows::io::{IntoRawHandle, OwnedHandle};
use windows_sys::Win32::System::Console::{STD_INPUT_HANDLE, SetStdHandle};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, TerminateProcess};

/// Nothing is inherited that was not meant to be, and there are no signals.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(super) fn prepare(_parent: u32) -> io::Result<()> {
    Ok(())
}

/// Makes this the standard input.
pub(super) fn set_input(input: OwnedHandle) -> io::Result<()> {
    // SAFETY: the handle is open, and nobody closes it any more.
    crate::shared::windows::handle::check(unsafe {
        SetStdHandle(STD_INPUT_HANDLE, input.into_raw_handle())
    })
}

/// Ends this process, whatever else is going on.
pub(super) fn end_at_once() {
    // SAFETY: no pointers are passed.
    unsafe { TerminateProcess(GetCurrentProcess(), crate::worker::EXIT_ORPHANED as u32) };
}
