//! `Event`.

use crate::support::{eventually, guarded};
use crate::{Books, LONG, SHORT, add, books, join, read, start, wait_until};
use concurrent_futures::process::Event;
use std::thread;

fn wait((event, books): (Event, Books)) {
    add(&books, 0, 1);
    event.wait();
    assert!(event.wait_timeout(LONG));
    add(&books, 1, 1);
}

/// SYN-11: setting and clearing twice is the same as once; all go on; a timed wait says no.
#[test]
fn all_go_on() {
    guarded("all_go_on", || {
        let (event, books) = (Event::new().unwrap(), books());
        assert!(!event.is_set());
        assert!(!event.wait_timeout(SHORT));
        let processes = [(); 3].map(|()| start(wait, (event.clone(), books.clone())));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| wait((event.clone(), books.clone())));
            }
            wait_until(&books, 0, 5);
            assert_eq!(read(&books, 1), 0);
            event.set();
            event.set();
        });
        join(processes);
        assert_eq!(read(&books, 1), 5);
        assert!(event.is_set());
        event.clear();
        event.clear();
        assert!(!event.is_set());
        assert!(!event.wait_timeout(SHORT));
    });
}

fn wait_for_ever((event, books): (Event, Books)) {
    add(&books, 0, 1);
    assert!(event.wait_timeout(LONG));
    add(&books, 1, 1);
}

/// Whether all threads of that process sleep.
#[cfg(target_os = "linux")]
fn sleeps(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S'))
}

/// SYN-12: who waits when it is set goes on, though it is cleared at once. Other processes, too (better).
#[cfg(target_os = "linux")]
#[test]
fn set_and_cleared() {
    guarded("set_and_cleared", || {
        let (event, books) = (Event::new().unwrap(), books());
        let waiters = [(); 3].map(|()| start(wait_for_ever, (event.clone(), books.clone())));
        wait_until(&books, 0, 3);
        for waiter in &waiters {
            let pid = waiter.pid().expect("started");
            eventually("a process to sleep", || sleeps(pid));
        }
        event.set();
        event.clear();
        join(waiters);
        assert!(!event.is_set());
    });
}

/// SYN-19: what is printed tells the state.
#[test]
fn shown() {
    guarded("shown", || {
        let event = Event::new().unwrap();
        assert_eq!(format!("{event:?}"), "Event { set: false }");
        event.set();
        assert_eq!(format!("{event:?}"), "Event { set: true }");
    });
}
