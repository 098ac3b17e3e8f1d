//! [`Engine`]: what the pool's handle and its workers share.
//!
//! Submitting goes through here: `execute` pushes, announces, and, if nobody is looking for work,
//! `notify` wakes a sleeper or starts a thread. The loop that the threads run is in `worker.rs`, when
//! they sleep in `sleep.rs`.
//!
//! # Life of a worker
//!
//! ```text
//!  (free slot) ──start──▶ searching ◀──────▶ busy
//!       ▲                   │    ▲
//!       │ leave             ▼    │ woken
//!       └─────────────── sleeping
//! ```
//!
//! A slot is a place for one thread: a number for its name, and its counters. `live` counts the
//! slots in use; it, the free slots and the join handles change under the `roster` lock.
//!
//! - **Starting**: if nobody searches and nobody sleeps, and more tasks are unfinished than threads
//!   are live. A worker counts a task as ended *before* its outcome can be seen, so whoever submits
//!   after seeing a result finds that worker free and does not start a second thread (conformance
//!   row THR-03). If that starts too few it does not matter: then a live worker is on its way to
//!   the queue.
//! - **Leaving** (idle timeout, shutdown, broken pool): the worker counts itself out of `live`, then
//!   out of the searching, and then looks at the queue once more; if there is something it stays. A
//!   submitter that announces after that finds nobody, and starts a thread.
//! - **Closing**: a submitter looks whether the pool is open before it pushes, and again after it has
//!   announced. If it was closed in between, the roster's lock decides: while there is a worker, it
//!   will find the task before it leaves; when there is none, the submitter takes the task out again
//!   and refuses it. So once `shutdown` has said that everything has ended, nothing runs any more, and
//!   no accepted task is lost. Model: `a_late_submission_is_run_or_refused`.

use crate::backlog::RunQueue;
use crate::limit::Limit;
use crate::sleep::{Census, Sleep};
use crate::stats::{Counters, Stats};
use crate::worker;
use executor_core::worker::current_executor;
use executor_core::{
    BrokenPool, ExecutorId, FutureId, PanicReport, Rejected, Shutdown, SubmitError, Task, TaskError,
};
use once_cell::sync::OnceCell;
use parking_lot::{Condvar, Mutex};
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The settings, checked.
pub(crate) struct Config {
    pub(crate) max_workers: usize,
    pub(crate) thread_name_prefix: String,
    pub(crate) stack_size: Option<usize>,
    pub(crate) initializer: Option<Box<dyn Fn() + Send + Sync>>,
    pub(crate) queue_bound: Option<usize>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) core_workers: usize,
}

pub(crate) struct Engine {
    pub(crate) id: ExecutorId,
    pub(crate) config: Config,
    pub(crate) queue: RunQueue,
    pub(crate) sleep: Sleep,
    limit: Option<Limit>,
    /// One for each slot.
    counters: Box<[Counters]>,
    /// Slots that were ever used: the counters beyond are zero.
    used_slots: AtomicUsize,
    /// Threads that exist; changed under the roster's lock.
    live: AtomicUsize,
    /// No more tasks are accepted, and workers leave when there is nothing to do.
    closed: AtomicBool,
    /// What is pending is to be cancelled.
    cancelling: AtomicBool,
    broken: OnceCell<Arc<BrokenPool>>,
    /// Tasks cleared off the queue by threads that are not workers: cancelled, failed, withdrawn.
    cleared: [AtomicU64; 3],
    /// Cancelled tasks that are not to be counted as such: see `join`.
    taken_back: AtomicU64,
    roster: Mutex<Roster>,
    /// Signalled when the last worker has left, and when threads have been joined.
    changed: Condvar,
}

#[derive(Default)]
struct Roster {
    free_slots: BTreeSet<usize>,
    /// Those that have not been joined; some may have left.
    threads: Vec<JoinHandle<()>>,
    /// Somebody is joining threads that are no longer in the list.
    joining: bool,
}

