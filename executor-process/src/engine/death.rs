//! The end of a worker: who is to blame, what is run elsewhere, and what becomes of the pool.
//!
//! When this begins the process has ended and everything that it had published has been completed. Of
//! each flight that is left, the claim word says how much had been started: exactly the items that
//! were running when it ended. They fail, or are retried if their options allow; everything behind them
//! goes back to the front of the queue. So no task is run twice, and none is lost
//! (`tests/process_faults/`).

use super::after::After;
use super::dispatch::turn_away;
use super::entry::{Entry, Work};
use super::link::Link;
use super::member::{Member, Phase};
use super::{Shared, State};
use crate::builder::OnWorkerDeath;
use executor_core::{BrokenPool, Exit, TaskError, WorkerDeath};
use std::sync::Arc;

/// Why a worker did not come to serve.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) cause: BrokenPool,
    /// Whether trying again is of no use.
    pub(super) lasting: bool,
}

impl Failure {
    pub(super) fn passing(reason: impl Into<String>) -> Self {
        Self { cause: BrokenPool::new(reason), lasting: false }
    }

    pub(super) fn lasting(reason: impl Into<String>) -> Self {
        Self { cause: BrokenPool::new(reason), lasting: true }
    }

    /// What is the user's to mend.
    pub(super) fn of(cause: BrokenPool) -> Self {
        Self { cause, lasting: true }
    }
}

impl Shared {
    /// Closes the books on a worker whose process has ended.
    pub(super) fn bury(&self, link: &Link, exit: Exit, stderr: String, failure: Option<Failure>) {
        self.with(|state, after| {
            let position = state.members.iter().position(|found| found.link.number == link.number);
            let Some(position) = position else { return };
            let mut member = state.members.remove(position);
            // Those that have ended keep their stacks until they are let go of.
            state.finished.retain(|thread| !thread.is_finished());
            state.finished.extend(member.thread.take());
            state.saturated = false;
            let asked = member.phase == Phase::Leaving;
            let mut death = WorkerDeath::new(link.pid().unwrap_or_default(), exit);
            death.stderr = stderr;
            if !asked && failure.is_none() {
                state.counters.died += 1;
            }
            let culprit = self.settle_accounts(state, &mut member, &death, after);
            if let Some(mut failure) = failure {
                if member.late {
                    let (reason, limit) = (failure.cause.reason(), self.config.start_timeout);
                    failure.cause =
                        BrokenPool::new(format!("{reason}: it was not ready within {limit:?}"));
                }
                if state.broken.is_none() && !(state.closed && state.queue.is_empty()) {
                    self.start_failed(state, failure, after);
                }
            } else if !asked && self.config.on_death == OnWorkerDeath::BreakPool {
                let culprit = culprit.unwrap_or(death);
                self.break_pool(state, BrokenPool::new(format!("worker {culprit}")), after);
            } else if !asked && culprit.is_none() && member.resolved == 0 && !state.queue.is_empty()
            {
                self.died_idle(state, &death, after);
            }
            self.dispatch(state, after);
            if state.broken.is_none() {
                self.watch_ahead(state, after); // there may be a worker more now
            }
            after.announce();
            after.alarm();
            self.settle(state, after);
        });
    }

    /// Fails what was running and puts the rest back. Returns the death of the task to blame, if any.
    fn settle_accounts(
        &self,
        state: &mut State,
        member: &mut Member,
        death: &WorkerDeath,
        after: &mut After,
    ) -> Option<WorkerDeath> {
        let mut culprit = None;
        let mut back = Vec::new();
        for number in member.numbers() {
            back.extend(member.recall(number));
            // What is still in flight was started.
            let Some(flight) = member.land(number) else { continue };
            let entry = flight.entry;
            let doom = member.doom.take_if(|(doomed, _)| *doomed == number);
            let by_us = doom.is_some();
            let mut death = death.clone();
            death.task = Some(entry.id());
            let ending = state.cancelling || state.broken.is_some();
            if !by_us && !ending && may_retry(&entry) {
                state.counters.retried += 1;
                back.push(again(entry));
                continue;
            }
            state.counters.lost += entry.items() as u64;
            let error = match (doom, &state.broken) {
                (Some((_, error)), _) => error,
                (None, Some(broken)) => TaskError::PoolBroken(Arc::clone(broken)),
                (None, None) if state.killing => TaskError::Killed,
                (None, None) => TaskError::WorkerDied(Arc::new(death.clone())),
            };
            if let Work::One(task) = &entry.work {
                task.start(); // it was; it cannot be cancelled any more
            }
            after.fail(entry, error);
            culprit.get_or_insert(death);
        }
        for entry in back {
            state.queue.put_back(entry);
        }
        if state.starts_nothing() {
            turn_away(state, after);
        }
        culprit
    }
}

/// Whether the task's options allow another attempt.
fn may_retry(entry: &Entry) -> bool {
    let attempts = entry.extra.as_ref().map_or(0, |extra| extra.attempts);
    entry.options().is_some_and(|options| attempts < options.retries())
}

/// The task once more.
fn again(mut entry: Entry) -> Entry {
    entry.extra.get_or_insert_default().attempts += 1;
    if let Work::One(task) = &entry.work {
        task.unstart();
    }
    entry
}
