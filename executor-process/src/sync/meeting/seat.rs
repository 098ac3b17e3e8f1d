//! [`Seat`]: where one party waits.

use super::outcome::Outcome;
use crate::atomic::{AtomicU32, AtomicU64};
use crate::shared::life::Stamp;
use executor_core::BrokenBarrier;
use std::sync::atomic::Ordering::SeqCst;

/// In a word: nobody waits here. Otherwise WAITING, or how the round ended.
const NOBODY: u32 = 0;
pub(super) const WAITING: u32 = 1;

/// A place for one party, of this round or an earlier one.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Seat {
    pub(super) stamp: AtomicU64,
    pub(super) word: AtomicU32,
    _padding: AtomicU32,
}

impl Seat {
    #[cfg(loom)]
    pub(super) fn new() -> Self {
        let [word, padding] = [0, 0].map(AtomicU32::new);
        Self { stamp: AtomicU64::new(0), word, _padding: padding }
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.word.load(SeqCst) == WAITING
    }

    pub(super) fn is_dead(&self) -> bool {
        is_dead(&self.stamp)
    }

    /// Its word says how the round ended.
    pub(super) fn leave(&self) -> Result<(), BrokenBarrier> {
        let outcome = Outcome::from_bits(self.word.load(SeqCst));
        self.word.store(NOBODY, SeqCst);
        self.stamp.store(0, SeqCst);
        outcome.into_result()
    }
}

/// Whether there is the stamp of a dead process.
pub(super) fn is_dead(stamp: &AtomicU64) -> bool {
    Stamp::from_bits(stamp.load(SeqCst)).is_some_and(|process| !process.is_alive())
}
