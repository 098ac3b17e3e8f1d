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
//! Invariant, checked by `items_are_started_or_recalled` and the other models in `models/claim.rs`: each
//! item is started once or recalled once, never both.

use super::region::SLOTS;
use crate::atomic::AtomicU64;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::noise::Noise;
    use std::sync::atomic::Ordering::Relaxed;

    const NOTHING: Progress = Progress { started: 0, left: 0 };

    #[test]
    fn items_are_started_in_order() {
        let word = AtomicU64::new(0);
        let claim = Claim::new(&word, 3);
        assert_eq!((claim.progress(), claim.start_next()), (NOTHING, None));
        claim.offer(3);
        for started in 0..3 {
            assert_eq!(claim.progress(), Progress { started, left: 3 - started });
            assert_eq!(claim.start_next(), Some(started));
        }
        assert_eq!(claim.start_next(), None);
        assert_eq!(claim.recall(), Progress { started: 3, left: 0 });
    }

    #[test]
    fn what_is_recalled_is_not_started() {
        let word = AtomicU64::new(0);
        let claim = Claim::new(&word, 0);
        claim.offer(MAX_ITEMS);
        assert_eq!(claim.start_next(), Some(0));
        assert_eq!(claim.recall(), Progress { started: 1, left: MAX_ITEMS - 1 });
        assert_eq!(claim.start_next(), None);
        assert_eq!(claim.recall(), Progress { started: 1, left: 0 });
        assert_eq!(claim.progress(), Progress { started: 1, left: 0 });
    }

    #[test]
    fn each_lap_is_for_itself() {
        let word = AtomicU64::new(0);
        let slots = SLOTS as u32;
        for number in [7, 7 + slots, 7 + 2 * slots, u32::MAX - slots, u32::MAX] {
            let claim = Claim::new(&word, number);
            claim.offer(2);
            let others = [number.wrapping_sub(slots), number.wrapping_add(slots)];
            for other in others.map(|other| Claim::new(&word, other)) {
                assert_eq!(other.start_next(), None);
                assert_eq!((other.progress(), other.recall()), (NOTHING, NOTHING));
            }
            assert_eq!(claim.start_next(), Some(0));
            assert_eq!(claim.recall(), Progress { started: 1, left: 1 });
        }
    }

    #[test]
    fn a_wild_worker_writes_anything() {
        let mut noise = Noise::new(1);
        for _ in 0..10_000 {
            let wild = noise.of(&[u64::MAX, MASK, MASK << BITS, noise.clone().next()]);
            let word = AtomicU64::new(wild);
            let (_, _, lap) = unpack(wild);
            for lap in [lap, 0] {
                let claim = Claim { word: &word, lap };
                let before = claim.progress();
                assert!(before.started <= MAX_ITEMS && before.left <= MAX_ITEMS);
                assert_eq!(claim.recall(), before);
                assert_eq!(claim.start_next(), None);
            }
        }
    }

    #[test]
    fn each_item_once_between_threads() {
        const ITEMS: usize = 20;
        let word = AtomicU64::new(0);
        let turn = AtomicU64::new(0);
        let rounds = 5000_u32;
        let number = |round: u32| round * SLOTS as u32;
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let mut started = vec![0; rounds as usize];
                for round in 0..rounds {
                    while turn.load(Acquire) <= u64::from(round) {
                        std::thread::yield_now();
                    }
                    let claim = Claim::new(&word, number(round));
                    while let Some(item) = claim.start_next() {
                        assert_eq!(item, started[round as usize]);
                        started[round as usize] += 1;
                    }
                }
                started
            });
            let mut noise = Noise::new(2);
            let mut taken = Vec::new();
            for round in 0..rounds {
                let claim = Claim::new(&word, number(round));
                claim.offer(ITEMS);
                turn.store(u64::from(round) + 1, Release);
                for _ in 0..noise.below(300) {
                    turn.load(Relaxed);
                }
                taken.push(claim.recall());
            }
            for (recalled, started) in taken.into_iter().zip(worker.join().unwrap()) {
                assert_eq!(recalled.started + recalled.left, ITEMS);
                assert!(started <= recalled.started, "{started} of {recalled:?}");
            }
        });
    }
}
