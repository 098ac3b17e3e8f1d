//! Programs that call `fork` themselves: the two processes are two, whatever they had done before.

use crate::support::fork::in_a_fork;
use crate::support::{child, guarded};
use concurrent_futures::process::{Lock, RLock, Semaphore};
use std::time::Duration;

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
