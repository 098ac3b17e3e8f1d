//! [`Marks`]: how many items of a queue were marked done, for those who wait until all are.
//!
//! # Protocol
//!
//! `done` counts the marks, and never exceeds the count of items put, which the log knows exactly.
//! Whoever raises it to that count wakes everybody on the bench. Who waits reads `done` first and
//! the items put after it, so that there was a moment at which both were so. `models/log.rs`:
//! `a_join_ends`.

use crate::atomic::AtomicU64;
use crate::log::bench::Bench;
use crate::shared::segment::Layout;
use crate::shared::waiting::Waiting;
use executor_core::{NotJoined, TooManyDone};
use std::sync::atomic::Ordering::{Acquire, SeqCst};

/// The words.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Marks {
    done: AtomicU64,
    finished: Bench,
}

// SAFETY: `repr(C)`, and atomics and structures of them.
unsafe impl Layout for Marks {
    const KIND: [u8; 8] = *b"marks   ";
}

impl Marks {
    /// None.
    #[cfg(all(test, loom))]
    pub(crate) fn new() -> Self {
        Self { done: AtomicU64::new(0), finished: Bench::new() }
    }

    /// Marks one more item, of so many that were put.
    pub(crate) fn mark(&self, put: impl Fn() -> u64) -> Result<(), TooManyDone> {
        let mut done = self.done.load(Acquire);
        loop {
            if done >= put() {
                return Err(TooManyDone);
            }
            match self.done.compare_exchange_weak(done, done + 1, SeqCst, Acquire) {
                Ok(_) => break,
                Err(now) => done = now,
            }
        }
        if done + 1 >= put() {
            self.finished.wake_all();
        }
        Ok(())
    }

    /// How many items of those put are not marked.
    pub(crate) fn unfinished(&self, put: impl Fn() -> u64) -> u64 {
        let done = self.done.load(Acquire);
        put().saturating_sub(done)
    }

    /// Waits until all are.
    pub(crate) fn join(
        &self,
        put: impl Fn() -> u64,
        waiting: &mut Waiting,
    ) -> Result<(), NotJoined> {
        let mut over = false;
        loop {
            let turn = self.finished.sit_down();
            let unfinished = self.unfinished(&put);
            if unfinished == 0 {
                return Ok(());
            }
            if over {
                return Err(NotJoined::new(usize::try_from(unfinished).unwrap_or(usize::MAX)));
            }
            over = !self.finished.sleep(turn, waiting);
        }
    }
}
