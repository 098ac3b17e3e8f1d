//! A map over one array that the workers share.
//!
//! # Protocol
//!
//! The items lie in an array. `cursor` is the index of the first that nobody has claimed. Each
//! *runner* (one task per worker) owns a *lane*, a small range of claimed items that are not started:
//!
//! 1. It takes the first item of its lane, runs it, stores the outcome, and repeats.
//! 2. When the lane is empty it claims the next few items from the cursor. How many follows the
//!    measured time: one at first and while items are slow, more while they are quick, so that a
//!    claim lasts some tens of microseconds.
//! 3. When the cursor is at the end it takes single items from the other lanes, and ends when all are
//!    empty.
//!
//! So no item ever waits behind a slow one while a runner is free (rule 3), items are started in
//! order but for the few that are in lanes, and one claim pays for many quick items (rule 2). A
//! claim is on its way from the cursor to a lane for a moment; `refilling` counts those, and a runner
//! ends only when it has seen none and then found every lane empty.
//!
//! A worker that reads the results of a map on its own pool takes single items as a runner would
//! (rule 3) while the one it needs is not there, so a map inside a task never deadlocks.
//!
//! | what            | who may touch it                                                            |
//! |-----------------|-----------------------------------------------------------------------------|
//! | an item         | whoever took its index from a lane or the cursor, once                      |
//! | a result        | the same, until its flag is READY; then the reader, once, making it TAKEN   |
//! | `stop`          | set once by whoever cancels; items taken afterwards resolve to that error   |
//!
//! Every item gets an outcome, whatever happens to the runners: one that is cancelled or fails
//! cancels the map, and whoever cancels takes all unclaimed items and resolves them.
//!
//! Models: `models.rs`, `map_claims_are_exclusive`, `map_reader_never_sleeps_through`. Stress:
//! `tests/stress.rs`.

use super::reader::Reader;
use super::results::{Handover, Results, ResultsArc};
use crate::error::{Rejected, SubmitError, TaskError};
use crate::executor::Executor;
use crate::panics;
use crate::sync::{AtomicU64, AtomicUsize, UnsafeCell, yield_now};
use crate::task::Task;
use crate::worker;
use std::mem::MaybeUninit;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Starts a map on `executor`.
pub(super) fn start<E, F, A, R>(
    executor: &E,
    f: F,
    items: Vec<A>,
    handover: Handover<R>,
) -> Result<Reader<R>, SubmitError>
where
    E: Executor + ?Sized,
    F: Fn(A) -> R + Send + Sync + 'static,
    A: Send + 'static,
    R: Send + 'static,
{
    if u32::try_from(items.len()).is_err() {
        return Err(SubmitError::InvalidArgument(
            "a map of more than 2^32 - 1 items needs a buffersize",
        ));
    }
    let runners = executor.max_workers().min(items.len()).max(1);
    let job = Arc::new(Job::new(f, items, runners, handover));
    let mut home = None;
    for lane in 0..runners {
        let runner = Arc::clone(&job);
        let (task, future) = Task::new(move || runner.run(lane));
        if let Err(Rejected { reason, .. }) = executor.execute(task) {
            if lane == 0 {
                return Err(reason);
            }
            break; // a shutdown came between: the runners that are in do all the work
        }
        home = home.or_else(|| future.raw().home());
        let watcher = Arc::clone(&job);
        future.add_done_callback(move |outcome| {
            if let Err(error) = outcome {
                watcher.stop(error.clone()); // cancelled by a shutdown, or the pool broke
            }
        });
    }
    let results = ResultsArc::clone(&job.results);
    Ok(Reader::new(results, job, home))
}

/// The shared side: what to do.
struct Job<F, A, R> {
    f: F,
    items: Box<[UnsafeCell<MaybeUninit<A>>]>,
    cursor: AtomicUsize,
    lanes: Box<[Lane]>,
    refilling: AtomicUsize,
    /// Set when no more items are to be started: the error for the rest of them.
    stop: OnceLock<TaskError>,
    results: ResultsArc<R>,
}

/// A range of claimed items: the start in the low half, the end in the high half.
///
/// On cache lines of its own, since its owner changes it with every item.
#[repr(align(128))]
struct Lane(AtomicU64);

// SAFETY: items move to the thread that takes their index, so A: Send; `f` is called by several
// threads at once, so F: Sync, and dropped by any of them, so F: Send; R: Send for `Results`.
unsafe impl<F: Send + Sync, A: Send, R: Send> Sync for Job<F, A, R> {}
// SAFETY: as above.
unsafe impl<F: Send + Sync, A: Send, R: Send> Send for Job<F, A, R> {}
impl Lane {
    fn pop(&self) -> Option<usize> {
        let mut range = self.0.load(Acquire);
        loop {
            let (start, end) = (range as u32, (range >> 32) as u32);
            if start >= end {
                return None;
            }
            match self.0.compare_exchange_weak(range, range + 1, AcqRel, Acquire) {
                Ok(_) => return Some(start as usize),
                Err(actual) => range = actual,
            }
        }
    }

    /// Fills the lane, which must be empty, so that nobody else changes it meanwhile.
    fn fill(&self, start: usize, end: usize) {
        self.0.store(((end as u64) << 32) | start as u64, Release);
    }
}

