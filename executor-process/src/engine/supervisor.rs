//! The supervisor: what is to be done at a certain time.
//!
//! A thread that is started when the pool first needs one, and sleeps while there is nothing to wait
//! for:
//!
//! | what                                                     | when                                  |
//! |----------------------------------------------------------|---------------------------------------|
//! | stopping a task that has passed its deadline             | at the deadline                       |
//! | killing a worker that is not ready, or not gone, in time | then                                  |
//! | trying again to start a worker                           | after a pause                         |
//! | taking unstarted work back from a worker that finishes nothing ([`watch`]) | every 1 or 50 ms while there is such work |
//!
//! [`watch`]: super::watch
//!
//! A task is stopped by killing its worker. So that nothing else is hurt, everything that the worker has
//! not started is taken back first; if it finishes the task before it dies, the result counts, and
//! it dies idle.

use super::after::After;
use super::member::Phase;
use super::{Shared, State};
use executor_core::{BrokenPool, TaskError};
use std::cmp::Ordering;
use std::thread;
use std::time::Instant;

/// A task that is to be stopped at a certain time. Those nearest in time are the greatest.
#[derive(Debug)]
pub(super) struct Deadline {
    pub(super) at: Instant,
    /// The worker, and the task's number there.
    pub(super) worker: u64,
    pub(super) number: u32,
}

impl Ord for Deadline {
    fn cmp(&self, other: &Self) -> Ordering {
        other.at.cmp(&self.at)
    }
}

impl PartialOrd for Deadline {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Deadline {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Deadline {}

impl Shared {
    /// Has the supervisor look at this time at the latest.
    pub(super) fn set_alarm(&self, state: &mut State, at: Instant, after: &mut After) {
        if state.supervisor.is_none()
            && let Some(this) = self.this.upgrade()
        {
            let thread = thread::Builder::new().name("supervisor".to_owned());
            match thread.spawn(move || this.supervise()) {
                Ok(thread) => state.supervisor = Some(thread),
                Err(error) => {
                    let cause = format!("the pool's supervisor cannot be started: {error}");
                    self.break_pool(state, BrokenPool::new(cause), after);
                }
            }
        }
        if state.alarm_at.is_none_or(|alarm| at < alarm) {
            state.alarm_at = Some(at);
            after.alarm();
        }
    }

    fn supervise(&self) {
        super::end::enter(self);
        let mut state = self.state.lock();
        while !self.is_over(&state) {
            match next_alarm(&state) {
                None => {
                    state.alarm_at = None;
                    self.alarm.wait(&mut state);
                }
                Some(at) if at > Instant::now() => {
                    state.alarm_at = Some(at);
                    self.alarm.wait_until(&mut state, at);
                }
                Some(_) => {
                    drop(state);
                    self.with(|state, after| self.look_after(state, after));
                    state = self.state.lock();
                }
            }
        }
    }

    fn look_after(&self, state: &mut State, after: &mut After) {
        let now = Instant::now();
        while state.deadlines.peek().is_some_and(|deadline| deadline.at <= now) {
            if let Some(Deadline { worker, number, .. }) = state.deadlines.pop() {
                self.stop(state, worker, number, TaskError::DeadlineExceeded, after);
            }
        }
        for member in &mut state.members {
            if member.overdue.is_some_and(|overdue| overdue <= now) {
                member.overdue = None;
                member.late = member.phase == Phase::Starting;
                after.kill(&member.link);
            }
        }
        if state.retry_at.is_some_and(|at| at <= now) {
            state.retry_at = None;
            state.saturated = false;
            self.dispatch(state, after);
            self.watch_ahead(state, after);
        }
        if state.watch.is_some_and(|(_, at)| at <= now) {
            self.watch_over(state, after);
        }
    }

    /// Kills the worker that is running a task, which fails with `error`; says whether it was running.
    pub(super) fn stop(
        &self,
        state: &mut State,
        worker: u64,
        number: u32,
        error: TaskError,
        after: &mut After,
    ) -> bool {
        let Some(member) = state.member(worker) else { return false };
        if !member.is_running(number) || member.doom.is_some() {
            return false;
        }
        let back = member.recall_all();
        // What is left behind it was started after it, so it has just ended, and its worker must not
        // be killed for what others do.
        let in_time = member.numbers().last() != Some(&number);
        if !in_time {
            member.phase = Phase::Leaving;
            member.doom = Some((number, error));
            after.kill(&member.link);
        }
        for entry in back {
            state.queue.put_back(entry);
        }
        state.saturated = false;
        self.dispatch(state, after);
        !in_time
    }
}

fn next_alarm(state: &State) -> Option<Instant> {
    let deadline = state.deadlines.peek().map(|deadline| deadline.at);
    let overdue = state.members.iter().filter_map(|member| member.overdue);
    let watch = state.watch.map(|(_, at)| at);
    overdue.chain(deadline).chain(state.retry_at).chain(watch).min()
}
