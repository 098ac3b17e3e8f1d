//! The count of a semaphore, and who waits for it.
//!
//! # Protocol
//!
//! One word holds the free permits and whether threads may be sleeping for one:
//!
//! ```text
//!   63                                  1    0
//!   |           free permits            | WAITING |
//! ```
//!
//! - **Acquiring**: one less, if there is one. Else set WAITING, then sleep if under the table's lock
//!   the word still says "none, WAITING".
//! - **Releasing**: `n` more, refused if that is above the bound. If WAITING was set, wake as many
//!   sleepers as there were permits released, those who came first, and clear WAITING if no other sleeps.
//!   Who was woken tries again.
//! - **Fairness**: others may come first and take what was released, which is fastest. But once in half
//!   a millisecond the releasing thread takes the permits back out of the word, for those it wakes, and
//!   tells them that they have them already. So nobody waits for ever.
//!
//! # Invariants
//!
//! - Free permits + permits held = permits at the start + permits released on top. Every change of the
//!   word is one read-modify-write by whoever gets or gives the permits.
//! - While a thread sleeps, WAITING is set: it is only cleared under the table's lock when nobody sleeps,
//!   and who wants to sleep looks again under that lock.
//! - So a release after a thread fell asleep sees WAITING, and wakes it or an earlier one. A sleeper
//!   whose permit was taken by another, or who has left as its time passed, needs no other to be woken:
//!   the permits that are released later do that.
//!
//! Models: `models/semaphore.rs`.

use crate::park::{Slept, Woken, park, unpark};
use crate::patience::Patience;
use crate::primitives::{AtomicUsize, const_unless_loom, spin_until};
use executor_core::TooManyReleases;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

const WAITING: usize = 1;
const ONE: usize = 2;

/// As many permits as the word can count.
pub(crate) const MAX_PERMITS: usize = usize::MAX / ONE;

/// What a sleeper is told: to try for itself, or that it has its permit.
const TRY: usize = 0;
const HANDED_OVER: usize = 1;

/// A number of permits.
#[derive(Debug)]
pub(crate) struct Permits {
    word: AtomicUsize,
}

impl Permits {
    const_unless_loom! {
        /// So many; [`MAX_PERMITS`] if more.
        pub(crate) const fn new(permits: usize) -> Self {
            let permits = if permits < MAX_PERMITS { permits } else { MAX_PERMITS };
            Self { word: AtomicUsize::new(permits * ONE) }
        }
    }

    /// How many are free.
    pub(crate) fn free(&self) -> usize {
        self.word.load(Relaxed) / ONE
    }

    /// Takes `count` at once if there are so many.
    #[inline]
    fn take(&self, count: usize) -> bool {
        let mut word = self.word.load(Relaxed);
        while word / ONE >= count {
            let fewer = word - count * ONE;
            match self.word.compare_exchange_weak(word, fewer, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Takes one, if one comes in time.
    #[inline]
    pub(crate) fn acquire(&self, patience: Patience) -> bool {
        self.take(1) || (patience != Patience::None && self.wait(patience.deadline()))
    }

    #[cold]
    fn wait(&self, deadline: Option<std::time::Instant>) -> bool {
        spin_until(|| self.free() > 0);
        while !self.take(1) {
            if self.word.fetch_or(WAITING, Relaxed) >= ONE {
                continue;
            }
            let still_none = || self.word.load(Relaxed) == WAITING;
            let leave = |was_last| {
                if was_last {
                    self.word.fetch_and(!WAITING, Relaxed);
                }
            };
            match park(&self.word, 0, still_none, leave, deadline) {
                Slept::Woken(HANDED_OVER) => return true,
                Slept::Woken(_) | Slept::NotAtAll => {}
                Slept::TimedOut => return false,
            }
        }
        true
    }

    /// Gives back `count`, or none if there would be more than `bound`.
    #[inline]
    pub(crate) fn release(&self, count: usize, bound: usize) -> Result<(), TooManyReleases> {
        let mut word = self.word.load(Relaxed);
        loop {
            // Without overflow: there are never more than `bound`.
            if count > bound.saturating_sub(word / ONE) {
                return Err(TooManyReleases);
            }
            let more = word + count * ONE;
            match self.word.compare_exchange_weak(word, more, Release, Relaxed) {
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        if word & WAITING != 0 {
            self.wake(count);
        }
        Ok(())
    }

    #[cold]
    fn wake(&self, count: usize) {
        unpark(&self.word, 0, count, |woken: Woken| {
            if !woken.others {
                self.word.fetch_and(!WAITING, Relaxed);
            }
            if woken.be_fair && self.take(woken.count) { HANDED_OVER } else { TRY }
        });
    }
}
