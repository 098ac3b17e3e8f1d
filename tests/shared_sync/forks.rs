//! Programs that call `fork` themselves: the two processes are two, whatever they had done before.

use crate::support::{child, guarded};
use concurrent_futures::process::{Lock, RLock, Semaphore};
use std::time::Duration;

/// Runs `f` in a forked process, which then ends without letting go of anything.
fn in_a_fork(f: impl FnOnce() -> bool) {
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

/// SYN-20: what a forked process takes is its own, is told of, or comes back, when it has died.
#[test]
fn forked() {
    guarded("forked", || {
        let output = child::run(&mut child::program("forks::program_that_forks"));
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.contains("\nno mix-up\n"), "{printed}");
    });
}

/// See `forked`.
#[test]
fn program_that_forks() {
    if !child::is_program() {
        return;
    }
    let (lock, rlock, semaphore) =
        (Lock::new().unwrap(), RLock::new().unwrap(), Semaphore::new(1).unwrap());
    let some = Duration::from_secs(5);
    // This process is known by now, and so is its seat.
    drop(lock.lock().unwrap());
    drop(semaphore.permit());
    in_a_fork(|| lock.acquire().is_ok());
    drop(lock.lock_timeout(some).expect_err("it died with the lock"));
    in_a_fork(|| {
        std::mem::forget(semaphore.permit());
        true
    });
    assert!(semaphore.permit_timeout(some).is_some(), "it died with the permit");
    let guard = rlock.lock().unwrap();
    in_a_fork(|| !rlock.is_owned() && matches!(rlock.try_acquire(), Ok(false)));
    drop(guard);
    in_a_fork(|| rlock.acquire().is_ok());
    drop(rlock.lock_timeout(some).expect_err("it died with the lock"));
    println!("\nno mix-up");
}
