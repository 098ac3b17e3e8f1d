//! `Lock` and `RLock`.

use crate::support::guarded;
use crate::{Books, LONG, SHORT, add, books, join, pool, read, start, wait_until, write};
use concurrent_futures::Executor;
use concurrent_futures::process::{Abandoned, Lock, NotHeld, RLock};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

fn take_and_count((lock, books): (Lock, Books)) {
    add(&books, 0, 1);
    lock.acquire().unwrap();
    write(&books, 1, read(&books, 1) + 1);
    lock.release().unwrap();
}

/// SYN-01: a try on a held lock fails; whoever waits gets it after the release, threads and processes.
#[test]
fn all_get_through() {
    guarded("all_get_through", || {
        let (lock, books) = (Lock::new().unwrap(), books());
        assert!(lock.try_acquire().unwrap());
        assert!(!lock.try_acquire().unwrap());
        assert!(lock.try_lock().unwrap().is_none());
        let processes = [(); 3].map(|()| start(take_and_count, (lock.clone(), books.clone())));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| take_and_count((lock.clone(), books.clone())));
            }
            wait_until(&books, 0, 5);
            assert_eq!(read(&books, 1), 0);
            lock.release().unwrap();
        });
        join(processes);
        assert_eq!(read(&books, 1), 5);
        assert!(!lock.is_locked());
    });
}

/// SYN-02: a timed attempt fails after the time, and the lock is as good as before.
#[test]
fn time_passes() {
    guarded("time_passes", || {
        let lock = Lock::new().unwrap();
        let guard = lock.lock().unwrap();
        assert!(!lock.acquire_timeout(SHORT).unwrap());
        assert!(lock.lock_timeout(SHORT).unwrap().is_none());
        drop(guard);
        assert!(lock.lock_timeout(LONG).unwrap().is_some());
        assert!(lock.acquire_timeout(std::time::Duration::MAX).unwrap());
        let again = RLock::new().unwrap();
        again.acquire().unwrap();
        let clone = again.clone();
        let other = thread::spawn(move || clone.acquire_timeout(SHORT).unwrap());
        assert!(!other.join().unwrap());
    });
}

fn release(lock: Lock) -> Result<(), String> {
    lock.release().map_err(|error| error.to_string())
}

/// SYN-03, SYN-05: another thread or process may release; releasing a free lock is an error.
#[test]
fn released_elsewhere() {
    guarded("released_elsewhere", || {
        let lock = Lock::new().unwrap();
        lock.acquire().unwrap();
        assert!(!lock.acquire_timeout(SHORT).unwrap(), "it is not re-entrant");
        let clone = lock.clone();
        thread::spawn(move || clone.release().unwrap()).join().unwrap();
        lock.acquire().unwrap();
        let pool = pool(1);
        assert_eq!(pool.submit(release, lock.clone()).unwrap().result().unwrap(), Ok(()));
        let error = pool.submit(release, lock.clone()).unwrap().result().unwrap().unwrap_err();
        assert_eq!(error, "the lock is not held");
        assert_eq!(lock.release(), Err(NotHeld));
        lock.lock().unwrap().keep();
        assert_eq!(lock.release(), Ok(()));
    });
}

/// SYN-04: guards release by a panic, too, and nobody minds that a handle is gone while the lock is held.
#[test]
fn guards() {
    guarded("guards", || {
        let lock = Lock::new().unwrap();
        let panic = catch_unwind(AssertUnwindSafe(|| {
            let _guard = lock.lock().unwrap();
            panic!("on purpose");
        }));
        assert!(panic.is_err());
        assert!(lock.try_lock().unwrap().is_some());
        let other = lock.clone();
        other.acquire().unwrap();
        drop(other);
        assert!(lock.is_locked());
        lock.release().unwrap();
        // A guard may go to another thread.
        let guard = lock.lock().unwrap();
        thread::scope(|scope| _ = scope.spawn(|| drop(guard)));
        assert!(!lock.is_locked());
    });
}

fn misuse(lock: RLock) -> (bool, bool, u64) {
    (lock.release().is_err(), lock.try_acquire().unwrap(), lock.depth())
}

