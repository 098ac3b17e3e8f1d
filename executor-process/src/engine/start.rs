//! Starting workers, and what comes of it when they do not start.

use super::after::After;
use super::death::Failure;
use super::dispatch::turn_away;
use super::link::Link;
use super::member::{Member, Phase};
use super::reader::Reader;
use super::{Shared, State};
use crate::transport::channel::channel;
use crate::transport::region::Region;
use executor_core::{BrokenPool, SubmitError, WorkerDeath};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

/// After how many workers in a row that did not start the pool breaks.
const MAX_FAILURES: u32 = 3;

/// After how many in a row that started, and have ended before any of them has begun anything.
const MAX_IDLE_DEATHS: u32 = 30;

/// After how many of those the next one is started after a pause only.
const PATIENCE: u32 = 5;

/// How long to wait after the first of them, and after each one twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Shared {
    /// Starts a worker; `false` if that failed. The rest is its reader's business.
    pub(super) fn start_worker(&self, state: &mut State, after: &mut After) -> bool {
        let Some(this) = self.this.upgrade() else { return false };
        match self.try_start(state, this, after) {
            Ok(()) => true,
            Err(error) => {
                let reason = format!("a worker cannot be started: {error}");
                self.start_failed(state, Failure::passing(reason), after);
                false
            }
        }
    }

    /// Starts all workers that there may be, and waits until they are ready or one has failed.
    pub(crate) fn start_workers(&self) -> Result<(), SubmitError> {
        self.with(|state, after| {
            state.failure = None;
            while state.refusal().is_none()
                && state.members.len() < self.config.max_workers
                && self.start_worker(state, after)
            {}
        });
        let mut state = self.state.lock();
        loop {
            if let Some(refusal) = state.refusal() {
                return Err(refusal);
            }
            if let Some(cause) = state.failure.take() {
                return Err(SubmitError::Broken(cause));
            }
            if state.members.iter().all(|member| member.phase != Phase::Starting) {
                return Ok(());
            }
            self.changed.wait(&mut state);
        }
    }

    fn try_start(&self, state: &mut State, this: Arc<Self>, after: &mut After) -> io::Result<()> {
        let number = state.next_number;
        let (sender, receiver) = channel()?;
        let link = Arc::new(Link::new(number, Region::create()?, sender));
        let reader = Reader::new(this, Arc::clone(&link), receiver)?;
        let overdue = Instant::now().checked_add(self.config.start_timeout);
        let mut member = Member::new(link, self.config.max_tasks_per_child, overdue);
        let thread =
            thread::Builder::new().name(format!("reader-{number}")).spawn(move || reader.run())?;
        member.deadline = self.config.deadline;
        member.thread = Some(thread);
        state.next_number += 1;
        state.counters.started += 1;
        state.members.push(member);
        if let Some(at) = overdue {
            self.set_alarm(state, at, after);
        }
        Ok(())
    }

    /// A worker did not start. Tries again, or breaks the pool.
    pub(super) fn start_failed(&self, state: &mut State, failure: Failure, after: &mut After) {
        state.failures += 1;
        let others = state.members.iter().any(|member| member.phase == Phase::Ready);
        let hopeless = failure.lasting || (!others && state.failures >= MAX_FAILURES);
        if hopeless {
            self.break_pool(state, failure.cause, after);
            return;
        }
        state.failure = Some(Arc::new(failure.cause));
        let pause = FIRST_PAUSE * 2_u32.saturating_pow(state.failures.min(10) - 1);
        let at = Instant::now() + pause.min(LONGEST_PAUSE);
        state.retry_at = Some(at);
        self.set_alarm(state, at, after);
    }

    /// A worker has ended by itself that had begun nothing. Any worker may, once in a while; that all do must not go
    /// on for ever.
    pub(super) fn died_idle(&self, state: &mut State, death: &WorkerDeath, after: &mut After) {
        state.idle_deaths += 1;
        let others = state.members.iter().any(|member| member.phase == Phase::Ready);
        if state.idle_deaths >= MAX_IDLE_DEATHS && !others {
            let reason = format!("workers end before they have begun anything, the last {death}");
            self.break_pool(state, BrokenPool::new(reason), after);
        } else if state.idle_deaths > PATIENCE {
            let at = Instant::now() + FIRST_PAUSE;
            state.retry_at = Some(at);
            self.set_alarm(state, at, after);
        }
    }

    /// Ends the pool for good: everything fails, every worker is killed.
    pub(super) fn break_pool(&self, state: &mut State, cause: BrokenPool, after: &mut After) {
        if state.broken.is_some() {
            return;
        }
        let broken = Arc::new(cause);
        state.broken = Some(Arc::clone(&broken));
        self.refusing.store(true, Ordering::SeqCst);
        turn_away(state, after);
        for member in &mut state.members {
            // What they have fails when they have ended; what they have finished is read first.
            member.phase = Phase::Leaving;
            after.kill(&member.link);
        }
        after.announce();
        after.alarm();
    }
}

impl State {
    /// Why nothing is to be started any more, if it is not.
    fn refusal(&self) -> Option<SubmitError> {
        match &self.broken {
            Some(broken) => Some(SubmitError::Broken(Arc::clone(broken))),
            None => self.closed.then_some(SubmitError::ShutDown),
        }
    }
}
