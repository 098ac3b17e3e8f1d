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

use super::Next;
use crate::error::{Rejected, SubmitError, TaskError};
use crate::executor::Executor;
use crate::id::ExecutorId;
use crate::panics;
use crate::park;
use crate::sync::{
    Arc as ModelledArc, AtomicU8, AtomicU64, AtomicUsize, UnsafeCell, spin_loop, yield_now,
};
use crate::task::Task;
use crate::worker;
use std::mem::MaybeUninit;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// How often the reader looks before it parks; not at all under loom, so that it does park.
const SPINS: u32 = if cfg!(loom) { 0 } else { 64 };

/// The values of a flag: nothing there, a result is there, nothing there and the reader is parked,
/// the result has been taken.
const EMPTY: u8 = 0;
const READY: u8 = 1;
const AWAITED: u8 = 2;
const TAKEN: u8 = 3;

/// Of the crate's own kind, so that loom sees how the last holder comes to drop the results. (The
/// job itself has a standard `Arc`, which can be turned into one of `dyn Control`.)
type ResultsArc<R> = ModelledArc<Results<R>>;

/// A place for a result.
type Place<R> = UnsafeCell<MaybeUninit<Result<R, TaskError>>>;

/// Starts a map on `executor`.
pub(super) fn start<E, F, A, R>(
    executor: &E,
    f: F,
    items: Vec<A>,
    unordered: bool,
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
    let job = Arc::new(Job::new(f, items, runners, unordered));
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
    Ok(Reader { len: results.flags.len(), results, next: 0, home, job })
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

/// The side that the reader sees: what came of it.
struct Results<R> {
    flags: Box<[AtomicU8]>,
    values: Box<[Place<R>]>,
    /// For unordered maps, the indexes in the order of completion.
    order: Option<Order>,
}

struct Order {
    /// How many places have been given out.
    count: AtomicUsize,
    /// Index + 1; valid once the flag of the same place is READY.
    indexes: Box<[AtomicUsize]>,
    /// As `Results::flags`, but by place.
    flags: Box<[AtomicU8]>,
}

// SAFETY: items move to the thread that takes their index, so A: Send; `f` is called by several
// threads at once, so F: Sync, and dropped by any of them, so F: Send; R: Send for `Results`.
unsafe impl<F: Send + Sync, A: Send, R: Send> Sync for Job<F, A, R> {}
// SAFETY: as above.
unsafe impl<F: Send + Sync, A: Send, R: Send> Send for Job<F, A, R> {}
// SAFETY: a result is moved out by one thread after another has stored it, so R: Send.
unsafe impl<R: Send> Sync for Results<R> {}
// SAFETY: as above.
unsafe impl<R: Send> Send for Results<R> {}

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
    fn new(f: F, items: Vec<A>, runners: usize, unordered: bool) -> Self {
        let len = items.len();
        Self {
            f,
            items: items.into_iter().map(|item| UnsafeCell::new(MaybeUninit::new(item))).collect(),
            cursor: AtomicUsize::new(0),
            lanes: (0..runners).map(|_| Lane(AtomicU64::new(0))).collect(),
            refilling: AtomicUsize::new(0),
            stop: OnceLock::new(),
            results: ResultsArc::new(Results::new(len, unordered)),
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
trait Control: Send + Sync {
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

impl<R> Results<R> {
    fn new(len: usize, unordered: bool) -> Self {
        let flags = || (0..len).map(|_| AtomicU8::new(EMPTY)).collect::<Box<[_]>>();
        Self {
            flags: flags(),
            values: (0..len).map(|_| UnsafeCell::new(MaybeUninit::uninit())).collect(),
            order: unordered.then(|| Order {
                count: AtomicUsize::new(0),
                indexes: (0..len).map(|_| AtomicUsize::new(0)).collect(),
                flags: flags(),
            }),
        }
    }

    /// Stores the outcome of the item that the caller has taken, and tells the reader.
    fn store(&self, index: usize, outcome: Result<R, TaskError>) {
        // SAFETY: the caller has taken the index, and the reader looks only after READY.
        self.values[index].with_mut(|value| unsafe { (*value).write(outcome) });
        raise(&self.flags[index]);
        if let Some(order) = &self.order {
            let place = order.count.fetch_add(1, AcqRel);
            order.indexes[place].store(index, Release);
            raise(&order.flags[place]);
        }
    }

    /// Takes the outcome out, for the one reader, after its flag was seen READY.
    fn take(&self, index: usize) -> Result<R, TaskError> {
        self.flags[index].store(TAKEN, Relaxed);
        // SAFETY: READY was seen with Acquire, so the value is there; TAKEN keeps it from being
        // read or dropped again.
        self.values[index].with_mut(|value| unsafe { (*value).assume_init_read() })
    }
}

impl<R> Drop for Results<R> {
    fn drop(&mut self) {
        if !std::mem::needs_drop::<Result<R, TaskError>>() {
            return;
        }
        for (flag, value) in self.flags.iter().zip(&self.values) {
            if flag.load(Acquire) == READY {
                // SAFETY: there, never taken, and nobody else is left.
                let outcome = value.with_mut(|value| unsafe { (*value).assume_init_read() });
                panics::contain("dropping a result that nobody took", || drop(outcome));
            }
        }
    }
}

/// Marks a flag READY and wakes the reader if it is parked on it.
fn raise(flag: &AtomicU8) {
    if flag.swap(READY, AcqRel) == AWAITED {
        park::unpark_all(std::ptr::from_ref(flag).addr());
    }
}

/// The reader's end.
pub(super) struct Reader<R> {
    results: ResultsArc<R>,
    job: Arc<dyn Control>,
    /// Whose workers may help.
    home: Option<ExecutorId>,
    /// How many have been read.
    next: usize,
    len: usize,
}

impl<R> Reader<R> {
    pub(super) fn len(&self) -> usize {
        self.len - self.next
    }

    pub(super) fn next(&mut self, deadline: Option<Instant>) -> Next<R> {
        if self.next == self.len {
            return Next::End;
        }
        let index = match &self.results.order {
            None => self.await_flag(&self.results.flags[self.next], deadline).then_some(self.next),
            Some(order) => self
                .await_flag(&order.flags[self.next], deadline)
                .then(|| order.indexes[self.next].load(Acquire)),
        };
        let Some(index) = index else { return Next::TimedOut };
        self.next += 1;
        Next::Item(self.results.take(index))
    }

    /// Waits until the flag is READY, or the deadline has passed.
    fn await_flag(&self, flag: &AtomicU8, deadline: Option<Instant>) -> bool {
        if flag.load(Acquire) == READY {
            return true;
        }
        if deadline.is_none() && self.may_help() {
            while flag.load(Acquire) != READY && self.job.help() {}
        }
        for _ in 0..SPINS {
            if flag.load(Acquire) == READY {
                return true;
            }
            spin_loop();
        }
        loop {
            match flag.compare_exchange(EMPTY, AWAITED, AcqRel, Acquire) {
                Err(READY) => return true,
                _ if deadline.is_some_and(|deadline| Instant::now() >= deadline) => return false,
                _ => {}
            }
            let key = std::ptr::from_ref(flag).addr();
            park::park(key, || flag.load(Relaxed) == AWAITED, deadline);
        }
    }

    fn may_help(&self) -> bool {
        self.home.is_some() && worker::current_executor() == self.home
    }

    pub(super) fn cancel(self) {
        self.job.stop(TaskError::Cancelled);
    }
}