/// SYN-06, SYN-07: as many releases as acquisitions, by the owner alone: one thread of one process.
#[test]
fn re_entrant() {
    guarded("re_entrant", || {
        let lock = RLock::new().unwrap();
        assert_eq!(lock.release(), Err(NotHeld));
        let pool = pool(1);
        let elsewhere = || pool.submit(misuse, lock.clone()).unwrap().result().unwrap();
        lock.acquire().unwrap();
        assert!(lock.try_acquire().unwrap());
        let guard = lock.lock().unwrap();
        assert_eq!((lock.is_owned(), lock.depth()), (true, 3));
        assert_eq!(elsewhere(), (true, false, 0));
        thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!((lock.is_owned(), lock.depth()), (false, 0));
                assert_eq!(lock.release(), Err(NotHeld));
                assert!(!lock.try_acquire().unwrap());
            });
        });
        drop(guard);
        lock.release().unwrap();
        assert_eq!(elsewhere(), (true, false, 0));
        lock.release().unwrap();
        assert_eq!(lock.release(), Err(NotHeld));
        // Now the worker gets it, and keeps it.
        assert_eq!(elsewhere(), (true, true, 1));
        assert!(!lock.try_acquire().unwrap());
    });
}

/// SYN-19: what is printed tells the state.
#[test]
fn shown() {
    guarded("shown", || {
        let lock = Lock::new().unwrap();
        assert_eq!(format!("{lock:?}"), "Lock { locked_by: None }");
        let guard = lock.lock().unwrap();
        let locked = format!("Lock {{ locked_by: Some({}) }}", std::process::id());
        assert_eq!(format!("{lock:?}"), locked);
        drop(guard);
        let lock = RLock::new().unwrap();
        assert_eq!(format!("{lock:?}"), "RLock { locked_by: None }");
    });
}

fn hold_and_die((lock, books): (Lock, Books)) {
    lock.acquire().unwrap();
    add(&books, 0, 1);
    loop {
        thread::park();
    }
}

fn hold_twice_and_die((lock, books): (RLock, Books)) {
    lock.acquire().unwrap();
    lock.acquire().unwrap();
    add(&books, 0, 1);
    loop {
        thread::park();
    }
}

/// SYN-20 (better): the lock of a process that was killed is not lost. Everybody is told, until one
/// answers for what it protects.
#[test]
fn the_holder_dies() {
    guarded("the_holder_dies", || {
        let (lock, books) = (Lock::new().unwrap(), books());
        let holder = start(hold_and_die, (lock.clone(), books.clone()));
        wait_until(&books, 0, 1);
        assert!(!lock.try_acquire().unwrap());
        let waiter = {
            let lock = lock.clone();
            thread::spawn(move || lock.lock().map(drop).map_err(|error| error.to_string()))
        };
        holder.kill().unwrap();
        let error = waiter.join().unwrap().unwrap_err();
        assert!(error.contains("died while it had this lock"), "{error}");
        assert!(lock.is_abandoned());
        assert!(!lock.is_locked(), "who gave up has released it");
        drop(lock.acquire().expect_err("told again"));
        assert!(format!("{lock:?}").contains("abandoned: true"));
        let guard = lock.lock().unwrap_or_else(Abandoned::into_guard);
        assert!(lock.is_locked());
        drop(guard);
        assert!(!lock.is_abandoned());
        lock.lock().expect("nobody is told any more").keep();
        lock.release().unwrap();
    });
}

/// SYN-20 (better), SYN-06: the same for the owner of a re-entrant one.
#[test]
fn the_owner_dies() {
    guarded("the_owner_dies", || {
        let (lock, books) = (RLock::new().unwrap(), books());
        let owner = start(hold_twice_and_die, (lock.clone(), books.clone()));
        wait_until(&books, 0, 1);
        owner.kill().unwrap();
        let guard = lock.lock().expect_err("told").into_guard();
        assert_eq!(lock.depth(), 1);
        drop(guard);
        assert_eq!(lock.depth(), 0);
        lock.acquire().unwrap();
    });
}
