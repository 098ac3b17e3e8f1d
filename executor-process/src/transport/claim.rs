//! Who has which items of a task: one word per slot, which both processes change by compare-and-swap.
//!
//! A task in a slot has one item, or, if it is part of a `map`, several. The word says which have been
//! started and which are there to be started: `next..end`. The worker starts an item by moving `next`;
//! the pool takes items back by moving `end`. Whatever the worker's end, the word tells for each item
//! whether it was started, so the pool knows exactly which tasks to blame on a death, which to run
//! elsewhere, and which can be cancelled.
//!
//! The rest of the word is the *lap*: how often the slot has been used before. A worker thread that
//! was held up between two items cannot take those of the slot's next user for its own.
//!
//! Invariant, checked by the model `items_are_started_or_recalled`: each item is started once or
//! recalled once, never both.

use super::region::SLOTS;
use crate::sync::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

const BITS: u32 = 20;
const MASK: u64 = (1 << BITS) - 1;

/// The most items that a slot can have.
pub(crate) const MAX_ITEMS: usize = MASK as usize;

/// The word of one slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim<'r> {
    word: &'r AtomicU64,
    lap: u64,
}

/// Which items have been started, and which are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// How many have been started.
    pub(crate) started: usize,
    /// How many have not, and can be.
    pub(crate) left: usize,
}

fn unpack(word: u64) -> (u64, u64, u64) {
    (word & MASK, (word >> BITS) & MASK, word >> (2 * BITS))
}

fn pack(next: u64, end: u64, lap: u64) -> u64 {
    next | (end << BITS) | (lap << (2 * BITS))
}

impl<'r> Claim<'r> {
    /// The word of the slot that the task with this number is in.
    pub(crate) fn new(word: &'r AtomicU64, number: u32) -> Self {
        Self { word, lap: u64::from(number) / SLOTS as u64 }
    }

    /// The pool offers `items` items in a slot that nobody uses.
    pub(crate) fn offer(self, items: usize) {
        debug_assert!(items <= MAX_ITEMS);
        self.word.store(pack(0, items as u64, self.lap), Release);
    }

    /// The worker starts the next item, and learns its index; `None` if there is none left.
    pub(crate) fn start_next(self) -> Option<usize> {
        let mut word = self.word.load(Acquire);
        loop {
            let (next, end, lap) = unpack(word);
            if lap != self.lap || next >= end {
                return None;
            }
            match self.word.compare_exchange(word, pack(next + 1, end, lap), AcqRel, Acquire) {
                Ok(_) => return Some(next as usize),
                Err(actual) => word = actual,
            }
        }
    }

    /// The pool takes back all items that have not been started; says which were and how many it took.
    pub(crate) fn recall(self) -> Progress {
        let mut word = self.word.load(Acquire);
        loop {
            let (next, end, lap) = unpack(word);
            if lap != self.lap {
                return Progress { started: 0, left: 0 }; // the worker has written there
            }
            let progress =
                Progress { started: next as usize, left: end.saturating_sub(next) as usize };
            match self.word.compare_exchange(word, pack(next, next, lap), AcqRel, Acquire) {
                Ok(_) => return progress,
                Err(actual) => word = actual,
            }
        }
    }

    /// What has been started by now.
    pub(crate) fn progress(self) -> Progress {
        let (next, end, lap) = unpack(self.word.load(Acquire));
        if lap != self.lap {
            return Progress { started: 0, left: 0 };
        }
        Progress { started: next as usize, left: end.saturating_sub(next) as usize }
    }
}
