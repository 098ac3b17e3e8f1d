//! [`Reader`]: the end of a map that the results are read from.

use super::Next;
use super::job::Control;
use super::results::ResultsArc;
use super::together::Helper;
use crate::error::TaskError;
use crate::id::ExecutorId;
use crate::sync::spin_loop;
use crate::worker;
use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a reader naps that expects many results soon, at first and at most.
const FIRST_NAP: Duration = Duration::from_micros(50);
const LONGEST_NAP: Duration = Duration::from_millis(1);

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
    /// How fast results come, if they come so fast that a nap is better than parking. See `wait`.
    pace: Cell<Option<Pace>>,
}

/// What is known when a reader has waited and comes to wait again.
#[derive(Clone, Copy)]
struct Pace {
    /// How long the last nap was.
    nap: Duration,
    /// When the last wait began, and how many results had been read.
    since: Instant,
    read: usize,
}

impl Pace {
    /// How long to nap now, after `read` results and with `left` to come.
    ///
    /// Twice as long as the last time, since it was worth it; and no more than half of the time that the
    /// rest will take, so that whoever naps is there when the last result is.
    fn next_nap(&self, now: Instant, read: usize, left: usize) -> Duration {
        let each = (now - self.since).as_nanos() / (read - self.read).max(1) as u128;
        let rest = u64::try_from(each.saturating_mul(left as u128)).unwrap_or(u64::MAX);
        (2 * self.nap).min(LONGEST_NAP).min(Duration::from_nanos(rest / 2)).max(FIRST_NAP)
    }
}

impl<R> Reader<R> {
    pub(super) fn new(
        results: ResultsArc<R>,
        job: Arc<dyn Control>,
        home: Option<ExecutorId>,
    ) -> Self {
        let len = results.len();
        Self { results, job, home, next: 0, len, pace: Cell::new(None) }
    }

    pub(super) fn len(&self) -> usize {
        self.len - self.next
    }

    pub(super) fn next(&mut self, deadline: Option<Instant>) -> Next<R> {
        if self.next == self.len {
            return Next::End;
        }
        if !self.is_there() && !self.wait(deadline) {
            return Next::TimedOut;
        }
        Next::Item(self.take_next())
    }

    /// Whether there is a next result and it can be taken.
    #[inline]
    pub(super) fn is_there(&self) -> bool {
        self.next < self.len && self.results.is_there(self.next)
    }

    /// Takes the next result, which has been seen to be there.
    #[inline]
    pub(super) fn take_next(&mut self) -> Result<R, TaskError> {
        let position = self.next;
        self.next += 1;
        self.results.take_at(position)
    }

    /// Waits for all results and takes them at once, if none was taken before and all are values. If not, or if
    /// the deadline passes, nothing has been taken, and all can still be read.
    pub(super) fn take_all(&mut self, deadline: Option<Instant>) -> Option<Vec<R>> {
        if self.next > 0 || !self.results.is_in_order() {
            return None;
        }
        let mut goes_on = true;
        while goes_on && self.next < self.len {
            let ready = self.results.ready_from(self.next);
            self.next += ready;
            let failed = ready == 0 && self.is_there();
            goes_on = self.next == self.len || (!failed && self.wait(deadline));
        }
        self.next = 0;
        goes_on.then(|| {
            self.next = self.len;
            self.results.take_all()
        })
    }

    /// Waits until the next result is there, or the deadline has passed.
    ///
    /// Being woken for every item would cost the workers a system call each, more than many items
    /// take. So a reader that was woken soon after it had parked does not announce itself the next
    /// time, but naps for a moment in which many results may gather, and longer if they did. If there
    /// is none after a nap, it parks in earnest.
    fn wait(&self, deadline: Option<Instant>) -> bool {
        if deadline.is_none() && self.may_help() {
            while !self.is_there() && self.job.help() {}
        }
        for _ in 0..SPINS {
            if self.is_there() {
                return true;
            }
            spin_loop();
        }
        if let Some(pace) = self.pace.take().filter(|_| !cfg!(loom)) {
            let now = Instant::now();
            let nap = pace.next_nap(now, self.next, self.len());
            std::thread::sleep(
                deadline.map_or(nap, |deadline| nap.min(deadline.saturating_duration_since(now))),
            );
            if self.is_there() {
                self.pace.set(Some(Pace { nap, since: now, read: self.next }));
                return true;
            }
        }
        let parked = Instant::now();
        while deadline.is_none_or(|deadline| Instant::now() < deadline) {
            self.results.announce(self.next);
            self.job.meet();
            self.results.park(self.next, deadline);
            if self.is_there() {
                if parked.elapsed() < FIRST_NAP {
                    let nap = FIRST_NAP / 2; // half of the next one
                    self.pace.set(Some(Pace { nap, since: parked, read: self.next }));
                }
                return true;
            }
        }
        false
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
