//! [`Stats`]: what a process pool counts.

/// A snapshot of a pool's counters. See
/// [`ProcessPoolExecutor::stats`](crate::ProcessPoolExecutor::stats).
///
/// The numbers are of one moment. Items of a `map` count as tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Worker processes that exist, those that are starting or leaving included.
    pub live: usize,
    /// Workers that have nothing to do.
    pub idle: usize,
    /// Tasks that no worker has been given.
    pub queued: usize,
    /// Tasks that workers have been given and have not finished: those that they run, and a few ahead.
    pub with_workers: usize,
    /// Tasks that have returned a value.
    pub completed: u64,
    /// Tasks that have panicked, or whose values could not travel.
    pub failed: u64,
    /// Tasks that failed because the process that ran them ended.
    pub lost: u64,
    /// Tasks that were started again, because they may be retried.
    pub retried: u64,
    /// Worker processes that have been started, ever.
    pub started: u64,
    /// Worker processes that have ended without having been asked to.
    pub died: u64,
}
