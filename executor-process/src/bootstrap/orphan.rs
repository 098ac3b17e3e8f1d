//! Not outliving the parent.

/// Has the system kill this process when its parent, the process with this number, dies.
///
/// The system goes by the *thread* that started us, so whoever starts a process that calls this keeps
/// the thread alive for as long.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn die_with(parent: u32) {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};

    let _old_kernels_excepted = set_parent_process_death_signal(Some(Signal::KILL));
    // It may have died before.
    let now = getppid().map_or(0, |pid| pid.as_raw_nonzero().get().unsigned_abs());
    if now != parent && now != 0 {
        std::process::exit(crate::worker::EXIT_ORPHANED);
    }
}

/// Elsewhere a connection to the parent tells when it is gone.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub(crate) fn die_with(_parent: u32) {}
