//! How much a worker can be given ahead of time, by how long its tasks take.
//!
//! The worker measures that itself, and says it in its memory (`worker/pace.rs`); `dispatch` goes by it.

use super::entry::{Entry, Work};
use super::member::{Member, Phase};
use crate::transport::region::Word;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Tasks up to this long on average are quick.
pub(super) const QUICK: Duration = Duration::from_micros(50);

/// Tasks up to this long on average wait for nothing but a processor: sleeping and being woken takes longer.
pub(super) const TINY: Duration = Duration::from_micros(5);

/// How much work a worker with quick tasks is given ahead.
pub(super) const AHEAD: Duration = Duration::from_micros(500);

impl Member {
    /// Whether it may be sent something.
    pub(super) fn takes_tasks(&self) -> bool {
        self.phase == Phase::Ready && self.quota != Some(0) && self.has_slot()
    }

    /// How long its tasks take, in nanoseconds; 0 if it has not finished any.
    pub(super) fn average(&self) -> u32 {
        self.link.region.word(Word::Average).load(Relaxed)
    }

    /// Whether it is busy, and will be for as long as it has work, with tasks that only compute.
    pub(super) fn is_absorbed(&self, threads: usize) -> bool {
        let average = self.average();
        let tiny = average != 0 && u128::from(average) <= TINY.as_nanos();
        tiny && self.phase == Phase::Ready && self.items >= threads && !self.stuck
    }

    /// How many items it may have ahead, if its tasks are quick.
    pub(super) fn quick_limit(&self) -> Option<usize> {
        let average = self.average();
        let quick = average != 0 && u128::from(average) <= QUICK.as_nanos() && !self.stuck;
        quick.then(|| (AHEAD.as_nanos() / u128::from(average)) as usize)
    }

    /// How many items of a batch to give it.
    ///
    /// As many as it may have ahead, but no more than its share if there are few; one if nothing is
    /// known of them. What the user of the map said counts as one.
    pub(super) fn lot(&self, entry: &Entry, sharers: usize, threads: usize) -> usize {
        let Work::Many(items) = &entry.work else { return 1 };
        if self.deadline.is_some() {
            return 1; // each has the time for itself
        }
        let unit = items.chunksize().unwrap_or(1);
        let share = items.len().div_ceil(sharers).max(1);
        let room = match self.quick_limit() {
            Some(limit) => limit.saturating_sub(self.ahead(threads)),
            None => 1,
        };
        let lot = room.min(share).next_multiple_of(unit).max(1);
        self.quota.map_or(lot, |quota| lot.min(quota))
    }
}