impl Engine {
    pub(crate) fn new(config: Config) -> Self {
        let slots = config.max_workers;
        Self {
            id: ExecutorId::next(),
            queue: RunQueue::new(),
            sleep: Sleep::new(),
            limit: config.queue_bound.map(Limit::new),
            counters: (0..slots).map(|_| Counters::default()).collect(),
            used_slots: AtomicUsize::new(0),
            live: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            cancelling: AtomicBool::new(false),
            broken: OnceCell::new(),
            cleared: Default::default(),
            taken_back: AtomicU64::new(0),
            roster: Mutex::new(Roster::default()),
            changed: Condvar::new(),
            config,
        }
    }

    // ----- submitting

    /// Accepts a task, or gives it back. `wait`: for room in a bounded queue.
    #[inline]
    pub(crate) fn execute(self: &Arc<Self>, task: Task, wait: bool) -> Result<(), Rejected> {
        if let Some(reason) = self.refusal() {
            return Err(Rejected::new(task, reason));
        }
        if let Some(limit) = &self.limit {
            if wait && self.is_own_worker() {
                limit.overdraw();
            } else if !limit.acquire(wait) {
                let reason = self.refusal().unwrap_or(SubmitError::Full);
                return Err(Rejected::new(task, reason));
            }
        }
        task.set_home(self.id);
        let id = task.id();
        self.queue.push(task);
        let census = self.sleep.announce();
        if self.is_closed() {
            return self.settle_late(id);
        }
        if census.searching() == 0 {
            self.notify(census);
        }
        Ok(())
    }

    /// Decides about a task that was pushed while the pool was being closed.
    ///
    /// If there still are workers, one of them will find it before it leaves. If not, `shutdown` may
    /// have said already that everything has ended: the task is taken out again and given back.
    #[cold]
    fn settle_late(&self, id: FutureId) -> Result<(), Rejected> {
        let roster = self.roster.lock();
        if self.live.load(Ordering::Acquire) > 0 {
            return Ok(());
        }
        let mut mine = None;
        let mut others = Vec::new(); // of submitters who are just as late, and wait for the lock
        while mine.is_none()
            && let Some(task) = self.take_task()
        {
            if task.id() == id {
                mine = Some(task);
            } else {
                others.push(task);
            }
        }
        for task in others {
            if let Some(limit) = &self.limit {
                limit.overdraw();
            }
            self.queue.push(task);
        }
        drop(roster);
        self.changed.notify_all();
        let Some(task) = mine else {
            return Ok(()); // a shutdown that cancels has got hold of it
        };
        self.cleared[WITHDRAWN].fetch_add(1, Ordering::AcqRel);
        let reason = self.refusal().unwrap_or(SubmitError::ShutDown);
        Err(Rejected::new(task, reason))
    }

    /// How many workers are busy, if there is another that would start at once on a task submitted
    /// now. A hint: a moment later it may be otherwise.
    pub(crate) fn busy_if_hungry(&self) -> Option<usize> {
        let census = self.sleep.census();
        let live = self.live.load(Ordering::Relaxed);
        let idle = census.searching() + census.sleeping();
        let hungry = (idle > 0 || live < self.config.max_workers)
            && self.queue.is_empty()
            && !self.is_closed();
        hungry.then(|| live.saturating_sub(idle))
    }

    /// A task was cancelled by the `join` that had submitted it, and which runs the half itself.
    pub(crate) fn taken_back(&self) {
        self.taken_back.fetch_add(1, Ordering::Relaxed);
    }

    /// Why no task is accepted, if none is.
    #[inline]
    fn refusal(&self) -> Option<SubmitError> {
        if !self.closed.load(Ordering::Acquire) {
            return None;
        }
        Some(match self.broken.get() {
            Some(broken) => SubmitError::Broken(Arc::clone(broken)),
            None => SubmitError::ShutDown,
        })
    }

    /// Sees to it that somebody looks at the queue, when nobody is searching.
    #[inline]
    pub(crate) fn notify(self: &Arc<Self>, census: Census) {
        let asleep = census.sleeping() > 0;
        if asleep || self.live.load(Ordering::Acquire) < self.config.max_workers {
            self.wake_or_start(asleep);
        }
    }

