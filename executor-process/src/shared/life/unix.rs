//! What every Unix tells of a process.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// Has this done first of all in every process that this one forks, and in those that they do.
///
/// At such a moment nothing can be relied on. It is to do no more than to overwrite a word or two.
#[cfg(not(loom))]
pub(crate) fn in_forked_processes(forget: extern "C" fn()) {
    // SAFETY: a function that takes nothing, and is there for as long as the program. Whoever gives it
    // keeps to what may be done between `fork` and `exec`.
    let _no_memory = unsafe { libc::pthread_atfork(None, None, Some(forget)) };
}

/// When a process started cannot be found out everywhere.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn start_time(_pid: u32) -> Option<u64> {
    None
}

/// Whether no process has this number.
pub(super) fn has_ended(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return true };
    test_kill_process(pid) == Err(Errno::SRCH)
}
