//! Messages go in and come out once each, nobody sleeps while there is something for him, and the
//! dead leave nothing half done.
//!
//! The ends, the benches and the marks are those of `log/` and `queue/` as they ship. In place of
//! the rings there is one word for each message; what is done with it is in the order of
//! `log/append.rs` and `log/take.rs`.

use super::world::{self, LIVES, process};
use super::{explore, explore_deaths};
use crate::atomic::{AtomicU64, fence};
use crate::log::bench::Bench;
use crate::log::control::{End, Place};
use crate::queue::marks::Marks;
use crate::shared::waiting::Waiting;
use loom::sync::Arc;
use loom::thread;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::time::Duration;

const SLOTS: usize = 4;

struct Log {
    limit: u64,
    tail: End,
    head: End,
    filled: Bench,
    drained: Bench,
    slots: [AtomicU64; SLOTS],
}

impl Log {
    fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self {
            limit,
            tail: End::new(),
            head: End::new(),
            filled: Bench::new(),
            drained: Bench::new(),
            slots: [(); SLOTS].map(|()| AtomicU64::new(0)),
        })
    }

    fn is_empty(&self) -> bool {
        self.tail.count() == self.head.count()
    }

    fn is_full(&self) -> bool {
        let taken = self.head.count();
        self.tail.count() - taken >= self.limit
    }

    /// As `Log::append_with`.
    fn try_append(&self, message: u64) -> bool {
        let _taken = self.tail.lock.acquire(Waiting::forever).unwrap();
        let (count, place) = self.tail.state();
        assert_eq!(place.position, count, "the place belongs to the count");
        let full = count - self.head.count() >= self.limit;
        if !full {
            self.slots[count as usize % SLOTS].store(message, Relaxed);
            self.tail.pass(count, Place { position: count + 1, ..place });
        }
        self.tail.lock.release();
        if full {
            return false;
        }
        fence(SeqCst);
        self.filled.wake_one();
        if self.limit < SLOTS as u64 {
            self.drained.wake_one_if(|| !self.is_full());
        }
        true
    }

    /// As `Log::append`.
    fn append(&self, message: u64) {
        while !self.try_append(message) {
            let turn = self.drained.sit_down();
            if self.try_append(message) {
                return;
            }
            self.drained.sleep(turn, &mut Waiting::forever());
        }
    }

    /// As `Log::take_with`.
    fn try_take(&self) -> Option<u64> {
        let _taken = self.head.lock.acquire(Waiting::forever).unwrap();
        let (count, place) = self.head.state();
        assert_eq!(place.position, count, "the place belongs to the count");
        let message = (self.tail.count() != count).then(|| {
            let message = self.slots[count as usize % SLOTS].load(Relaxed);
            self.head.pass(count, Place { position: count + 1, ..place });
            message
        });
        self.head.lock.release();
        let message = message?;
        assert_ne!(message, 0, "seen before it was published");
        self.filled.wake_one_if(|| !self.is_empty());
        if self.limit < SLOTS as u64 {
            fence(SeqCst);
            self.drained.wake_one();
        }
        Some(message)
    }

    /// As `Log::take`; `None` if it is late.
    fn take(&self, waiting: fn() -> Waiting) -> Option<u64> {
        let mut waiting = waiting();
        let mut over = false;
        loop {
            match self.try_take() {
                None if !over => {}
                done => return done,
            }
            let turn = self.filled.sit_down();
            if self.is_empty() {
                over = !self.filled.sleep(turn, &mut waiting);
            }
        }
    }
}

/// A process that takes a message, and dies after so many steps.
fn taker(number: u64, steps: usize, log: &Arc<Log>) -> thread::JoinHandle<Option<u64>> {
    let log = Arc::clone(log);
    thread::spawn(move || process(number, steps, || log.take(Waiting::forever)).flatten())
}

/// A process that appends a message, and dies after so many steps. Says whether it has lived.
fn appender(number: u64, steps: usize, log: &Arc<Log>, message: u64) -> thread::JoinHandle<bool> {
    let log = Arc::clone(log);
    thread::spawn(move || process(number, steps, || log.append(message)).is_some())
}

#[test]
fn no_wake_up_is_lost() {
    explore("no_wake_up_is_lost", || {
        let log = Log::new(SLOTS as u64);
        let other = appender(2, LIVES, &log, 7);
        assert_eq!(log.take(Waiting::forever), Some(7));
        assert!(other.join().unwrap());
        assert!(log.is_empty());
    });
}