    #[cold]
    fn wake_or_start(self: &Arc<Self>, asleep: bool) {
        if asleep && self.sleep.wake_one() {
            return;
        }
        let census = self.sleep.census();
        let ended: u64 = self.used_counters().iter().map(Counters::ended).sum();
        let ended = ended + self.cleared().iter().sum::<u64>();
        // Wrapping, as the announced count does; the difference is below 2^32.
        let unfinished = census.announced().wrapping_sub(ended as u32) as usize;
        if unfinished > self.live.load(Ordering::Acquire) {
            self.start_worker();
        }
    }

    fn start_worker(self: &Arc<Self>) {
        let mut roster = self.roster.lock();
        let live = self.live.load(Ordering::Relaxed);
        if live >= self.config.max_workers || self.sleep.census().searching() > 0 {
            return;
        }
        if let Err(error) = self.start_thread(&mut roster) {
            drop(roster);
            if live == 0 {
                self.fail_queued(&error);
            }
        }
    }

    /// Starts all the threads that there may be, whether or not there is work for them.
    pub(crate) fn start_workers(self: &Arc<Self>) -> Result<(), SubmitError> {
        let mut roster = self.roster.lock();
        while self.live.load(Ordering::Relaxed) < self.config.max_workers {
            // Under the lock: a thread that is started now finds out before it leaves.
            if let Some(refusal) = self.refusal() {
                return Err(refusal);
            }
            self.start_thread(&mut roster)
                .map_err(|error| SubmitError::Broken(no_thread(&error)))?;
        }
        Ok(())
    }

    /// Starts a thread in a free slot. It counts as live and searching.
    fn start_thread(self: &Arc<Self>, roster: &mut Roster) -> io::Result<()> {
        let live = self.live.load(Ordering::Relaxed);
        let used = self.used_slots.load(Ordering::Relaxed);
        let slot = roster.free_slots.pop_first().unwrap_or(used);
        self.used_slots.store(used.max(slot + 1), Ordering::Release);
        self.live.store(live + 1, Ordering::Release);
        self.sleep.start_searching(); // on the new thread's behalf
        match worker::spawn(self, slot) {
            Ok(thread) => {
                roster.threads.retain(|thread| !thread.is_finished());
                roster.threads.push(thread);
                Ok(())
            }
            Err(error) => {
                roster.free_slots.insert(slot);
                self.live.store(live, Ordering::Release);
                self.sleep.stop_searching();
                Err(error)
            }
        }
    }

    /// Fails what is queued when there is no thread to run it and none can be started.
    fn fail_queued(&self, error: &io::Error) {
        self.fail_all(&no_thread(error));
        drop(self.roster.lock()); // whoever waits for this has looked at the queue, or will
        self.changed.notify_all();
    }

    fn fail_all(&self, broken: &Arc<BrokenPool>) {
        while let Some(task) = self.take_task() {
            self.cleared[FAILED].fetch_add(1, Ordering::AcqRel);
            task.fail(TaskError::PoolBroken(Arc::clone(broken)));
        }
    }

    // ----- what workers call

    /// Takes the next task off the queue.
    #[inline]
    pub(crate) fn take_task(&self) -> Option<Task> {
        let task = self.queue.pop();
        if task.is_some() {
            self.free_place();
        }
        task
    }

    pub(crate) fn take_urgent_task(&self) -> Option<Task> {
        let task = self.queue.pop_urgent();
        if task.is_some() {
            self.free_place();
        }
        task
    }

    #[inline]
    fn free_place(&self) {
        if let Some(limit) = &self.limit {
            limit.release();
        }
    }

    pub(crate) fn counters(&self, slot: usize) -> &Counters {
        &self.counters[slot]
    }

    fn used_counters(&self) -> &[Counters] {
        &self.counters[..self.used_slots.load(Ordering::Acquire)]
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken.get().is_some()
    }

    pub(crate) fn is_cancelling(&self) -> bool {
        self.cancelling.load(Ordering::Acquire)
    }

    /// Whether a worker may end because it had nothing to do for long.
    pub(crate) fn has_surplus(&self) -> bool {
        self.live.load(Ordering::Acquire) > self.config.core_workers
    }

