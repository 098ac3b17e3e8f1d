//! Which worker gets which task, and when: the dispatch window.
//!
//! Waking a sleeping process costs tens of microseconds, as much as many tasks take, while a task
//! that lies ready in a worker's memory costs nothing to go on with. So workers are given tasks ahead
//! of time: about [`AHEAD`] worth of them by their own measure if their tasks are [`QUICK`], otherwise
//! one for each of their threads. For each task the choice is, in this order:
//!
//! 1. a worker that is awake and has nothing to do: it is looking for work at this moment;
//! 2. a worker whose tasks are quick and that has little ahead: it will come to it in less time than
//!    waking another takes;
//! 3. none, if as many workers as there are processors are busy with tasks that are [`TINY`]: more would only
//!    take turns with them, so the task waits in the queue until one has finished something;
//! 4. a worker that sleeps, which is woken;
//! 5. a new worker, if there may be more: the task waits in the queue until it is ready;
//! 6. a worker that is busy, ahead of time;
//! 7. none: the task waits in the queue until one has finished something.
//!
//! To look at all workers for each task would take longer than many tasks do, so a worker that was chosen by rule
//! 2 is given up to [`FOLLOWING`] more tasks without a look at the others, as long as the rule holds for it.
//!
//! Rules 2 and 3 take a bet that the tasks ahead are as quick as those before. When it is lost, or a worker
//! falls idle or becomes ready while another has work ahead, what has not been started is taken back and handed
//! out anew: at once by the reader of the worker that has time (`rebalance`), and by the supervisor
//! (`watch.rs`), which looks every millisecond while there is unstarted work with a worker that finishes nothing and
//! another has nothing to do. It does not look so while all others are starting: nobody could take anything over, and
//! who becomes ready sees to it. While all are busy it looks now and then whether what lies behind a long task is
//! overtaken by what others are given.
//!
//! Invariants:
//!
//! 1. The queue is in the order of submission, also with what was taken back (`queue.rs`), and tasks are handed
//!    out in the order of the queue. So a pool of one worker starts tasks in the order in which they were submitted
//!    (`tests/process_pool.rs`, `starts_in_order`); with several, what one of them has ahead may be overtaken, but
//!    not for longer than a few looks of the supervisor (`tests/process/window.rs`, `nobody_is_overtaken_for_ever`).
//! 2. A task is in the queue or in one flight, never both, so it is not run twice (`tests/process_faults/`).
//! 3. While there is a task that is not started, in the queue or ahead, every worker has something to do, or is
//!    starting, or the supervisor will look (`tests/process/window.rs`).
//!
//! Each rule, and what is taken back when, by itself: `dispatch/tests.rs`.
//!
//! [`AHEAD`]: super::ahead::AHEAD
//! [`QUICK`]: super::ahead::QUICK
//! [`TINY`]: super::ahead::TINY

use super::after::After;
use super::ahead::QUICK;
use super::entry::{Entry, Payload, Work};
use super::member::{Member, Phase};
use super::supervisor::Deadline;
use super::watch::Watch;
use super::{Shared, State};
use crate::transport::beside::{MAX_UNREAD, Refusal};
use crate::transport::depot::Depot;
use crate::transport::inlet::{Argument, MAX_RING};
use executor_core::TaskError;
use std::sync::Arc;
use std::time::Duration;

/// How many tasks may follow one to the same worker before all workers are looked at again.
const FOLLOWING: u32 = 7;

/// What to do with the first task of the queue.
enum Choice {
    /// Send it to this member.
    Send(usize),
    /// Start a worker for it.
    Start,
    /// Wait.
    Wait,
}

impl Shared {
    /// Takes a new entry: to a worker if one can take it, else to the queue.
    pub(super) fn accept(&self, state: &mut State, entry: Entry, after: &mut After) {
        state.queue.push(entry);
        if !state.saturated || state.starts_nothing() {
            self.dispatch(state, after);
        }
    }

    /// Hands out what can be handed out. In a pool that starts nothing any more that is nothing.
    pub(super) fn dispatch(&self, state: &mut State, after: &mut After) {
        if state.starts_nothing() {
            return turn_away(state, after);
        }
        while let Some(front) = state.queue.front() {
            if front.is_cancelled() {
                state.queue.pop().into_iter().for_each(|entry| after.cancel(entry));
                continue;
            }
            match self.choose(state, after) {
                Choice::Send(index) => {
                    if !self.send_front(state, index, after) {
                        state.saturated = true;
                        return;
                    }
                }
                Choice::Start => {
                    if !self.start_worker(state, after) {
                        return;
                    }
                }
                Choice::Wait => {
                    state.saturated = true;
                    return;
                }
            }
        }
    }