impl<F, A, R> Job<F, A, R>
where
    F: Fn(A) -> R + Send + Sync,
    A: Send,
    R: Send,
{
    fn new(f: F, items: Vec<A>, runners: usize, handover: Handover<R>) -> Self {
        let len = items.len();
        Self {
            f,
            items: items.into_iter().map(|item| UnsafeCell::new(MaybeUninit::new(item))).collect(),
            cursor: AtomicUsize::new(0),
            lanes: (0..runners).map(|_| Lane(AtomicU64::new(0))).collect(),
            refilling: AtomicUsize::new(0),
            stop: OnceLock::new(),
            results: ResultsArc::new(Results::new(len, handover)),
        }
    }

    /// One runner's work.
    fn run(&self, lane: usize) {
        worker::with_current(|worker| {
            let go_on = || worker.is_none_or(worker::Worker::between_items);
            let own = &self.lanes[lane];
            let mut claim = 1;
            let mut started = Instant::now();
            loop {
                while let Some(index) = own.pop() {
                    if !go_on() {
                        self.stop(TaskError::Cancelled);
                    }
                    self.resolve(index);
                }
                let now = Instant::now();
                claim = self.next_claim(claim, now - started);
                started = now;
                if self.refill(own, claim) {
                    continue;
                }
                match self.take_from_any() {
                    Some(index) => {
                        if !go_on() {
                            self.stop(TaskError::Cancelled);
                        }
                        self.resolve(index);
                    }
                    None => return,
                }
            }
        });
    }

    /// How many items to claim, after a claim of `last` took `elapsed`.
    #[cfg(loom)]
    fn next_claim(&self, _last: usize, _elapsed: Duration) -> usize {
        2 // loom needs every run to be the same
    }

    /// How many items to claim, after a claim of `last` took `elapsed`.
    #[cfg(not(loom))]
    fn next_claim(&self, last: usize, elapsed: Duration) -> usize {
        /// How long a claim should last.
        const CLAIM_TIME: Duration = Duration::from_micros(30);
        /// The most items in a claim.
        const MAX_CLAIM: usize = 4096;
        let wanted = if elapsed < CLAIM_TIME / 2 {
            last * 2
        } else if elapsed > CLAIM_TIME * 2 {
            let fitting = last as u128 * CLAIM_TIME.as_nanos() / elapsed.as_nanos();
            usize::try_from(fitting).unwrap_or(1)
        } else {
            last
        };
        let left = self.items.len().saturating_sub(self.cursor.load(Relaxed));
        wanted.min(left / (2 * self.lanes.len())).clamp(1, MAX_CLAIM)
    }

    /// Claims the next items for the lane, which is empty; `false` if there are none.
    fn refill(&self, lane: &Lane, claim: usize) -> bool {
        if self.cursor.load(Relaxed) >= self.items.len() {
            return false;
        }
        self.refilling.fetch_add(1, AcqRel);
        let start = self.cursor.fetch_add(claim, AcqRel);
        let end = (start + claim).min(self.items.len());
        if start < end {
            lane.fill(start, end);
        }
        self.refilling.fetch_sub(1, AcqRel);
        start < end
    }

    /// Takes one unstarted item, wherever it is; `None` when all have been started.
    fn take_from_any(&self) -> Option<usize> {
        loop {
            let moving = self.refilling.load(Acquire) != 0;
            if let Some(index) = self.lanes.iter().find_map(Lane::pop) {
                return Some(index);
            }
            if self.cursor.load(Acquire) < self.items.len() {
                let index = self.cursor.fetch_add(1, AcqRel);
                if index < self.items.len() {
                    return Some(index);
                }
            }
            // Nothing anywhere. If a claim was on its way before we looked, look again.
            if !moving && self.refilling.load(Acquire) == 0 {
                if let Some(index) = self.lanes.iter().find_map(Lane::pop) {
                    return Some(index);
                }
                return None;
            }
            yield_now();
        }
    }

    /// Runs (or, after a stop, fails) an item whose index the caller has taken.
    fn resolve(&self, index: usize) {
        // SAFETY: the caller took the index from a lane or the cursor, which give each out once.
        let item = unsafe { self.items[index].with_mut(|item| (*item).assume_init_read()) };
        let outcome = match self.stop.get() {
            None => panics::catch(|| (self.f)(item)).map_err(TaskError::Panicked),
            Some(error) => {
                panics::contain("dropping an item of a cancelled map", || drop(item));
                Err(error.clone())
            }
        };
        self.results.store(index, outcome);
    }
}

/// What the reader needs of a job whatever its item type is.
pub(super) trait Control: Send + Sync {
    /// Runs one unstarted item in this thread; `false` if there is none.
    fn help(&self) -> bool;
    /// Resolves every unstarted item to `error`.
    fn stop(&self, error: TaskError);
}

impl<F, A, R> Control for Job<F, A, R>
where
    F: Fn(A) -> R + Send + Sync,
    A: Send,
    R: Send,
{
    fn help(&self) -> bool {
        let index = self.take_from_any();
        if let Some(index) = index {
            self.resolve(index);
        }
        index.is_some()
    }

    fn stop(&self, error: TaskError) {
        if self.stop.set(error).is_ok() {
            while self.help() {}
        }
    }
}