    /// Counts a searching worker out, unless there is work or an open pool needs it as a core worker.
    pub(crate) fn leave(&self, slot: usize) -> bool {
        let mut roster = self.roster.lock();
        if !self.is_closed() && !self.has_surplus() {
            return false; // another one has just left
        }
        let live = self.live.load(Ordering::Relaxed) - 1;
        self.live.store(live, Ordering::Release);
        self.sleep.stop_searching();
        if !self.queue.is_empty() {
            self.sleep.start_searching();
            self.live.store(live + 1, Ordering::Release);
            return false;
        }
        roster.free_slots.insert(slot);
        if live == 0 {
            self.changed.notify_all();
        }
        true
    }

    /// Breaks the pool because an initializer panicked.
    pub(crate) fn break_down(&self, report: PanicReport) {
        let broken = Arc::new(BrokenPool::from_panic("a worker's initializer", report));
        if self.broken.set(broken).is_ok() {
            self.close();
        }
        self.fail_pending();
    }

    /// Fails everything that is queued in a broken pool.
    pub(crate) fn fail_pending(&self) {
        if let Some(broken) = self.broken.get() {
            self.fail_all(broken);
        }
    }

    // ----- ending

    fn close(&self) {
        self.closed.store(true, Ordering::Release);
        if let Some(limit) = &self.limit {
            limit.close();
        }
        self.sleep.wake_all();
    }

    /// What [`Executor::shutdown`](executor_core::Executor::shutdown) does.
    pub(crate) fn shutdown(&self, how: Shutdown) -> bool {
        // An end too far to represent is no end.
        let deadline = how.limit().and_then(|limit| Instant::now().checked_add(limit));
        self.close();
        if how.cancels_pending() {
            self.cancelling.store(true, Ordering::Release);
            while let Some(task) = self.take_task() {
                self.cleared[CANCELLED].fetch_add(1, Ordering::AcqRel);
                task.cancel();
            }
        }
        if self.is_own_worker() {
            return false; // this thread would wait for itself
        }
        let mut roster = self.roster.lock();
        // A task in the queue without a worker is one whose submitter is about to start a worker for
        // it, or to withdraw it.
        while self.live.load(Ordering::Acquire) > 0 || !self.queue.is_empty() || roster.joining {
            match deadline {
                None => self.changed.wait(&mut roster),
                Some(deadline) => {
                    if self.changed.wait_until(&mut roster, deadline).timed_out() {
                        return false;
                    }
                }
            }
        }
        // Counted out, the threads have nothing left to do but return.
        let threads = std::mem::take(&mut roster.threads);
        roster.joining = true;
        drop(roster);
        for thread in threads {
            let joined = thread.join();
            debug_assert!(joined.is_ok(), "a worker catches every panic");
        }
        self.roster.lock().joining = false;
        self.changed.notify_all();
        true
    }

    /// Whether this thread is a worker of this pool.
    pub(crate) fn is_own_worker(&self) -> bool {
        current_executor() == Some(self.id)
    }

    // ----- counting

    fn cleared(&self) -> [u64; 3] {
        self.cleared.each_ref().map(|counter| counter.load(Ordering::Acquire))
    }

    pub(crate) fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        let mut started = 0;
        for counters in self.used_counters() {
            counters.add_to(&mut stats, &mut started);
        }
        let cleared = self.cleared();
        let off_queue = started + stats.cancelled + cleared.iter().sum::<u64>();
        let census = self.sleep.census();
        stats.live = self.live.load(Ordering::Acquire);
        stats.idle = (census.searching() + census.sleeping()).min(stats.live);
        let queued = census.announced().wrapping_sub(off_queue as u32);
        stats.queued = queued.cast_signed().max(0) as usize;
        stats.running = started.saturating_sub(stats.completed + stats.failed) as usize;
        stats.cancelled += cleared[CANCELLED];
        stats.failed += cleared[FAILED];
        let taken_back = self.taken_back.load(Ordering::Acquire);
        stats.cancelled = stats.cancelled.saturating_sub(taken_back);
        stats
    }
}

fn no_thread(error: &io::Error) -> Arc<BrokenPool> {
    Arc::new(BrokenPool::new(format!("could not start a worker thread: {error}")))
}

/// The places in [`Engine::cleared`].
const CANCELLED: usize = 0;
const FAILED: usize = 1;
const WITHDRAWN: usize = 2;
