//! What a worker does about signals, and about the death of its parent.

/// Prepares a process that has just become a worker of the process `parent`.
#[cfg(unix)]
pub(super) fn prepare(parent: u32) {
    // SAFETY: `SIG_IGN` is a valid disposition. What the standard library does before `main`, which
    // has not happened yet if we come from a constructor.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    survive_interrupts();
    crate::bootstrap::orphan::die_with(parent);
}

/// From now on `SIGINT` is without effect on this process.
#[cfg(unix)]
pub(crate) fn survive_interrupts() {
    extern "C" fn nothing(_signal: libc::c_int) {}
    // SAFETY: a handler that does nothing is safe at any time. Not `SIG_IGN`, which programs that
    // this process starts would inherit. glibc's and musl's `signal` restarts interrupted system calls.
    unsafe { libc::signal(libc::SIGINT, nothing as *const () as libc::sighandler_t) };
}

/// Prepares a process that has just become a worker of the process `parent`.
///
/// It is in a process group of its own, so Ctrl-C does not reach it.
#[cfg(not(unix))]
pub(super) fn prepare(parent: u32) {
    crate::bootstrap::orphan::die_with(parent);
}
