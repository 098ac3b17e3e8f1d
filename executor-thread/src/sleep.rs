//! When workers sleep, and who wakes them.
//!
//! # Protocol
//!
//! A worker is *busy* (running tasks), *searching* (looking for one, awake) or *sleeping*. One word
//! holds how many are searching and sleeping, and how many tasks were ever announced:
//!
//! ```text
//!   63            32 31          16 15           0
//!   |  announced    |   sleeping   |   searching  |
//! ```
//!
//! - **Submitting**: push the task, then announce it: one read-modify-write on the word, which tells
//!   at the same time whether anybody must be woken. If somebody is searching, nobody must. Else a
//!   sleeper is woken, or a thread started; it counts as searching from that moment, so a burst of
//!   submissions wakes one worker, not one each.
//! - **Finding**: a worker that has found a task leaves the searching. If it was the last one and
//!   there is more to do, it notifies the next worker, so that wake-ups go on as a chain and off the
//!   submitter's path.
//! - **Not finding**: under the lock of the sleepers' list the worker enters the list, moves from
//!   searching to sleeping in the word, and *then* looks at the queue once more. If there is
//!   something it takes the move back.
//!
//! # Why no wake-up is lost
//!
//! All changes of the word are read-modify-writes, so they have one order, and a later one sees what
//! happened before an earlier one. Take a task's announcement A and a worker's change S from
//! searching to sleeping (or to gone).
//!
//! - S before A: A sees the word without that searcher. If no other is searching, the submitter
//!   notifies.
//! - A before S: the push comes before A, so the look at the queue after S sees the task (or it has
//!   been taken), and the worker does not sleep.
//! - Another searcher that A relied on either finds a task, and as the last one looks at the queue
//!   after its own change of the word, or becomes such an S itself.
//!
//! Between the two tasks of a busy worker the word is not touched: it always looks at the queue before
//! it searches, after its last task.
//!
//! The list of sleepers is a stack: the worker that slept least is woken first, its caches are warm,
//! and those that are not needed stay asleep long enough to end by the idle timeout.
//!
//! Models: `models.rs`, `no_wakeup_is_lost`, `two_submitters_two_workers`, `a_worker_may_leave`.

use crate::primitives::{AtomicBool, AtomicU64, Mutex, Parker};
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::time::Instant;

const SEARCHING: u64 = 1;
const SLEEPING: u64 = 1 << 16;
const ANNOUNCED: u64 = 1 << 32;

/// As many workers as the fields of the word can count.
pub(crate) const MAX_WORKERS: usize = u16::MAX as usize;

/// One reading of the word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Census(u64);

impl Census {
    pub(crate) fn searching(self) -> usize {
        (self.0 % SLEEPING) as usize
    }

    pub(crate) fn sleeping(self) -> usize {
        ((self.0 / SLEEPING) % SLEEPING) as usize
    }

    /// Tasks announced so far, modulo 2^32.
    pub(crate) fn announced(self) -> u32 {
        (self.0 / ANNOUNCED) as u32
    }
}

/// Where one worker sleeps.
#[derive(Debug)]
pub(crate) struct Sleeper {
    parker: Parker,
    /// Set by whoever took this sleeper off the list, who also counted it as searching.
    woken: AtomicBool,
}

impl Sleeper {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { parker: Parker::new(), woken: AtomicBool::new(false) })
    }
}

/// How a try to sleep ended. The worker counts as searching again in every case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slept {
    /// Woken, or there was something to do.
    Awake,
    /// The deadline passed.
    TimedOut,
}

/// The word and the list.
#[derive(Debug)]
pub(crate) struct Sleep {
    word: AtomicU64,
    sleepers: Mutex<Vec<Arc<Sleeper>>>,
}

impl Sleep {
    pub(crate) fn new() -> Self {
        Self { word: AtomicU64::new(0), sleepers: Mutex::new(Vec::new()) }
    }

    pub(crate) fn census(&self) -> Census {
        Census(self.word.load(Acquire))
    }

    /// Announces a task that has been pushed. The census includes it.
    #[inline]
    pub(crate) fn announce(&self) -> Census {
        Census(self.word.fetch_add(ANNOUNCED, AcqRel).wrapping_add(ANNOUNCED))
    }

    /// A busy worker begins to search. It must look at the queue afterwards.
    pub(crate) fn start_searching(&self) -> Census {
        Census(self.word.fetch_add(SEARCHING, AcqRel))
    }

    /// A searching worker has found a task (or is leaving). `true`: it was the last one searching,
    /// and so must look at the queue and notify another worker if there is more to do.
    pub(crate) fn stop_searching(&self) -> bool {
        Census(self.word.fetch_sub(SEARCHING, AcqRel)).searching() == 1
    }

    /// A searching worker that found nothing sleeps until woken, unless `is_idle` then says no.
    ///
    /// `is_idle` must look at the queue, and at everything else for which workers are woken.
    pub(crate) fn sleep(
        &self,
        me: &Arc<Sleeper>,
        is_idle: impl Fn() -> bool,
        deadline: impl FnOnce() -> Option<Instant>,
    ) -> Slept {
        {
            let mut sleepers = self.sleepers.lock();
            me.woken.store(false, Relaxed);
            sleepers.push(Arc::clone(me));
            self.word.fetch_add(SLEEPING - SEARCHING, AcqRel);
            if !is_idle() {
                sleepers.pop(); // still us: the lock is ours
                self.word.fetch_sub(SLEEPING - SEARCHING, AcqRel);
                return Slept::Awake;
            }
        }
        let deadline = deadline();
        loop {
            me.parker.park(deadline);
            if me.woken.load(Acquire) {
                return Slept::Awake;
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return self.take_back(me);
            }
        }
    }

    /// Ends a sleep whose time has passed, unless somebody is just waking us.
    fn take_back(&self, me: &Arc<Sleeper>) -> Slept {
        let mut sleepers = self.sleepers.lock();
        match sleepers.iter().position(|sleeper| Arc::ptr_eq(sleeper, me)) {
            None => Slept::Awake,
            Some(position) => {
                sleepers.remove(position);
                self.word.fetch_sub(SLEEPING - SEARCHING, AcqRel);
                Slept::TimedOut
            }
        }
    }

    /// Wakes the worker that fell asleep last, unless somebody is searching or nobody sleeps.
    ///
    /// `false` only if nobody sleeps and nobody searches.
    pub(crate) fn wake_one(&self) -> bool {
        let mut sleepers = self.sleepers.lock();
        if self.census().searching() > 0 {
            return true; // somebody else has just notified
        }
        let Some(sleeper) = sleepers.pop() else { return false };
        self.word.fetch_sub(SLEEPING - SEARCHING, AcqRel);
        drop(sleepers);
        Self::wake(&sleeper);
        true
    }

    /// Wakes everybody, to see that the pool is shutting down.
    pub(crate) fn wake_all(&self) {
        let mut sleepers = self.sleepers.lock();
        let woken = std::mem::take(&mut *sleepers);
        self.word.fetch_sub((SLEEPING - SEARCHING) * woken.len() as u64, AcqRel);
        drop(sleepers);
        woken.iter().for_each(|sleeper| Self::wake(sleeper));
    }

    fn wake(sleeper: &Sleeper) {
        sleeper.woken.store(true, Release);
        sleeper.parker.unpark();
    }
}