#[test]
fn two_sleep() {
    explore("two_sleep", || {
        let log = Log::new(SLOTS as u64);
        let takers = [2, 3].map(|number| taker(number, LIVES, &log));
        log.append(1);
        log.append(2);
        let sum: u64 = takers.map(|taker| taker.join().unwrap().unwrap()).iter().sum();
        assert_eq!(sum, 3);
    });
}

#[test]
fn two_append_while_one_sleeps() {
    explore("two_append_while_one_sleeps", || {
        let log = Log::new(SLOTS as u64);
        let others = [2, 3].map(|number| appender(number, LIVES, &log, number));
        let sum = log.take(Waiting::forever).unwrap() + log.take(Waiting::forever).unwrap();
        assert_eq!(sum, 5);
        for other in others {
            assert!(other.join().unwrap());
        }
    });
}

#[test]
fn somebody_else_is_faster() {
    explore("somebody_else_is_faster", || {
        let log = Log::new(SLOTS as u64);
        let sleeper = taker(2, LIVES, &log);
        log.append(1);
        let ours = log.try_take();
        if ours.is_some() {
            log.append(2);
        }
        assert_eq!(sleeper.join().unwrap(), Some(1 + ours.unwrap_or(0)));
    });
}

#[test]
fn a_sleeper_gives_up() {
    explore("a_sleeper_gives_up", || {
        let log = Log::new(SLOTS as u64);
        let patient = taker(2, LIVES, &log);
        let other = {
            let log = Arc::clone(&log);
            let limited = || Waiting::at_most(Duration::from_secs(1));
            thread::spawn(move || process(3, LIVES, || log.take(limited)).flatten())
        };
        log.append(1);
        world::grow_late();
        log.append(2);
        let first = patient.join().unwrap().unwrap();
        let second = other.join().unwrap().or_else(|| log.try_take()).unwrap();
        assert_eq!(first + second, 3);
    });
}

#[test]
fn room_is_passed_on() {
    explore("room_is_passed_on", || {
        let log = Log::new(1);
        let others = [2, 3].map(|number| appender(number, LIVES, &log, number));
        let sum = log.take(Waiting::forever).unwrap() + log.take(Waiting::forever).unwrap();
        assert_eq!(sum, 5);
        for other in others {
            assert!(other.join().unwrap());
        }
    });
}

#[test]
fn a_producer_dies() {
    explore_deaths("a_producer_dies", 26, |steps| {
        let log = Log::new(SLOTS as u64);
        let victim = appender(2, steps, &log, 7);
        log.append(8);
        let lived = victim.join().unwrap();
        let mut taken: Vec<_> = std::iter::from_fn(|| log.try_take()).collect();
        assert_eq!(log.tail.count(), taken.len() as u64, "the count is exact");
        taken.sort_unstable();
        assert!(taken == [7, 8] || (taken == [8] && !lived));
    });
}

#[test]
fn a_consumer_dies() {
    explore_deaths("a_consumer_dies", 26, |steps| {
        let log = Log::new(SLOTS as u64);
        log.append(1);
        log.append(2);
        let victim = taker(2, steps, &log);
        let ours = log.take(Waiting::forever).unwrap();
        let theirs = victim.join().unwrap();
        let left = log.try_take();
        assert!(theirs.is_none() || left.is_none(), "three of two");
        let sum = ours + theirs.or(left).unwrap_or(3 - ours);
        assert_eq!(sum, 3, "each once, but for the one that the dead had taken");
        assert!(log.is_empty());
    });
}

#[test]
fn a_sleeper_dies() {
    explore_deaths("a_sleeper_dies", 30, |steps| {
        let log = Log::new(SLOTS as u64);
        let victim = taker(2, steps, &log);
        let other = taker(3, LIVES, &log);
        log.append(1);
        log.append(2);
        assert!(other.join().unwrap().is_some());
        victim.join().unwrap();
    });
}

#[test]
fn a_join_ends() {
    explore("a_join_ends", || {
        let state = Arc::new((Marks::new(), AtomicU64::new(1)));
        let markers = [2, 3].map(|number| {
            let state = Arc::clone(&state);
            let mark = move || state.0.mark(|| state.1.load(SeqCst)).is_ok();
            thread::spawn(move || process(number, LIVES, &mark).unwrap())
        });
        let put = || state.1.load(SeqCst);
        state.0.join(put, &mut Waiting::forever()).unwrap();
        let marked = markers.map(|marker| marker.join().unwrap());
        assert_eq!(marked.iter().filter(|&&marked| marked).count(), 1, "one too many is refused");
    });
}
