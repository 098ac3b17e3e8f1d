//! Rows SYN-11, SYN-12 and SYN-19: events.

use crate::asleep::asleep;
use crate::support::guarded;
use concurrent_futures::sync::Event;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(3600);

/// SYN-11: setting and clearing can be repeated, and a set event makes nobody wait.
#[test]
fn set_and_clear() {
    guarded("set_and_clear", || {
        static EVENT: Event = Event::new();
        assert!(!EVENT.is_set());
        for _ in 0..2 {
            EVENT.set();
            assert!(EVENT.is_set());
        }
        EVENT.wait();
        assert!(EVENT.wait_timeout(Duration::ZERO) && EVENT.wait_timeout(Duration::MAX));
        for _ in 0..2 {
            EVENT.clear();
            assert!(!EVENT.is_set());
        }
        assert!(!EVENT.wait_timeout(Duration::ZERO));
    });
}

/// SYN-11: all who wait go on, with `true`.
#[test]
fn set_wakes_all() {
    guarded("set_wakes_all", || {
        let event = Arc::new(Event::default());
        let waiters: Vec<_> = (0..5)
            .map(|waiter| {
                let event = Arc::clone(&event);
                asleep(move || match waiter {
                    0 => event.wait_timeout(Duration::MAX),
                    1 => event.wait_timeout(LONG),
                    _ => {
                        event.wait();
                        event.is_set()
                    }
                })
            })
            .collect();
        assert!(waiters.iter().all(|waiter| !waiter.is_finished()));
        event.set();
        assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap()));
    });
}

/// SYN-11: a timed wait answers `false` after the timeout, and the event can still be waited for.
#[test]
fn waits_time_out() {
    guarded("waits_time_out", || {
        let event = Arc::new(Event::new());
        let start = Instant::now();
        assert!(!event.wait_timeout(Duration::from_millis(20)));
        assert!(start.elapsed() >= Duration::from_millis(20));
        let waiter = Arc::clone(&event);
        let waiter = asleep(move || waiter.wait_timeout(LONG));
        assert!(!event.wait_timeout(Duration::from_millis(1)));
        event.set();
        assert!(waiter.join().unwrap());
    });
}

/// SYN-12: those who wait when it is set go on with `true` even if it is cleared at once, timed or not.
#[test]
#[cfg(target_os = "linux")] // where it is known that they sleep
fn set_and_clear_at_once() {
    guarded("set_and_clear_at_once", || {
        for _ in 0..50 {
            let event = Arc::new(Event::new());
            let waiters = [(); 5].map(|()| {
                let event = Arc::clone(&event);
                asleep(move || event.wait_timeout(LONG))
            });
            event.set();
            event.clear();
            assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap()));
            assert!(!event.wait_timeout(Duration::ZERO));
        }
    });
}

/// SYN-19: `Debug` shows the state.
#[test]
fn debug_shows_the_state() {
    let event = Event::new();
    assert_eq!(format!("{event:?}"), "Event { set: false }");
    event.set();
    assert_eq!(format!("{event:?}"), "Event { set: true }");
}
