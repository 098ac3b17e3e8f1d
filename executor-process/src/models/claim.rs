//! Each item is started once or recalled once, and nobody takes another task's items for his own.

use super::explore;
use crate::atomic::{AtomicU32, AtomicU64};
use crate::transport::claim::Claim;
use crate::transport::region::SLOTS;
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::Ordering::{Acquire, Release};
use loom::thread;

/// The first task in the slot, and the one that has it next.
const FIRST: u32 = 0;
const SECOND: u32 = SLOTS as u32;

/// A slot, with a descriptor that says which task is described.
struct Slot {
    word: AtomicU64,
    descriptor: UnsafeCell<u32>,
    /// How many outcomes have been published, as `Word::ResultTail`.
    outcomes: AtomicU32,
}

impl Slot {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            word: AtomicU64::new(0),
            descriptor: UnsafeCell::new(u32::MAX),
            outcomes: AtomicU32::new(0),
        })
    }

    fn claim(&self, number: u32) -> Claim<'_> {
        Claim::new(&self.word, number)
    }

    /// As `Inlet::publish`, but for the tail: the worker may look whenever it likes.
    fn publish(&self, number: u32, items: usize) {
        // SAFETY: loom checks that nobody else accesses it meanwhile.
        self.descriptor.with_mut(|descriptor| unsafe { *descriptor = number });
        self.claim(number).offer(items);
    }

    /// As `Outbound::take`, and as the loop of `Worker::run`: starts an item of a task, reads what it
    /// needs and publishes the outcome. Returns the item's index.
    fn run_next(&self, number: u32) -> Option<usize> {
        let item = self.claim(number).start_next()?;
        // SAFETY: as above.
        let described = self.descriptor.with(|descriptor| unsafe { *descriptor });
        assert_eq!(described, number);
        self.outcomes.fetch_add(1, Release);
        Some(item)
    }

    /// Runs what is there of a task.
    fn run(&self, number: u32) -> Vec<usize> {
        std::iter::from_fn(|| self.run_next(number)).collect()
    }
}

#[test]
fn items_are_started_or_recalled() {
    explore("items_are_started_or_recalled", || {
        let slot = Slot::new();
        let worker = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || {
                let before = slot.run(FIRST); // whatever was there when it looked first
                [before, slot.run(FIRST)].concat()
            })
        };
        slot.publish(FIRST, 3);
        let seen = slot.claim(FIRST).progress();
        assert_eq!(seen.started + seen.left, 3);
        let recalled = slot.claim(FIRST).recall();
        assert!(recalled.started >= seen.started);
        assert_eq!(recalled.started + recalled.left, 3);
        let started = worker.join().unwrap();
        assert_eq!(started, (0..recalled.started).collect::<Vec<_>>());
        assert_eq!(slot.claim(FIRST).recall().left, 0);
        assert_eq!(slot.claim(FIRST).progress().started, recalled.started);
    });
}

#[test]
fn two_threads_start_items() {
    explore("two_threads_start_items", || {
        let slot = Slot::new();
        slot.publish(FIRST, 3);
        let workers = [(); 2].map(|()| {
            let slot = Arc::clone(&slot);
            thread::spawn(move || slot.run(FIRST))
        });
        let recalled = slot.claim(FIRST).recall();
        let mut started = workers.map(|worker| worker.join().unwrap()).concat();
        started.sort_unstable();
        assert_eq!(started, (0..recalled.started).collect::<Vec<_>>());
        assert_eq!(recalled.started + recalled.left, 3);
    });
}

#[test]
fn a_stale_thread_starts_nothing() {
    explore("a_stale_thread_starts_nothing", || {
        let slot = Slot::new();
        slot.publish(FIRST, 2);
        // Held up anywhere, it goes on to look for the first task's items.
        let stale = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || slot.run(FIRST).len())
        };
        // Looks for the second task's, perhaps before that is there.
        let early = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || slot.run(SECOND).len())
        };
        let first = slot.claim(FIRST).recall();
        assert_eq!(first.started + first.left, 2);
        if slot.outcomes.load(Acquire) as usize == first.started {
            // All that was started is over, so the slot is free.
            slot.publish(SECOND, 2);
            let second = slot.claim(SECOND).recall();
            assert_eq!(second.started + second.left, 2);
            assert_eq!(early.join().unwrap(), second.started);
        } else {
            assert_eq!(early.join().unwrap(), 0);
        }
        assert_eq!(stale.join().unwrap(), first.started);
    });
}
