//! The end of the pool: closing it, letting workers go, and waiting until everything is gone.

use super::after::After;
use super::dispatch::turn_away;
use super::member::{Member, Phase};
use super::{Shared, State};
use crate::transport::region::Word;
use crate::worker::EXIT;
use executor_core::{ExecutorId, Shutdown};
use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long a worker that was let go may take to end, before it is killed.
const GRACE: Duration = Duration::from_secs(10);

thread_local! {
    /// The pool whose thread this is.
    static POOL: Cell<Option<ExecutorId>> = const { Cell::new(None) };
}

/// Notes that this is a thread of the pool, which would wait for itself if it waited for its end.
pub(super) fn enter(shared: &Shared) {
    POOL.set(Some(shared.id));
}

/// How to end workers that are at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Force {
    /// `SIGTERM`, which tasks may react to.
    Terminate,
    /// `SIGKILL`.
    Kill,
}

impl Shared {
    /// Lets workers go that are not needed any more, and tells whoever waits for the end.
    ///
    /// To be called whenever something has ended that the end of the pool may have waited for.
    pub(super) fn settle(&self, state: &mut State, after: &mut After) {
        let ending = (state.closed || state.broken.is_some())
            && state.queue.is_empty()
            && !self.is_incoming();
        let limited = self.config.max_tasks_per_child.is_some();
        if !ending && !limited {
            return;
        }
        let mut overdue = None;
        for member in &mut state.members {
            let done = member.phase == Phase::Ready && member.in_flight == 0;
            if done && (ending || member.quota == Some(0)) {
                overdue = Some(let_go(member, after));
            }
        }
        if let Some(at) = overdue {
            self.set_alarm(state, at, after);
        }
        if ending && state.members.is_empty() {
            after.announce();
            after.alarm();
        }
    }

    /// Whether the pool has ended: nothing is left to be done, and every worker is gone.
    pub(super) fn is_over(&self, state: &State) -> bool {
        (state.closed || state.broken.is_some())
            && !self.is_incoming()
            && state.queue.is_empty()
            && state.members.is_empty()
    }

    pub(crate) fn shutdown(&self, how: Shutdown) -> bool {
        self.close(how.cancels_pending());
        if how.kills_running() {
            self.with(|state, after| {
                state.killing = true;
                stop_all(state, Force::Kill, after);
            });
        }
        let limit = how.limit().map(|limit| Instant::now().checked_add(limit));
        if POOL.get() == Some(self.id) {
            return self.is_over(&self.state.lock());
        }
        let mut state = self.state.lock();
        while !self.is_over(&state) {
            match limit {
                Some(Some(end)) if Instant::now() >= end => return false,
                Some(Some(end)) => {
                    self.changed.wait_until(&mut state, end);
                }
                _ => self.changed.wait(&mut state),
            }
        }
        drop(state);
        // Whoever comes second waits until the first has joined them all.
        let _joining = self.joining.lock();
        let mut state = self.state.lock();
        let threads = std::mem::take(&mut state.finished);
        let supervisor = state.supervisor.take();
        drop(state);
        self.alarm.notify_all();
        for thread in threads.into_iter().chain(supervisor) {
            let _they_do_not_panic = thread.join();
        }
        true
    }

    /// Accepts nothing any more.
    fn close(&self, cancel: bool) {
        self.refusing.store(true, Ordering::SeqCst);
        self.with(|state, after| {
            state.closed = true;
            if cancel {
                state.cancelling = true;
                for index in 0..state.members.len() {
                    for entry in state.members[index].recall_all() {
                        state.queue.put_back(entry);
                    }
                }
                turn_away(state, after);
            }
            after.announce();
            self.settle(state, after);
        });
    }

    /// Ends all workers, whatever they are doing, and accepts nothing any more. Does not wait.
    pub(crate) fn stop_workers(&self, force: Force) {
        self.close(true);
        self.with(|state, after| stop_all(state, force, after));
    }
}

/// Ends every worker, when the lock has been released.
fn stop_all(state: &mut State, force: Force, after: &mut After) {
    for member in &mut state.members {
        member.phase = Phase::Leaving;
        match force {
            Force::Kill => after.kill(&member.link),
            Force::Terminate => {
                after.terminate(&member.link);
                dismiss(member, after); // if it does not heed that, it ends after its task
            }
        }
    }
}

/// Tells a worker that has nothing to do that it may go. Returns when it must be gone.
fn let_go(member: &mut Member, after: &mut After) -> Instant {
    dismiss(member, after);
    let overdue = Instant::now() + GRACE;
    member.overdue = Some(overdue);
    overdue
}

/// Tells a worker to end when it has nothing to do.
fn dismiss(member: &mut Member, after: &mut After) {
    member.phase = Phase::Leaving;
    member.link.region.word(Word::Command).store(EXIT, Ordering::Release);
    if member.link.worker_bell().ring() {
        after.wake(&member.link);
    }
}
