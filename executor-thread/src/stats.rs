//! What a pool counts: per worker, without sharing, and summed up on request.

use crossbeam_utils::CachePadded;
use executor_core::worker::Ending;
use std::sync::atomic::{AtomicU64, Ordering};

/// A snapshot of a pool's counters. See [`ThreadPoolExecutor::stats`](crate::ThreadPoolExecutor::stats).
///
/// The numbers are read one after another while the pool goes on, so they may disagree by the tasks
/// that moved meanwhile; on a quiet pool they are exact. A `map` counts as one task per worker that
/// takes part in it, not as one per item, and of the halves of a `join` only those count that a worker
/// has fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Threads that exist.
    pub live: usize,
    /// Threads that have nothing to do.
    pub idle: usize,
    /// Tasks submitted and not started.
    pub queued: usize,
    /// Tasks being run.
    pub running: usize,
    /// Tasks that have returned a value.
    pub completed: u64,
    /// Tasks that have panicked.
    pub failed: u64,
    /// Tasks that were cancelled and have been cleared away.
    pub cancelled: u64,
}

/// The counters of one worker. Only that worker's thread writes them.
#[derive(Debug, Default)]
pub(crate) struct Counters(CachePadded<Counts>);

#[derive(Debug, Default)]
struct Counts {
    started: AtomicU64,
    completed: AtomicU64,
    failed: AtomicU64,
    /// Taken from the queue and not run, because cancelled.
    cancelled: AtomicU64,
}

fn add_one(counter: &AtomicU64) {
    // A plain increment: one writer. Release, so that who sees it sees what was done before.
    counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Release);
}

impl Counters {
    pub(crate) fn task_started(&self) {
        add_one(&self.0.started);
    }

    pub(crate) fn task_ended(&self, ending: Ending) {
        add_one(match ending {
            Ending::Completed => &self.0.completed,
            Ending::Failed => &self.0.failed,
        });
    }

    pub(crate) fn task_cancelled(&self) {
        add_one(&self.0.cancelled);
    }

    /// Takes back `task_started` for a task that turned out to be cancelled, or started elsewhere.
    pub(crate) fn task_not_started(&self, cancelled: bool) {
        let started = &self.0.started;
        started.store(started.load(Ordering::Relaxed) - 1, Ordering::Release);
        if cancelled {
            self.task_cancelled();
        }
    }

    /// How many tasks this worker has done away with.
    pub(crate) fn ended(&self) -> u64 {
        [&self.0.completed, &self.0.failed, &self.0.cancelled]
            .map(|counter| counter.load(Ordering::Acquire))
            .iter()
            .sum()
    }

    pub(crate) fn add_to(&self, stats: &mut Stats, started: &mut u64) {
        stats.completed += self.0.completed.load(Ordering::Acquire);
        stats.failed += self.0.failed.load(Ordering::Acquire);
        stats.cancelled += self.0.cancelled.load(Ordering::Acquire);
        *started += self.0.started.load(Ordering::Acquire);
    }
}
