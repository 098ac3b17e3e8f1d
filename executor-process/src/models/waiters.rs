//! As many go on as are notified, and no notification is lost with a dead waiter.

use super::world::{self, LIVES, process};
use super::{explore, explore_deaths};
use crate::shared::lock::Taken;
use crate::shared::waiting::Waiting;
use crate::sync::marked::MarkedLock;
use crate::sync::waiters::{Slept, Waiters};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use std::time::Duration;

/// A condition, its lock, and how many things there are to wait for.
struct Shared {
    lock: MarkedLock,
    waiters: Waiters,
    things: UnsafeCell<u32>,
}

impl Shared {
    fn new() -> Arc<Self> {
        let (lock, waiters) = (MarkedLock::new(), Waiters::new());
        Arc::new(Self { lock, waiters, things: UnsafeCell::new(0) })
    }

    fn acquire(&self) -> Taken {
        self.lock.acquire(Waiting::forever).expect("no end")
    }

    /// Under the lock.
    fn things(&self) -> u32 {
        // SAFETY: loom checks that nobody changes it meanwhile.
        self.things.with(|things| unsafe { *things })
    }

    fn set_things(&self, count: u32) {
        // SAFETY: loom checks that nobody else accesses it meanwhile.
        self.things.with_mut(|things| unsafe { *things = count });
    }

    /// As `Condition::wait`: how it ended, and how the lock was got back.
    fn wait(&self, waiting: fn() -> Waiting) -> (Slept, Taken) {
        let mut place = self.waiters.enter().expect("there are enough");
        self.lock.release();
        let take_from_dead = || self.lock.take_from_dead();
        let slept = self.waiters.sleep(&mut place, &mut waiting(), take_from_dead);
        if slept == Slept::Inherited {
            return (slept, Taken::Abandoned);
        }
        let taken = self.acquire();
        self.waiters.leave(place);
        (slept, taken)
    }

    fn put(&self, count: u32, notify: usize) {
        let _taken = self.acquire();
        self.set_things(self.things() + count);
        self.waiters.notify(notify);
        self.lock.release();
    }

    /// Waits for a thing and takes it, and goes on after every death.
    fn take(&self) {
        let _taken = self.acquire();
        while self.things() == 0 {
            let _how = self.wait(Waiting::forever);
        }
        self.set_things(self.things() - 1);
        self.lock.release();
    }

    /// Waits until there is something, leaves it there and tells the next.
    fn look(&self) {
        let _taken = self.acquire();
        while self.things() == 0 {
            let _how = self.wait(Waiting::forever);
        }
        self.waiters.notify(1);
        self.lock.release();
    }
}

fn spawn(
    number: u64,
    steps: usize,
    shared: &Arc<Shared>,
    body: fn(&Shared),
) -> thread::JoinHandle<bool> {
    let shared = Arc::clone(shared);
    thread::spawn(move || process(number, steps, || body(&shared)).is_some())
}

#[test]
fn one_for_each() {
    explore("one_for_each", || {
        let shared = Shared::new();
        let takers = [2, 3].map(|number| spawn(number, LIVES, &shared, Shared::take));
        shared.put(1, 1);
        shared.put(1, 1);
        for taker in takers {
            assert!(taker.join().unwrap());
        }
        assert_eq!((shared.things(), shared.waiters.count()), (0, 0));
    });
}

#[test]
fn two_at_once() {
    explore("two_at_once", || {
        let shared = Shared::new();
        let takers = [2, 3].map(|number| spawn(number, LIVES, &shared, Shared::take));
        shared.put(2, 2);
        for taker in takers {
            assert!(taker.join().unwrap());
        }
    });
}

#[test]
fn a_surplus_is_not_kept() {
    explore("a_surplus_is_not_kept", || {
        let shared = Shared::new();
        let first = spawn(2, LIVES, &shared, |shared| {
            let _taken = shared.acquire();
            assert_eq!(shared.waiters.notify(2), 0);
            let (slept, _) = shared.wait(|| Waiting::at_most(Duration::from_secs(9)));
            assert_eq!(slept, Slept::TimedOut);
            shared.lock.release();
        });
        world::grow_late();
        assert!(first.join().unwrap());
    });
}

#[test]
fn notified_or_timed_out() {
    explore("notified_or_timed_out", || {
        let shared = Shared::new();
        let patient = spawn(2, LIVES, &shared, Shared::take);
        let impatient = spawn(3, LIVES, &shared, |shared| {
            let _taken = shared.acquire();
            if shared.things() == 0 {
                let (slept, _) = shared.wait(|| Waiting::at_most(Duration::from_secs(9)));
                if slept == Slept::Notified {
                    shared.waiters.notify(1); // that was for somebody who takes the thing
                }
            }
            shared.lock.release();
        });
        world::grow_late();
        shared.put(1, 1);
        assert!(patient.join().unwrap());
        assert!(impatient.join().unwrap());
    });
}

#[test]
fn a_waiter_dies() {
    explore_deaths("a_waiter_dies", 40, |steps| {
        let shared = Shared::new();
        let victim = spawn(2, steps, &shared, Shared::look);
        let other = spawn(3, LIVES, &shared, Shared::look);
        shared.put(1, 1);
        victim.join().unwrap();
        assert!(other.join().unwrap());
    });
}

#[test]
fn a_notifier_dies() {
    explore_deaths("a_notifier_dies", 20, |steps| {
        let shared = Shared::new();
        let victim = spawn(2, steps, &shared, |shared| shared.put(1, 1));
        // Whoever inherits the lock looks for himself; else there is nothing to be found.
        let other = spawn(3, LIVES, &shared, |shared| {
            let _taken = shared.acquire();
            if shared.things() == 0 {
                let _how = shared.wait(Waiting::forever);
            }
            shared.lock.release();
        });
        if !victim.join().unwrap() {
            shared.put(1, 1);
        }
        assert!(other.join().unwrap());
    });
}

#[test]
fn the_places_of_the_dead_are_taken() {
    explore("the_places_of_the_dead_are_taken", || {
        let shared = Shared::new();
        for number in [2, 3, 4] {
            let shared = Arc::clone(&shared);
            let dies = move || {
                process(number, LIVES, || shared.waiters.enter());
                process(number, 0, world::step)
            };
            thread::spawn(dies).join().unwrap();
        }
        let taker = spawn(5, LIVES, &shared, Shared::take);
        shared.put(1, 1);
        assert!(taker.join().unwrap());
    });
}
