//! Semaphores: `sync/permits.rs`, with permits that are handed over and with such that are not. A waiter
//! that is not woken is a deadlock, which loom reports.

use super::explore;
use crate::park::BE_FAIR;
use crate::sync::{BoundedSemaphore, Semaphore};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use std::time::Duration;

/// Explores it both ways.
fn explore_both(name: &str, model: impl Fn() + Copy + Send + Sync + 'static) {
    for fair in [false, true] {
        explore(&format!("{name}, fair: {fair}"), move || {
            BE_FAIR.set(fair);
            model();
        });
    }
}

#[test]
fn semaphore_of_one_excludes() {
    explore_both("semaphore_of_one_excludes", || {
        let shared = Arc::new((BoundedSemaphore::new(1), UnsafeCell::new(0)));
        let add = |shared: &(BoundedSemaphore, UnsafeCell<u32>)| {
            let _permit = shared.0.permit();
            // SAFETY: there is one permit; loom checks that there is no race.
            shared.1.with_mut(|value| unsafe { *value += 1 });
        };
        let others = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || add(&shared))
        });
        add(&shared);
        for other in others {
            other.join().unwrap();
        }
        shared.0.acquire();
        // SAFETY: as above.
        assert_eq!(shared.1.with(|value| unsafe { *value }), 3);
        assert_eq!(shared.0.release(), Ok(()));
        assert!(shared.0.release().is_err());
    });
}

#[test]
fn semaphore_release_many_wakes_many() {
    explore_both("semaphore_release_many_wakes_many", || {
        let semaphore = Arc::new(Semaphore::new(0));
        let waiters = [(); 2].map(|()| {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.acquire())
        });
        semaphore.release_many(2);
        for waiter in waiters {
            waiter.join().unwrap();
        }
        assert_eq!(semaphore.available_permits(), 0);
    });
}

#[test]
fn semaphore_timeouts_lose_no_permit() {
    explore_both("semaphore_timeouts_lose_no_permit", || {
        let semaphore = Arc::new(Semaphore::new(0));
        let impatient = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.acquire_timeout(Duration::from_secs(1)))
        };
        let patient = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.acquire())
        };
        semaphore.release();
        let taken = impatient.join().unwrap();
        if taken {
            semaphore.release(); // else it is there for the other
        }
        patient.join().unwrap();
        assert_eq!(semaphore.available_permits(), 0);
    });
}

#[test]
fn semaphore_bound_holds() {
    explore_both("semaphore_bound_holds", || {
        let semaphore = Arc::new(BoundedSemaphore::new(1));
        semaphore.acquire();
        let other = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.release().is_ok())
        };
        let here = semaphore.release().is_ok();
        assert_ne!(here, other.join().unwrap());
        assert_eq!(semaphore.available_permits(), 1);
    });
}
