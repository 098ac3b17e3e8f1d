//! One at a time, nobody is forgotten, and the heir of a dead holder is told.

use super::world::{self, LIVES, process};
use super::{explore, explore_deaths};
use crate::shared::lock::Taken;
use crate::shared::waiting::Waiting;
use crate::sync::marked::MarkedLock;
use crate::sync::owned::OwnedLock;
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

/// A lock, and what it protects: loom notices when two access that at once.
struct Protected {
    lock: MarkedLock,
    inside: UnsafeCell<bool>,
    /// How often somebody was told of a death.
    told: AtomicUsize,
}

impl Protected {
    fn new() -> Arc<Self> {
        let told = AtomicUsize::new(0);
        Arc::new(Self { lock: MarkedLock::new(), inside: UnsafeCell::new(false), told })
    }

    fn set_inside(&self, value: bool) {
        // SAFETY: loom checks that nobody else accesses it meanwhile.
        self.inside.with_mut(|inside| unsafe { *inside = value });
    }

    /// Takes the lock, does something that has an intermediate state, and lets go.
    fn visit(&self, waiting: fn() -> Waiting) -> bool {
        let Some(taken) = self.lock.acquire(waiting) else { return false };
        // SAFETY: as above.
        let half_done = self.inside.with(|inside| unsafe { *inside });
        match taken {
            Taken::Released => assert!(!half_done, "not told"),
            Taken::Abandoned => {
                self.told.fetch_add(1, SeqCst);
                self.lock.unmark();
            }
        }
        self.set_inside(true);
        world::step();
        self.set_inside(false);
        self.lock.release();
        true
    }
}

/// A process that visits, and dies after so many steps.
fn visitor(number: u64, steps: usize, protected: &Arc<Protected>) -> thread::JoinHandle<bool> {
    let protected = Arc::clone(protected);
    let visit = move || protected.visit(Waiting::forever);
    thread::spawn(move || process(number, steps, visit).unwrap_or(false))
}

#[test]
fn one_at_a_time() {
    explore("one_at_a_time", || {
        let protected = Protected::new();
        let others = [2, 3].map(|number| visitor(number, LIVES, &protected));
        assert!(protected.visit(Waiting::forever));
        for other in others {
            assert!(other.join().unwrap());
        }
        assert_eq!(protected.told.load(SeqCst), 0);
        assert_eq!(protected.lock.holder(), None);
    });
}

#[test]
fn a_holder_dies() {
    explore_deaths("a_holder_dies", 12, |steps| {
        let protected = Protected::new();
        let victim = visitor(2, steps, &protected);
        let other = visitor(3, LIVES, &protected);
        let survived = victim.join().unwrap();
        assert!(other.join().unwrap());
        assert!(protected.visit(Waiting::forever));
        let told = protected.told.load(SeqCst);
        assert!(told <= usize::from(!survived), "{told} were told");
    });
}

#[test]
fn two_wait_and_one_dies() {
    explore_deaths("two_wait_and_one_dies", 14, |steps| {
        let protected = Protected::new();
        assert_eq!(protected.lock.try_acquire(), Some(Taken::Released));
        let victim = visitor(2, steps, &protected);
        let other = visitor(3, LIVES, &protected);
        protected.lock.release();
        let survived = victim.join().unwrap();
        assert!(other.join().unwrap());
        assert!(protected.told.load(SeqCst) <= usize::from(!survived));
    });
}

#[test]
fn two_heirs() {
    explore("two_heirs", || {
        let protected = Protected::new();
        let dead = {
            let protected = Arc::clone(&protected);
            let hold = move || {
                let _taken = protected.lock.try_acquire();
                protected.set_inside(true);
            };
            thread::spawn(move || {
                process(2, LIVES, hold);
                process(2, 0, world::step)
            })
        };
        dead.join().unwrap();
        let other = visitor(3, LIVES, &protected);
        assert!(protected.visit(Waiting::forever));
        assert!(other.join().unwrap());
        assert_eq!(protected.told.load(SeqCst), 1);
    });
}

#[test]
fn an_heir_that_does_not_answer() {
    explore_deaths("an_heir_that_does_not_answer", 4, |steps| {
        let protected = Protected::new();
        let take = |protected: &Arc<Protected>, number, steps| {
            let protected = Arc::clone(protected);
            let take = move || protected.lock.acquire(Waiting::forever);
            thread::spawn(move || {
                process(number, steps, take);
                process(number, 0, world::step)
            })
        };
        take(&protected, 2, LIVES).join().unwrap();
        take(&protected, 3, steps).join().unwrap(); // inherits, perhaps, and dies
        assert_eq!(protected.lock.acquire(Waiting::forever), Some(Taken::Abandoned));
        protected.lock.release(); // gives up
        assert_eq!(protected.lock.acquire(Waiting::forever), Some(Taken::Abandoned));
        protected.lock.unmark();
        protected.lock.release();
        assert_eq!(protected.lock.acquire(Waiting::forever), Some(Taken::Released));
    });
}

#[test]
fn who_gives_up_forgets_nobody() {
    explore("who_gives_up_forgets_nobody", || {
        let protected = Protected::new();
        assert_eq!(protected.lock.try_acquire(), Some(Taken::Released));
        let patient = visitor(2, LIVES, &protected);
        let impatient = {
            let protected = Arc::clone(&protected);
            let visit = move || protected.visit(|| Waiting::at_most(Duration::from_secs(9)));
            thread::spawn(move || process(3, LIVES, visit))
        };
        world::grow_late();
        protected.lock.release();
        assert!(patient.join().unwrap());
        impatient.join().unwrap();
    });
}

#[test]
fn released_by_another() {
    explore("released_by_another", || {
        let protected = Protected::new();
        assert_eq!(protected.lock.try_acquire(), Some(Taken::Released));
        let waiter = visitor(2, LIVES, &protected);
        let other = {
            let protected = Arc::clone(&protected);
            thread::spawn(move || process(3, LIVES, || protected.lock.release_any()))
        };
        assert_eq!(other.join().unwrap(), Some(true));
        assert!(waiter.join().unwrap());
    });
}

#[test]
fn taken_again_by_its_owner() {
    explore_deaths("taken_again_by_its_owner", 16, |steps| {
        let lock = Arc::new(OwnedLock::new());
        let inside = Arc::new(UnsafeCell::new(()));
        let visit = |lock: &Arc<OwnedLock>, inside: &Arc<UnsafeCell<()>>, number, steps| {
            let (lock, inside) = (Arc::clone(lock), Arc::clone(inside));
            let take = |lock: &OwnedLock| {
                lock.acquire(|lock| lock.acquire(Waiting::forever)).expect("no end")
            };
            let visit = move || {
                let _told = take(&lock);
                assert_eq!(take(&lock), Taken::Released);
                assert_eq!(lock.depth(), 2);
                assert!(lock.release());
                inside.with_mut(|_| ());
                assert!(lock.release());
                assert!(!lock.release());
            };
            thread::spawn(move || process(number, steps, visit))
        };
        let victim = visit(&lock, &inside, 2, steps);
        let other = visit(&lock, &inside, 3, LIVES);
        victim.join().unwrap();
        assert!(other.join().unwrap().is_some());
    });
}
