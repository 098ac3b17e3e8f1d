//! Rows SYN-01 to SYN-05, SYN-08 to SYN-10 and SYN-19: semaphores, also as locks that another thread
//! releases.

use crate::asleep::asleep;
use crate::support::{eventually, guarded};
use concurrent_futures::TooManyReleases;
use concurrent_futures::sync::{BoundedSemaphore, Semaphore};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(3600);

/// SYN-08, SYN-01: at once, or not.
#[test]
fn try_forms() {
    guarded("try_forms", || {
        static SEMAPHORE: Semaphore = Semaphore::new(2);
        assert!(SEMAPHORE.try_acquire());
        let permit = SEMAPHORE.try_permit().expect("there is one");
        assert_eq!(SEMAPHORE.available_permits(), 0);
        assert!(!SEMAPHORE.try_acquire() && SEMAPHORE.try_permit().is_none());
        thread::scope(|scope| scope.spawn(|| assert!(!SEMAPHORE.try_acquire())).join().unwrap());
        drop(permit);
        SEMAPHORE.release();
        assert_eq!(SEMAPHORE.available_permits(), 2);
    });
}

/// SYN-08, SYN-02: after the timeout, and then it works as before.
#[test]
fn timed_forms() {
    guarded("timed_forms", || {
        let semaphore = Arc::new(Semaphore::new(0));
        let start = Instant::now();
        assert!(!semaphore.acquire_timeout(Duration::from_millis(20)));
        assert!(start.elapsed() >= Duration::from_millis(20));
        assert!(semaphore.permit_timeout(Duration::ZERO).is_none());
        let waiters = [LONG, Duration::MAX].map(|timeout| {
            let semaphore = Arc::clone(&semaphore);
            asleep(move || semaphore.acquire_timeout(timeout))
        });
        semaphore.release();
        semaphore.release();
        assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap()));
        assert_eq!(semaphore.available_permits(), 0);
    });
}

/// SYN-01: five blocked threads all get through, one after another.
#[test]
fn blocked_threads_get_through() {
    guarded("blocked_threads_get_through", || {
        let lock = Arc::new(BoundedSemaphore::new(1));
        lock.acquire();
        let waiters = [(); 5].map(|()| {
            let lock = Arc::clone(&lock);
            asleep(move || {
                let _held = lock.permit();
                assert_eq!(lock.available_permits(), 0);
            })
        });
        lock.release().unwrap();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        assert_eq!(lock.available_permits(), 1);
    });
}

/// SYN-03: not reentrant, and another thread may release it; a guard can be turned into such a hold.
#[test]
fn released_elsewhere() {
    guarded("released_elsewhere", || {
        let lock = BoundedSemaphore::new(1);
        for guarded in [false, true] {
            if guarded {
                std::mem::forget(lock.permit());
            } else {
                lock.acquire();
            }
            assert!(!lock.try_acquire());
            thread::scope(|scope| scope.spawn(|| lock.release()).join().unwrap()).unwrap();
            assert_eq!(lock.available_permits(), 1);
        }
    });
}

/// SYN-04: the guard gives the permit back when its scope is left by a panic.
#[test]
fn guards_release_on_unwinding() {
    guarded("guards_release_on_unwinding", || {
        let semaphore = Semaphore::new(1);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let _permit = semaphore.permit();
            resume_unwind(Box::new("on purpose"));
        }));
        assert!(outcome.is_err());
        assert_eq!(semaphore.available_permits(), 1);
    });
}

/// SYN-09: so many waiters as permits released, and no more.
#[test]
fn release_many_wakes_as_many() {
    guarded("release_many_wakes_as_many", || {
        let semaphore = Arc::new(Semaphore::new(0));
        let waiters: Vec<_> = (0..5)
            .map(|_| {
                let semaphore = Arc::clone(&semaphore);
                asleep(move || semaphore.acquire())
            })
            .collect();
        let through = || waiters.iter().filter(|waiter| waiter.is_finished()).count();
        semaphore.release_many(0);
        semaphore.release_many(2);
        eventually("two to get through", || through() == 2);
        semaphore.release_many(2);
        eventually("two more to get through", || through() == 4);
        assert_eq!(semaphore.available_permits(), 0);
        semaphore.release_many(4);
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        assert_eq!(semaphore.available_permits(), 3);
    });
}

/// SYN-10, SYN-05: the one rises above its start, the other refuses and keeps its count.
#[test]
fn bounds() {
    guarded("bounds", || {
        let unbounded = Semaphore::new(1);
        unbounded.release();
        unbounded.release_many(3);
        assert_eq!(unbounded.available_permits(), 5);

        let bounded = BoundedSemaphore::new(3);
        assert_eq!(bounded.release(), Err(TooManyReleases));
        bounded.acquire();
        bounded.acquire();
        assert_eq!(bounded.release_many(3), Err(TooManyReleases));
        assert_eq!(bounded.release_many(usize::MAX), Err(TooManyReleases));
        assert_eq!(bounded.available_permits(), 1);
        assert_eq!(bounded.release_many(2), Ok(()));
        assert_eq!(bounded.release(), Err(TooManyReleases));
        assert_eq!(bounded.available_permits(), 3);
        let text = "the semaphore was released more often than acquired";
        assert_eq!(TooManyReleases.to_string(), text);
        // A guard whose permit somebody else has released has nothing left to give back.
        let permit = bounded.permit();
        bounded.release().unwrap();
        drop(permit);
        assert_eq!(bounded.available_permits(), 3);
    });
}

/// SYN-08: no number is too large, and none overflows.
#[test]
fn extreme_numbers() {
    guarded("extreme_numbers", || {
        let most = Semaphore::MAX_PERMITS;
        for semaphore in [Semaphore::new(usize::MAX), Semaphore::new(most)] {
            assert_eq!(semaphore.available_permits(), most);
            semaphore.release();
            semaphore.release_many(usize::MAX);
            assert_eq!(semaphore.available_permits(), most);
            assert!(semaphore.try_acquire());
            assert_eq!(semaphore.available_permits(), most - 1);
        }
        let bounded = BoundedSemaphore::new(usize::MAX);
        assert_eq!(bounded.release(), Err(TooManyReleases));
        assert_eq!(BoundedSemaphore::new(0).release(), Err(TooManyReleases));
        assert!(!BoundedSemaphore::new(0).try_acquire());
    });
}

/// SYN-08: nobody waits for ever while another thread releases and acquires without a pause.
#[test]
fn waiters_are_not_starved() {
    guarded("waiters_are_not_starved", || {
        let lock = BoundedSemaphore::new(1);
        let through = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !through.load(Ordering::Relaxed) {
                    let permit = lock.permit();
                    std::hint::spin_loop();
                    drop(permit);
                }
            });
            for _ in 0..20 {
                lock.acquire();
                lock.release().unwrap();
            }
            through.store(true, Ordering::Relaxed);
        });
    });
}

/// SYN-19: `Debug` shows the state.
#[test]
fn debug_shows_the_state() {
    let semaphore = Semaphore::new(2);
    semaphore.acquire();
    assert_eq!(format!("{semaphore:?}"), "Semaphore { available_permits: 1 }");
    assert_eq!(format!("{:?}", semaphore.permit()), "Permit { .. }");
    let bounded = BoundedSemaphore::new(2);
    bounded.acquire();
    assert_eq!(format!("{bounded:?}"), "BoundedSemaphore { available_permits: 1, bound: 2 }");
}