    fn choose(&self, state: &mut State, after: &mut After) -> Choice {
        let threads = self.config.threads_per_worker;
        if let Some(index) = state.follow(threads) {
            return Choice::Send(index);
        }
        let mut quick: Option<(usize, usize)> = None;
        let mut asleep = None;
        let mut busy: Option<(usize, usize)> = None;
        let mut starting = 0;
        let mut slow = false;
        for (index, member) in state.members.iter().enumerate() {
            if member.phase == Phase::Starting {
                starting += 1;
            }
            if !member.takes_tasks() {
                continue;
            }
            if member.items < threads {
                if member.link.worker_bell().is_asleep() {
                    asleep = asleep.or(Some(index));
                    continue;
                }
                if !member.stuck {
                    return Choice::Send(index);
                }
                slow = true; // to wake up, the last time; it has nothing to do all the same
            }
            let ahead = member.ahead(threads);
            let least = |best: Option<(usize, usize)>| best.is_none_or(|(_, least)| ahead < least);
            if member.quick_limit().is_some_and(|limit| ahead < limit) {
                if least(quick) {
                    quick = Some((index, ahead));
                }
            } else if ahead < threads && !member.stuck && least(busy) {
                busy = Some((index, ahead));
            }
        }
        let may_start = state.members.len() < self.config.max_workers && state.retry_at.is_none();
        if slow {
            self.watch(state, Watch::Bet, after);
        }
        let has_time = asleep.is_some() || may_start;
        if let Some((index, _)) = quick {
            self.watch(state, if has_time { Watch::Bet } else { Watch::Order }, after);
            state.following = (index, FOLLOWING);
            return Choice::Send(index);
        }
        if has_time && self.is_absorbed(state) {
            self.watch(state, Watch::Bet, after);
            return Choice::Wait;
        }
        if let Some(index) = asleep {
            return Choice::Send(index);
        }
        let waiting = state.queue.len().max(state.queue.front().map_or(0, Entry::items));
        if may_start && starting < waiting {
            return Choice::Start;
        }
        match busy {
            Some((index, _)) if starting == 0 => {
                self.watch(state, Watch::Order, after);
                Choice::Send(index)
            }
            _ => Choice::Wait,
        }
    }

    /// Sends the first entry of the queue, or as much of it as is wise; `false` if there is no room.
    fn send_front(&self, state: &mut State, index: usize, after: &mut After) -> bool {
        let Some(mut entry) = state.queue.pop() else { return true };
        let threads = self.config.threads_per_worker;
        let ready = state.members.iter().filter(|member| member.takes_tasks()).count().max(1);
        let member = &mut state.members[index];
        if entry.items() > 1 {
            // As long as there is more behind it, nobody need share.
            let sharers = if state.queue.len() < 2 * ready { 2 * ready } else { 1 };
            let lot = member.lot(&entry, sharers, threads);
            let short = member.quota.is_some_and(|quota| quota < entry.items());
            let rest = if short || member.deadline.is_some() {
                entry.rest_after(lot, 0) // in any case
            } else {
                entry.split_off(lot)
            };
            if let Some(rest) = rest {
                state.queue.put_rest(rest);
            }
        }
        if let Err(error) = make_room(&mut entry, member, &self.arguments) {
            if state.members.iter().any(|member| member.in_flight > 0) {
                state.queue.put_back(entry); // there will be room when something has ended
                return false;
            }
            after.fail(entry, error);
            return true;
        }
        if let Work::One(task) = &entry.work
            && !task.ship()
        {
            after.cancel(entry);
            return true;
        }
        let message = match send_beside(&entry, member) {
            Ok(message) => message,
            Err(refusal) => {
                let busy = |member: &Member| member.in_flight > 0 || member.unread() > 0;
                if matches!(refusal, Refusal::Never(_)) || !state.members.iter().any(busy) {
                    after.fail(entry, TaskError::not_sent(refusal.reason()));
                    return true;
                }
                state.queue.put_back(entry); // there will be room when something was received
                self.watch(state, Watch::Bet, after);
                return false;
            }
        };
        if let Some(quota) = &mut member.quota {
            *quota = quota.saturating_sub(entry.items());
        }
        member.launch(entry, message);
        if member.link.worker_bell().ring() {
            after.wake(&member.link);
        }
        true
    }

    /// Whether as many workers as there are processors are busy with tasks that only compute.
    fn is_absorbed(&self, state: &State) -> bool {
        let threads = self.config.threads_per_worker;
        let absorbed = state.members.iter().filter(|member| member.is_absorbed(threads));
        absorbed.count() >= self.config.processors
    }

    /// A worker may have time, or may be new: hands out what waits, or else what others have ahead.
    pub(super) fn employ(&self, state: &mut State, after: &mut After) {
        state.saturated = false;
        self.dispatch(state, after);
        self.rebalance(state, after);
    }

