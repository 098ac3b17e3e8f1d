//! A map over one array that the workers share.
//!
//! # Protocol
//!
//! The items lie in an array. `cursor` is the index of the first that nobody has claimed. Each
//! *runner* (one task per worker) owns a *lane*, a small range of claimed items that are not started:
//!
//! 1. It takes the first item of its lane, runs it, puts the outcome, and repeats.
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
//! What is in a lane stays free to be taken by others, however quick the items were so far. An item may
//! block until one behind it in the same lane has run: another runner takes that one.
//!
//! Taking an item from a lane is one atomic operation, the only one that an item costs its runner. It is
//! at the same time the *meeting* of `results`: with it the runner finds out whether the reader sleeps on
//! the outcome that it has just put. So it comes after every outcome that was put, at once, and before
//! anything that may take long, also when the lane is empty; and whatever else changes a lane does so by
//! a read-modify-write as well, so that all of them see what went before.
//!
//! A worker that reads the results of a map on its own pool takes single items as a runner would
//! (rule 3) while the one it needs is not there, so a map inside a task never deadlocks.
//!
//! | what            | who may touch it                                                            |
//! |-----------------|-----------------------------------------------------------------------------|
//! | an item         | whoever took its index from a lane or the cursor, once                      |
//! | a result        | the same, until its flag says so; then the reader, once                     |
//! | a lane          | its runner refills it when it is empty; anybody takes the first item        |
//! | `stop`          | set once by whoever cancels; items taken afterwards resolve to that error   |
//!
//! Every item gets an outcome, whatever happens to the runners: one that is cancelled or fails
//! cancels the map, and whoever cancels takes all unclaimed items and resolves them.
//!
//! Models: `map_*` in `models.rs` and in `models/map.rs`. Stress: `tests/stress.rs`. Items that wait
//! for one another, and for the reader: `tests/threads/maps.rs`.

use super::meeting::meet;
use super::places::{Items, Places};
use super::reader::Reader;
use super::results::{Handover, Outcome, Results, ResultsArc};
use crate::error::{Rejected, SubmitError, TaskError};
use crate::executor::Executor;
use crate::panics;
use crate::sync::{AtomicU64, AtomicUsize, yield_now};
use crate::task::Task;
use crate::worker;
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
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
                job.stop(TaskError::ShutDown); // nobody sees that, but the items are dropped
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
    items: Items<A>,
    cursor: AtomicUsize,
    lanes: Box<[Lane]>,
    refilling: AtomicUsize,
    results: ResultsArc<R>,
}

/// A range of claimed items: the start in the low half, the end in the high half.
///
/// On cache lines of its own, since its owner changes it with every item.
#[repr(align(128))]
struct Lane(AtomicU64);

impl Lane {
    /// Takes the first item.
    #[inline]
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

    /// Takes the first item, or nothing, and is a meeting in any case.
    #[inline]
    fn pop_or_meet(&self) -> Option<usize> {
        let first = self.pop();
        if first.is_none() {
            meet(&self.0);
        }
        first
    }

    /// Fills the lane, which must be empty, so that nobody else changes it meanwhile.
    ///
    /// By a swap and not a store, so that a reader's meeting before it is seen by those after it.
    fn fill(&self, start: usize, end: usize) {
        self.0.swap(((end as u64) << 32) | start as u64, AcqRel);
    }
}

impl<F, A, R> Job<F, A, R>
where
    F: Fn(A) -> R + Send + Sync,
    A: Send + 'static,
    R: Send + 'static,
{
    fn new(f: F, items: Vec<A>, runners: usize, handover: Handover<R>) -> Self {
        let len = items.len();
        let (places, items) = Places::with_items(items);
        Self {
            f,
            items,
            cursor: AtomicUsize::new(0),
            lanes: (0..runners).map(|_| Lane(AtomicU64::new(0))).collect(),
            refilling: AtomicUsize::new(0),
            results: ResultsArc::new(Results::new(len, places, handover)),
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
                let mut next = own.pop();
                while let Some(index) = next {
                    if !go_on() {
                        self.stop(TaskError::Cancelled);
                    }
                    let position = self.results.put(index, self.outcome_of(index));
                    next = own.pop_or_meet();
                    self.results.wake(position);
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
        let left = self.results.len().saturating_sub(self.cursor.load(Relaxed));
        wanted.min(left / (2 * self.lanes.len())).clamp(1, MAX_CLAIM)
    }

    /// Claims the next items for the lane, which is empty; `false` if there are none.
    fn refill(&self, lane: &Lane, claim: usize) -> bool {
        if self.cursor.load(Relaxed) >= self.results.len() {
            return false;
        }
        self.refilling.fetch_add(1, AcqRel);
        let start = self.cursor.fetch_add(claim, AcqRel);
        let end = (start + claim).min(self.results.len());
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
            if self.cursor.load(Acquire) < self.results.len() {
                let index = self.cursor.fetch_add(1, AcqRel);
                if index < self.results.len() {
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

    /// Runs (or, after a stop, does not run) an item whose index the caller has taken.
    #[inline]
    fn outcome_of(&self, index: usize) -> Outcome<R> {
        // SAFETY: the caller took the index from a lane or the cursor, which give each out once, and
        // only those below the number of items. The result is put only after this.
        let item = unsafe { self.items.take(index, self.results.values()) };
        if self.results.stop.get().is_some() {
            panics::contain("dropping an item of a cancelled map", || drop(item));
            return Outcome::Stopped;
        }
        match panics::catch(|| (self.f)(item)) {
            Ok(value) => Outcome::Value(value),
            Err(report) => Outcome::Failed(TaskError::Panicked(report)),
        }
    }

    /// Sees to an item whose index the caller has taken, from whatever lane.
    fn resolve(&self, index: usize) {
        self.results.store(index, self.outcome_of(index));
    }
}

/// What the reader needs of a job whatever its item type is.
pub(super) trait Control: Send + Sync {
    /// Runs one unstarted item in this thread; `false` if there is none.
    fn help(&self) -> bool;
    /// Resolves every unstarted item to `error`.
    fn stop(&self, error: TaskError);
    /// Goes to the meetings with all runners; see `results`.
    fn meet(&self);
}

impl<F, A, R> Control for Job<F, A, R>
where
    F: Fn(A) -> R + Send + Sync,
    A: Send + 'static,
    R: Send + 'static,
{
    fn help(&self) -> bool {
        let index = self.take_from_any();
        if let Some(index) = index {
            self.resolve(index);
        }
        index.is_some()
    }

    fn stop(&self, error: TaskError) {
        if self.results.stop.set(error).is_ok() {
            while self.help() {}
        }
    }

    fn meet(&self) {
        self.lanes.iter().for_each(|lane| meet(&lane.0));
    }
}
