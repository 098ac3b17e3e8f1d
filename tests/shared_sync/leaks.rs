//! Nothing is left behind: no descriptor, no memory, no thread.

use crate::support::{child, eventually, guarded, leak};
use crate::{join, start};
use concurrent_futures::process::{
    Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore,
};
use std::process::ExitCode;

type All = (Lock, RLock, Semaphore, BoundedSemaphore, Event, Condition, Barrier);

fn all() -> All {
    (
        Lock::new().unwrap(),
        RLock::new().unwrap(),
        Semaphore::new(1).unwrap(),
        BoundedSemaphore::new(1).unwrap(),
        Event::new().unwrap(),
        Condition::new().unwrap(),
        Barrier::new(1).unwrap(),
    )
}

fn use_all((lock, rlock, semaphore, bounded, event, condition, barrier): All) {
    let _guards = (lock.lock().unwrap(), rlock.lock().unwrap());
    let _permits = (semaphore.permit(), bounded.permit());
    event.set();
    let _guard = condition.lock().unwrap();
    condition.notify_all().unwrap();
    barrier.wait().unwrap();
}

/// The pieces of shared memory that this process maps.
fn mappings() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux");
    maps.lines().filter(|line| line.contains("/memfd:")).count()
}

/// A program of its own, since tests that run beside it have descriptors too.
#[test]
fn program() -> ExitCode {
    if !child::is_program() {
        return ExitCode::SUCCESS;
    }
    join([start(use_all, all())]); // what is made once and stays
    let count = || [leak::descriptors(), leak::threads(), mappings()];
    let before = count();
    for _ in 0..20 {
        let handles = all();
        let process = start(use_all, handles.clone());
        use_all(handles);
        join([process]);
    }
    // Before, something of the first process may still have been there.
    eventually("all to be as before", || {
        count().iter().zip(&before).all(|(now, then)| now <= then)
    });
    ExitCode::SUCCESS
}

/// SYN-04: all that was shared is gone with its last user.
#[test]
fn nothing_is_left() {
    guarded("nothing_is_left", || {
        child::run(&mut child::program("leaks::program"));
    });
}
