//! Whoever waits when the flag is set goes on.

use super::world::{self, LIVES, process};
use super::{explore, explore_deaths};
use crate::shared::waiting::Waiting;
use crate::sync::signal::Signal;
use loom::sync::Arc;
use loom::thread;
use std::time::Duration;

fn waiter(number: u64, signal: &Arc<Signal>, waiting: fn() -> Waiting) -> thread::JoinHandle<bool> {
    let signal = Arc::clone(signal);
    thread::spawn(move || process(number, LIVES, || signal.wait(waiting)).expect("it lives"))
}

#[test]
fn a_set_wakes_all() {
    explore("a_set_wakes_all", || {
        let signal = Arc::new(Signal::new());
        let waiters = [2, 3].map(|number| waiter(number, &signal, Waiting::forever));
        signal.set();
        for waiter in waiters {
            assert!(waiter.join().unwrap());
        }
        assert!(signal.wait(Waiting::forever));
    });
}

#[test]
fn a_clear_comes_at_once() {
    explore("a_clear_comes_at_once", || {
        let signal = Arc::new(Signal::new());
        let waiter = waiter(2, &signal, Waiting::forever);
        while !signal.is_waited_for() {
            thread::yield_now();
        }
        signal.set();
        signal.clear();
        assert!(!signal.is_set());
        assert!(waiter.join().unwrap());
    });
}

#[test]
fn who_comes_after_a_clear_waits() {
    explore("who_comes_after_a_clear_waits", || {
        let signal = Arc::new(Signal::new());
        signal.set();
        signal.clear();
        let late = || Waiting::at_most(Duration::from_secs(9));
        let waiter = waiter(2, &signal, late);
        world::grow_late();
        assert!(!waiter.join().unwrap());
    });
}

#[test]
fn two_set_and_one_clears() {
    explore("two_set_and_one_clears", || {
        let signal = Arc::new(Signal::new());
        let waiter = waiter(2, &signal, Waiting::forever);
        let setter = {
            let signal = Arc::clone(&signal);
            thread::spawn(move || {
                signal.set();
                signal.clear();
            })
        };
        setter.join().unwrap();
        signal.set();
        assert!(waiter.join().unwrap());
    });
}

#[test]
fn a_setter_dies() {
    explore_deaths("a_setter_dies", 5, |steps| {
        let signal = Arc::new(Signal::new());
        let waiter = waiter(2, &signal, Waiting::forever);
        let victim = {
            let signal = Arc::clone(&signal);
            thread::spawn(move || process(3, steps, || signal.set()))
        };
        victim.join().unwrap();
        if signal.is_set() {
            assert!(waiter.join().unwrap());
        } else {
            signal.set();
            assert!(waiter.join().unwrap());
        }
    });
}