    /// Gives work that another worker has not started to one that has nothing to do.
    fn rebalance(&self, state: &mut State, after: &mut After) {
        let threads = self.config.threads_per_worker;
        let is_free = |member: &&Member| member.takes_tasks() && member.items < threads;
        let mut free = state.members.iter().filter(is_free);
        let Some(first) = free.next().filter(|_| state.queue.is_empty()) else { return };
        let is_awake = |member: &Member| !member.link.worker_bell().is_asleep();
        let would_wake = !is_awake(first) && !free.any(is_awake);
        if would_wake && self.is_absorbed(state) {
            self.watch_ahead(state, after);
            return;
        }
        let laden = (0..state.members.len())
            .filter(|&index| state.members[index].ahead(threads) > 0)
            .max_by_key(|&index| state.members[index].ahead(threads));
        let Some(laden) = laden else { return };
        let member = &mut state.members[laden];
        let ahead = member.ahead(threads);
        let average = Duration::from_nanos(member.average().into());
        if !member.stuck && average * u32::try_from(ahead).unwrap_or(u32::MAX) < QUICK {
            self.watch(state, Watch::Bet, after); // it will be through with it before anybody else could be
            return;
        }
        // Half of what there is, from the end: what is nearest its turn stays.
        let mut back = Vec::new();
        let mut wanted = ahead.div_ceil(2);
        for number in member.numbers().into_iter().rev() {
            let Some(entry) = member.recall(number) else { continue };
            wanted = wanted.saturating_sub(entry.items());
            back.push(entry);
            if wanted == 0 {
                break;
            }
        }
        for entry in back {
            state.queue.put_back(entry);
        }
        self.dispatch(state, after);
        if state.members.iter().any(|member| is_free(&member)) {
            self.watch_ahead(state, after); // what was taken back may have been cancelled
        }
    }

    /// Notes that a task with a deadline has been started.
    pub(super) fn set_deadline(&self, state: &mut State, deadline: Deadline, after: &mut After) {
        /// How many deadlines of tasks that are long over are kept at least.
        const ENOUGH: usize = 1024;
        let at = deadline.at;
        if state.deadlines.len() > ENOUGH.max(8 * state.members.len()) {
            let mut deadlines = std::mem::take(&mut state.deadlines);
            deadlines.retain(|deadline| {
                let member = state.member(deadline.worker);
                member.is_some_and(|member| member.flight(deadline.number).is_some())
            });
            state.deadlines = deadlines;
        }
        state.deadlines.push(deadline);
        self.set_alarm(state, at, after);
    }
}

/// Ends what is in the queue of a pool that is broken, or was shut down so that only what was running goes on.
pub(super) fn turn_away(state: &mut State, after: &mut After) {
    for entry in state.queue.drain() {
        match &state.broken {
            Some(broken) => after.fail(entry, TaskError::PoolBroken(Arc::clone(broken))),
            None => after.cancel(entry),
        }
    }
}

/// Sees to it that the argument fits through the ring, or moves it to the depot.
fn make_room(entry: &mut Entry, member: &Member, depot: &Arc<Depot>) -> Result<(), TaskError> {
    let Argument::Bytes(bytes) = entry.payload.argument() else { return Ok(()) };
    if bytes.len() <= MAX_RING && member.has_room(bytes.len()) {
        return Ok(());
    }
    match depot.store(bytes) {
        Ok(segment) => {
            let len = bytes.len();
            entry.payload = Payload::Large { segment: Arc::new(segment), len };
            Ok(())
        }
        Err(error) => Err(TaskError::not_sent(error)),
    }
}

/// Sends what travels beside the argument, and returns the number of the message.
///
/// It is sent under the lock, since the task must not be published before it; so it must not wait for
/// room. A worker that reads too slowly is given no more until it has caught up.
fn send_beside(entry: &Entry, member: &mut Member) -> Result<u32, Refusal> {
    let Some(beside) = entry.beside() else { return Ok(0) };
    if member.unread() >= MAX_UNREAD {
        return Err(Refusal::Full);
    }
    let number = member.messages;
    match member.link.send_beside(beside, number) {
        // Who is dead is about to be buried, and everything it has been given comes back.
        Ok(()) | Err(Refusal::Gone) => {
            member.messages = number.wrapping_add(1);
            Ok(number)
        }
        Err(refusal) => Err(refusal),
    }
}

impl State {
    /// Whether what has not been started never will be.
    pub(super) fn starts_nothing(&self) -> bool {
        self.broken.is_some() || self.cancelling
    }

    /// The worker that was chosen last, if it may be given another task without a look at the others.
    ///
    /// Not once it has nothing to do, since it may fall asleep then, nor while nobody looks after the bet.
    fn follow(&mut self, threads: usize) -> Option<usize> {
        let (index, left) = self.following;
        let left = left.checked_sub(1).filter(|_| self.is_watched(Watch::Bet))?;
        let member = self.members.get(index).filter(|member| member.takes_tasks())?;
        let limit = member.quick_limit()?;
        if member.items < threads || member.ahead(threads) >= limit {
            return None;
        }
        self.following = (index, left);
        Some(index)
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
