//! What a worker does about signals, and about the death of its parent.

/// Prepares a process that has just become a worker of the process `parent`.
#[cfg(unix)]
pub(super) fn prepare(parent: u32) {
    // SAFETY: `SIG_IGN` is a valid disposition. What the standard library does before `main`, which
    // has not happened yet if we come from a constructor.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    extern "C" fn nothing(_signal: libc::c_int) {}
    // SAFETY: a handler that does nothing is safe at any time. Not `SIG_IGN`, which programs that
    // tasks start would inherit. glibc's and musl's `signal` restarts interrupted system calls.
    unsafe { libc::signal(libc::SIGINT, nothing as *const () as libc::sighandler_t) };
    die_with(parent);
}

#[cfg(not(unix))]
pub(super) fn prepare(_parent: u32) {}

/// Has the system kill this process when its parent dies.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn die_with(parent: u32) {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};

    let _old_kernels_excepted = set_parent_process_death_signal(Some(Signal::KILL));
    // It may have died before.
    let now = getppid().map_or(0, |pid| pid.as_raw_nonzero().get().unsigned_abs());
    if now != parent && now != 0 {
        std::process::exit(super::EXIT_ORPHANED);
    }
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
fn die_with(_parent: u32) {}
