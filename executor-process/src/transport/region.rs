//! The memory that the pool and one worker share: layout and access.
//!
//! ```text
//!   words     one per cache line, each written by one side (see `Word`)
//!   slots     SLOTS descriptors of tasks; the pool writes, the worker reads
//!   data      a ring of argument bytes; the pool writes, the worker reads
//!   results   a ring of frames; the worker writes, the pool reads
//! ```
//!
//! The region is made by the pool and sealed against shrinking. Nothing in it is trusted by the pool:
//! what it reads there was perhaps written by a worker that has gone wild, so every number is checked
//! before it is used, and bytes are copied before they are looked at. A worker trusts the pool.
//!
//! Only this module computes addresses; [`inlet`](super::inlet) and [`outlet`](super::outlet) say
//! what is where and when. The memory itself is a mapping (`mapped.rs`). The model checker has a [`Region`] of its own, in `models/region.rs`, which notices
//! who reads and writes what at the same time.

#[cfg(not(loom))]
mod mapped;

#[cfg(loom)]
pub(crate) use crate::models::region::Region;
#[cfg(not(loom))]
pub(crate) use mapped::Region;
use std::ptr::NonNull;

/// How many tasks can be with a worker at a time. A power of two.
pub(crate) const SLOTS: usize = if cfg!(loom) { 2 } else { 1024 };
/// The size of a slot.
pub(crate) const SLOT: usize = 64;
/// The size of the ring of argument bytes. A power of two.
pub(crate) const DATA: usize = if cfg!(loom) { 64 } else { 512 * 1024 };
/// The size of the ring of results. A power of two.
pub(crate) const RESULTS: usize = if cfg!(loom) { 128 } else { 512 * 1024 };

/// Apart by two lines, since processors fetch lines in pairs.
const LINE: usize = 128;
const WORDS: usize = 10 * LINE;
const SLOTS_AT: usize = WORDS;
const DATA_AT: usize = SLOTS_AT + SLOTS * SLOT;
const RESULTS_AT: usize = DATA_AT + DATA;
pub(crate) const LEN: usize = RESULTS_AT + RESULTS;

/// The words, by the line they are on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Word {
    /// How many tasks have been published. Pool.
    TaskTail = 0,
    /// Whether the worker is to go. Pool.
    Command = 1,
    /// How many messages of what travels beside arguments the worker has received. Worker.
    Received = 2,
    /// Whether the worker sleeps. Both; see `bell`.
    WorkerBell = 3,
    /// Whether the pool's reader sleeps. Both.
    PoolBell = 4,
    /// How many bytes of results have been published. Worker.
    ResultTail = 5,
    /// How many bytes of results have been read. Pool.
    ResultHead = 6,
    /// How many large results have been read. Pool.
    LargeRead = 7,
    /// The worker's estimate of the time that a task takes, in nanoseconds; 0 if it has none. Worker.
    Average = 8,
    /// How many of those messages belong to tasks that have been published. Pool.
    Settled = 9,
}

#[cfg(test)]
impl Word {
    pub(crate) const ALL: [Self; 10] = [
        Self::TaskTail,
        Self::Command,
        Self::Received,
        Self::WorkerBell,
        Self::PoolBell,
        Self::ResultTail,
        Self::ResultHead,
        Self::LargeRead,
        Self::Average,
        Self::Settled,
    ];
}

impl Region {
    /// The slot of the task with this number.
    pub(crate) fn slot(&self, number: u32) -> NonNull<u8> {
        self.at(SLOTS_AT + (number as usize % SLOTS) * SLOT)
    }

    /// The place in the ring of argument bytes for this position, and how much follows up to its end.
    pub(crate) fn data(&self, position: u64) -> (NonNull<u8>, usize) {
        let offset = (position % DATA as u64) as usize;
        (self.at(DATA_AT + offset), DATA - offset)
    }

    /// The place in the ring of results for this position, and how much follows up to its end.
    pub(crate) fn result(&self, position: u64) -> (NonNull<u8>, usize) {
        let offset = (position % RESULTS as u64) as usize;
        (self.at(RESULTS_AT + offset), RESULTS - offset)
    }
}
