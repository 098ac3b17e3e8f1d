//! Work that lies behind a long task: who looks after it, how closely, and what is done about it.
//!
//! A worker has tasks ahead of time, which do not start while the one before them goes on. The supervisor looks
//! at every worker now and then. From one that has finished nothing at two looks in a row it takes back all that it
//! has not started, if somebody has time for that, or if something that was submitted later has been started
//! elsewhere. The worker then counts as stuck until it finishes something: it is given nothing ahead.
//!
//! | watch   | while                                                            | a look every |
//! |---------|------------------------------------------------------------------|--------------|
//! | none    | everything that waits is in the queue, or there is only one worker |            |
//! | `Order` | all are busy, and somebody has something ahead                   | 50 ms        |
//! | `Bet`   | something is not started, and somebody has time or can be started | 1 ms        |
//!
//! Whoever hands something out goes up in this table, and only the look itself goes down. Invariants, with the tests in
//! `dispatch/tests.rs` and `tests/process/window.rs`:
//!
//! 1. While a worker has something ahead and another exists, there is a watch (`rules_6_and_7_ahead_of_time`,
//!    `all_are_quick`).
//! 2. It is close while there is something unstarted and somebody who has time, or who could be started
//!    (`what_is_soon_done_stays`, `a_bet_that_is_lost`).
//! 3. What lies behind a long task is overtaken for three looks at the most, and not by everything that is
//!    submitted before the long task ends (`what_a_long_task_has_ahead`, `what_a_long_item_has_ahead`,
//!    `nobody_is_overtaken_for_ever`). It stays where it is as long as it is not overtaken, since tasks that are all
//!    equally long are done sooner so.

use super::after::After;
use super::member::Member;
use super::{Shared, State};
use std::time::{Duration, Instant};

/// Why work is looked after, the more urgent reason the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Watch {
    /// All are busy, and what one of them has ahead must not be overtaken for long by what others are given.
    Order,
    /// Somebody has time for it, or could be started: it was a bet that it is done sooner where it is.
    Bet,
}

impl Watch {
    /// How much time there is between two looks.
    fn tick(self) -> Duration {
        match self {
            Self::Order => Duration::from_millis(50),
            Self::Bet => Duration::from_millis(1),
        }
    }
}

impl State {
    /// Whether the supervisor looks at least as closely.
    pub(super) fn is_watched(&self, watch: Watch) -> bool {
        self.watch.is_some_and(|(current, _)| current >= watch)
    }

    /// Whether a member has something ahead that was submitted before what another has begun.
    fn is_overtaken(&self, index: usize) -> bool {
        let Some(first) = self.members[index].first_unstarted() else { return false };
        self.members.iter().any(|member| member.last_started().is_some_and(|last| last > first))
    }
}

impl Shared {
    /// Has the supervisor look after unstarted work, at least as closely as this.
    pub(super) fn watch(&self, state: &mut State, watch: Watch, after: &mut After) {
        let others = state.members.len() > 1 || watch == Watch::Bet;
        if others && !state.is_watched(watch) {
            let at = Instant::now() + watch.tick();
            state.watch = Some((watch, at));
            self.set_alarm(state, at, after);
        }
    }

    /// The same, for what somebody who has time may take over, if there is anything ahead.
    pub(super) fn watch_ahead(&self, state: &mut State, after: &mut After) {
        let threads = self.config.threads_per_worker;
        if state.members.iter().any(|member| member.ahead(threads) > 0) {
            self.watch(state, Watch::Bet, after);
        }
    }

    /// Takes unstarted work away from workers that have finished nothing since the last look.
    pub(super) fn watch_over(&self, state: &mut State, after: &mut After) {
        let threads = self.config.threads_per_worker;
        let bet = state.is_watched(Watch::Bet);
        for index in 0..state.members.len() {
            let member = &mut state.members[index];
            let progress = member.resolved != member.seen;
            member.seen = member.resolved;
            if progress || member.items == 0 {
                member.warned = false;
                continue;
            }
            // The first look only notes where it stands: it may just have begun.
            if !std::mem::replace(&mut member.warned, true) {
                continue;
            }
            if !bet && !state.is_overtaken(index) {
                continue;
            }
            let member = &mut state.members[index];
            member.stuck = true;
            for entry in member.recall_all() {
                state.queue.put_back(entry);
            }
        }
        state.saturated = false;
        self.dispatch(state, after);
        let may_start = state.members.len() < self.config.max_workers && state.retry_at.is_none();
        // Also one that has been slow to wake up: it may be asleep again by the next look.
        let has_time = |member: &Member| member.takes_tasks() && member.items < threads;
        let has_time = may_start || state.members.iter().any(has_time);
        let ahead = state.members.iter().any(|member| member.ahead(threads) > 0);
        let watch = match (has_time, ahead) {
            (true, _) if ahead || !state.queue.is_empty() => Some(Watch::Bet),
            (false, true) if state.members.len() > 1 => Some(Watch::Order),
            _ => None,
        };
        state.watch = watch.map(|watch| (watch, Instant::now() + watch.tick()));
    }
}
