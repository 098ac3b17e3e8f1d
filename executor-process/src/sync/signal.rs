//! [`Signal`]: the word of an event.
//!
//! # States
//!
//! ```text
//!   31                        2     1       0
//!   |       generation        | SLEEPERS | SET |
//! ```
//!
//! The generation counts how often the flag went from clear to set. Whoever waits remembers the one in
//! which he came: once there is another, the flag was set during the wait, even if it is clear again.
//!
//! - **Setting**, in one step: the next generation, SET, no SLEEPERS. Then all who sleep are woken, if
//!   there was a bit that said so.
//! - **Clearing** takes SET away, and leaves the generation.
//! - **Waiting**: set SLEEPERS in a word that is clear, then sleep unless the word has changed. A
//!   setter either sees the bit, or has changed the word before the sleeper looked.
//!
//! # Invariants
//!
//! - Who waits at the moment of a set goes on, whatever comes next; if the setter is killed before
//!   waking him, after a slice of sleep: `models/signal.rs`.
//! - Who comes after a clear does not go on because of an earlier set: `models/signal.rs`.
//!
//! A generation comes again after a billion settings. Only who was stopped for exactly so many would miss
//! them.

use crate::atomic::AtomicU32;
use crate::shared::futex;
use crate::shared::waiting::Waiting;
use std::hint;
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};

const SET: u32 = 1;
const SLEEPERS: u32 = 2;
const GENERATION: u32 = 4;

/// How often to look before sleeping.
const LOOKS: u32 = if cfg!(loom) { 0 } else { 100 };

/// A flag in shared memory. Clear when all zero.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Signal {
    word: AtomicU32,
    _padding: AtomicU32,
}

impl Signal {
    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self { word: AtomicU32::new(0), _padding: AtomicU32::new(0) }
    }

    /// Whether somebody has announced that he will sleep.
    #[cfg(loom)]
    pub(crate) fn is_waited_for(&self) -> bool {
        self.word.load(SeqCst) & SLEEPERS != 0
    }

    #[inline]
    pub(crate) fn is_set(&self) -> bool {
        self.word.load(Acquire) & SET != 0
    }

    pub(crate) fn set(&self) {
        let mut word = self.word.load(Relaxed);
        loop {
            // Writes even if it is set: what was done before is to be seen by those who go on later.
            let set = match word & SET {
                0 => ((word & !SLEEPERS) | SET).wrapping_add(GENERATION),
                _ => word,
            };
            match self.word.compare_exchange(word, set, SeqCst, Relaxed) {
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        if word & SLEEPERS != 0 {
            futex::wake(&self.word, u32::MAX);
        }
    }

    pub(crate) fn clear(&self) {
        self.word.fetch_and(!SET, SeqCst);
    }

    /// Waits until the flag is set, or has been since. `false` if the time is over before.
    #[inline]
    pub(crate) fn wait(&self, waiting: impl FnOnce() -> Waiting) -> bool {
        let word = self.word.load(Acquire);
        word & SET != 0 || self.wait_for_change(word & !SLEEPERS, &mut waiting())
    }

    #[cold]
    fn wait_for_change(&self, before: u32, waiting: &mut Waiting) -> bool {
        // It was clear: whatever is different now, but for sleepers, is a set in between.
        let was_set = |word| word & !SLEEPERS != before;
        for _ in 0..LOOKS {
            if was_set(self.word.load(Acquire)) {
                return true;
            }
            hint::spin_loop();
        }
        loop {
            let word = self.word.load(SeqCst);
            if was_set(word) {
                return true;
            }
            let announced = word | SLEEPERS;
            if word != announced
                && self.word.compare_exchange(word, announced, SeqCst, Relaxed).is_err()
            {
                continue;
            }
            if !waiting.sleep(&self.word, announced) {
                return was_set(self.word.load(Acquire));
            }
        }
    }
}
