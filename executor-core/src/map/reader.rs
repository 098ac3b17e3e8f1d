//! [`Reader`]: the end of a map that the results are read from.

use super::Next;
use super::job::Control;
use super::results::{AWAITED, EMPTY, READY, ResultsArc};
use super::together::Helper;
use crate::error::TaskError;
use crate::id::ExecutorId;
use crate::park;
use crate::sync::{AtomicU8, spin_loop};
use crate::worker;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::time::{Duration, Instant};

/// How long a reader naps that expects many results soon, at first and at most.
const FIRST_NAP: Duration = Duration::from_micros(50);
const LONGEST_NAP: Duration = Duration::from_micros(400);

/// How often the reader looks before it parks; not at all under loom, so that it does park.
const SPINS: u32 = if cfg!(loom) { 0 } else { 64 };

/// The reader's end.
pub(super) struct Reader<R> {
    results: ResultsArc<R>,
    job: Arc<dyn Control>,
    /// Whose workers may help.
    home: Option<ExecutorId>,
    /// How many have been read.
    next: usize,
    len: usize,
    /// How long to nap before parking next time; zero unless results come fast. See `await_flag`.
    nap: Cell<Duration>,
}

impl<R> Reader<R> {
    pub(super) fn new(
        results: ResultsArc<R>,
        job: Arc<dyn Control>,
        home: Option<ExecutorId>,
    ) -> Self {
        let len = results.flags.len();
        Self { results, job, home, next: 0, len, nap: Cell::new(Duration::ZERO) }
    }

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
    ///
    /// Being woken for every item would cost the workers a system call each, more than many items
    /// take. So a reader that was woken soon after it had parked does not announce itself the next
    /// time, but naps for a moment in which many results may gather, and longer if they did. If there
    /// is none after a nap, it parks in earnest.
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
        let nap = self.nap.take();
        if !nap.is_zero() && !cfg!(loom) {
            std::thread::sleep(deadline.map_or(nap, |deadline| {
                nap.min(deadline.saturating_duration_since(Instant::now()))
            }));
            if flag.load(Acquire) == READY {
                self.nap.set((2 * nap).min(LONGEST_NAP));
                return true;
            }
        }
        let parked = Instant::now();
        loop {
            match flag.compare_exchange(EMPTY, AWAITED, AcqRel, Acquire) {
                Err(READY) => {
                    if parked.elapsed() < FIRST_NAP {
                        self.nap.set(FIRST_NAP);
                    }
                    return true;
                }
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

    /// For results that are not read here but come together.
    pub(super) fn into_helper(self) -> Option<Helper> {
        Some(Helper::new(self.job, self.home?))
    }

    pub(super) fn cancel(self) {
        self.job.stop(TaskError::Cancelled);
    }
}
