//! [`Waiting`]: sleeping in slices.
//!
//! Whoever sleeps for something that another process does must look for itself now and then: the other
//! one may have been killed between doing it and waking the sleeper, or somebody else may have been
//! woken and killed before passing it on. The slices grow, so that a long sleep costs next to nothing
//! (some ten wake-ups a second), and a death is noticed within a tenth of a second.

use super::futex;
use crate::atomic::AtomicU32;
use std::time::{Duration, Instant};

const FIRST_SLICE: Duration = Duration::from_millis(2);
const LONGEST_SLICE: Duration = Duration::from_millis(100);

/// How long somebody waits for something.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// `None` for ever.
    deadline: Option<Instant>,
    slice: Duration,
    /// In models a slice ends when a process dies.
    #[cfg(loom)]
    deaths_seen: u32,
}

impl Waiting {
    /// Until it is there.
    pub(crate) fn forever() -> Self {
        Self::until(None)
    }

    /// At most so long. What is beyond the end of the clock is for ever.
    pub(crate) fn at_most(limit: Duration) -> Self {
        Self::until(Instant::now().checked_add(limit))
    }

    fn until(deadline: Option<Instant>) -> Self {
        Self {
            deadline,
            slice: FIRST_SLICE,
            #[cfg(loom)]
            deaths_seen: 0,
        }
    }

    /// At most so long, or until it is there.
    pub(crate) fn limited(limit: Option<Duration>) -> Self {
        limit.map_or_else(Self::forever, Self::at_most)
    }

    /// How much time is left: `None` if there is no end, zero when it is over.
    pub(crate) fn left(&self) -> Option<Duration> {
        #[cfg(loom)]
        if crate::models::world::is_late() {
            return self.deadline.map(|_past| Duration::ZERO);
        }
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Sleeps for a slice, or until the word is woken. The caller looks for itself afterwards.
    ///
    /// Returns `false`, without sleeping, if the time is over.
    pub(crate) fn sleep(&mut self, word: &AtomicU32, expected: u32) -> bool {
        let Some(slice) = self.next_slice() else { return false };
        #[cfg(loom)]
        crate::models::world::begin_slice(&mut self.deaths_seen, || {
            futex::wait(word, expected, slice);
        });
        #[cfg(not(loom))]
        futex::wait(word, expected, slice);
        true
    }

    /// How long the next slice may be; `None` if the time is over. For whoever sleeps in another way.
    pub(crate) fn next_slice(&mut self) -> Option<Duration> {
        let left = self.left();
        if left == Some(Duration::ZERO) {
            return None;
        }
        let slice = self.slice;
        self.slice = (slice * 2).min(LONGEST_SLICE);
        Some(left.map_or(slice, |left| left.min(slice)))
    }
}
