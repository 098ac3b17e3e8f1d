//! Rows SYN-01 to SYN-07 and SYN-13 to SYN-15, with the locks and the condition variable of
//! `parking_lot`, which the documentation of `concurrent_futures::sync` says to use.

use crate::asleep::asleep;
use crate::support::{eventually, guarded};
use parking_lot::{Condvar, Mutex, ReentrantMutex};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(3600);

/// SYN-01, SYN-02, SYN-19: a held lock is told by `try_lock` and after a timeout; blocked threads get
/// through.
#[test]
fn mutex_excludes() {
    guarded("mutex_excludes", || {
        let lock = Arc::new(Mutex::new(0));
        let held = lock.lock();
        assert!(lock.is_locked() && lock.try_lock().is_none());
        let start = Instant::now();
        assert!(lock.try_lock_for(Duration::from_millis(20)).is_none());
        assert!(start.elapsed() >= Duration::from_millis(20));
        assert_eq!(format!("{lock:?}"), "Mutex { data: <locked> }");
        let waiters = [(); 5].map(|()| {
            let lock = Arc::clone(&lock);
            asleep(move || *lock.lock() += 1)
        });
        drop(held);
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        assert_eq!(lock.try_lock_for(LONG).as_deref(), Some(&5));
    });
}

/// SYN-04: released on unwinding, and not poisoned.
#[test]
fn mutex_is_released_by_panics() {
    guarded("mutex_is_released_by_panics", || {
        let lock = Mutex::new(0);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            *lock.lock() += 1;
            let _held = lock.lock();
            resume_unwind(Box::new("on purpose"));
        }));
        assert!(outcome.is_err());
        assert_eq!(*lock.lock(), 1);
    });
}

/// SYN-06, SYN-07: as many releases as acquires, by the owner, who can be told.
#[test]
fn reentrant_mutex_is_reentrant() {
    guarded("reentrant_mutex_is_reentrant", || {
        let lock = ReentrantMutex::new(Cell::new(0));
        let free_elsewhere =
            || thread::scope(|scope| scope.spawn(|| lock.try_lock().is_some()).join().unwrap());
        let outer = lock.lock();
        let inner = lock.try_lock().expect("this thread holds it");
        inner.set(inner.get() + 1);
        assert!(lock.is_owned_by_current_thread() && !free_elsewhere());
        drop(outer);
        assert!(lock.is_owned_by_current_thread() && !free_elsewhere());
        drop(inner);
        assert!(!lock.is_locked() && !lock.is_owned_by_current_thread() && free_elsewhere());
        assert_eq!(lock.lock().get(), 1);
    });
}

/// SYN-14, SYN-15: one notification wakes one, `notify_all` all, and a surplus one is not stored; who
/// was notified is told from whose time has passed.
#[test]
fn condition_wakes_as_told() {
    #[derive(Default)]
    struct State {
        come: u32,
        awake: u32,
    }
    guarded("condition_wakes_as_told", || {
        let shared = Arc::new((Mutex::new(State::default()), Condvar::new()));
        let (state, changed) = &*shared;
        assert!(!changed.notify_one()); // nobody is there: lost
        let waiters: Vec<_> = (0..5)
            .map(|_| {
                let shared = Arc::clone(&shared);
                asleep(move || {
                    let mut state = shared.0.lock();
                    state.come += 1;
                    let in_time = !shared.1.wait_for(&mut state, LONG).timed_out();
                    state.awake += 1;
                    in_time
                })
            })
            .collect();
        // They wait as soon as they let go of the lock.
        eventually("all to have come", || state.lock().come == 5);
        let (told, count) = {
            let mut state = state.lock();
            let told = [changed.notify_one(), changed.notify_one()];
            // Two go on, and no others: they come to say so, and we give them the time.
            while state.awake < 2 {
                thread::yield_now();
                parking_lot::MutexGuard::bump(&mut state);
            }
            (told, state.awake)
        };
        assert_eq!((told, count), ([true, true], 2));
        let mut guard = state.lock();
        let timeout = changed.wait_for(&mut guard, Duration::from_millis(10)).timed_out();
        assert!(timeout && guard.awake == 2);
        assert_eq!(changed.notify_all(), 3);
        drop(guard);
        assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap()));
        assert_eq!(state.lock().awake, 5);
    });
}

/// SYN-15: waiting for a predicate, with one deadline for all.
#[test]
fn condition_waits_for_predicates() {
    guarded("condition_waits_for_predicates", || {
        let shared = Arc::new((Mutex::new(0), Condvar::new()));
        let waiter = {
            let shared = Arc::clone(&shared);
            asleep(move || {
                let mut value = shared.0.lock();
                !shared.1.wait_while_for(&mut value, |value| *value < 3, LONG).timed_out()
            })
        };
        for _ in 0..3 {
            *shared.0.lock() += 1;
            shared.1.notify_all();
        }
        assert!(waiter.join().unwrap());
        let mut value = shared.0.lock();
        let timeout = Duration::from_millis(20);
        let start = Instant::now();
        assert!(shared.1.wait_while_for(&mut value, |value| *value < 4, timeout).timed_out());
        assert!(start.elapsed() >= timeout);
    });
}
