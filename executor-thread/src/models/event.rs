//! Events: `sync/event.rs`. A waiter that is not woken is a deadlock, which loom reports.

use super::explore;
use crate::sync::Event;
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use std::time::Duration;

#[test]
fn event_set_wakes_all_and_publishes() {
    explore("event_set_wakes_all_and_publishes", || {
        let shared = Arc::new((Event::new(), UnsafeCell::new(0)));
        let waiters = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                shared.0.wait();
                shared.1.with(|value| {
                    // SAFETY: written before `set` only; loom checks that there is no race.
                    assert_eq!(unsafe { *value }, 7);
                });
            })
        });
        // SAFETY: as above.
        shared.1.with_mut(|value| unsafe { *value = 7 });
        shared.0.set();
        for waiter in waiters {
            waiter.join().unwrap();
        }
    });
}

#[test]
fn event_waiters_go_on_in_spite_of_clear() {
    explore("event_waiters_go_on_in_spite_of_clear", || {
        let event = Arc::new(Event::new());
        let waiter = {
            let event = Arc::clone(&event);
            thread::spawn(move || event.wait())
        };
        while !event.is_waited_for() {
            thread::yield_now();
        }
        event.set();
        event.clear();
        waiter.join().unwrap();
        assert!(!event.is_set());
    });
}

#[test]
fn event_set_wakes_nobody_who_comes_after_clear() {
    explore("event_set_wakes_nobody_who_comes_after_clear", || {
        let event = Arc::new(Event::new());
        let early = {
            let event = Arc::clone(&event);
            thread::spawn(move || event.wait())
        };
        let setter = {
            let event = Arc::clone(&event);
            thread::spawn(move || event.set())
        };
        early.join().unwrap(); // it was set, but `set` may not have returned
        event.clear();
        assert!(!event.wait_timeout(Duration::from_secs(1)));
        setter.join().unwrap();
    });
}

#[test]
fn event_timeouts_leave_the_others_waiting() {
    explore("event_timeouts_leave_the_others_waiting", || {
        let event = Arc::new(Event::new());
        let patient = {
            let event = Arc::clone(&event);
            thread::spawn(move || event.wait())
        };
        let impatient = {
            let event = Arc::clone(&event);
            thread::spawn(move || event.wait_timeout(Duration::from_secs(1)))
        };
        event.set();
        patient.join().unwrap();
        impatient.join().unwrap(); // either
        assert!(event.wait_timeout(Duration::ZERO));
    });
}
