//! Processes made by `fork`, in programs that do nothing else at the time.

/// Runs `f` in a forked process, which then ends without letting go of anything.
pub(crate) fn in_a_fork(f: impl FnOnce() -> bool) {
    // SAFETY: the other threads of this program hold no locks that are needed: they wait.
    match unsafe { libc::fork() } {
        0 => {
            let code = i32::from(!f());
            // SAFETY: ends the process, as if it were killed.
            unsafe { libc::_exit(code) };
        }
        forked => {
            let mut status = 0;
            // SAFETY: waits for our own child, and writes to a number of ours.
            assert_eq!(unsafe { libc::waitpid(forked, &mut status, 0) }, forked);
            assert_eq!(status, 0, "the forked process got what it should");
        }
    }
}
