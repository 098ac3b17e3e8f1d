//! Leaving PENDING: who runs the body, or claims the slot instead.

use super::{RawTask, Started};
use crate::error::TaskError;
use crate::home::{self, Recalled};
use crate::state::{
    ALONE, CANCELLED, CLAIMED, EMPTY, FAILED, FutureState, PENDING, PHASE, RUNNING, SHIPPED,
    is_settled, phase,
};
use crate::sync::yield_now;
use crate::worker::{self, Ending};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

impl RawTask {
    /// PENDING → RUNNING. `true` gives the caller the right to the slot and the duty to finish.
    #[inline]
    pub(crate) fn try_start(&self) -> bool {
        self.leave_pending(RUNNING, 0)
    }

    /// PENDING → another phase, unless one of the bits of `unless` is set.
    #[inline]
    pub(super) fn leave_pending(&self, to: u32, unless: u32) -> bool {
        let mut state = self.state().load(Relaxed);
        while phase(state) == PENDING && state & unless == 0 {
            let next = (state & !PHASE) | to;
            match self.state().compare_exchange_weak(state, next, AcqRel, Relaxed) {
                Ok(_) => return true,
                Err(actual) => state = actual,
            }
        }
        false
    }

    /// PENDING or RUNNING → CLAIMED, for promises, whose RUNNING gives nobody the slot.
    pub(crate) fn try_claim(&self) -> Result<(), FutureState> {
        let mut state = self.state().load(Relaxed);
        while matches!(phase(state), PENDING | RUNNING) {
            let next = (state & !PHASE) | CLAIMED;
            match self.state().compare_exchange_weak(state, next, AcqRel, Relaxed) {
                Ok(_) => return Ok(()),
                Err(actual) => state = actual,
            }
        }
        // A promise that another thread is just completing is as good as finished.
        Err(match FutureState::of(state) {
            FutureState::Cancelled => FutureState::Cancelled,
            _ => FutureState::Finished,
        })
    }

    /// Cancels the task if nobody has started it. The caller keeps its reference.
    pub(crate) fn cancel(&self) -> bool {
        let mut state = self.state().load(Acquire);
        while phase(state) == PENDING {
            if state & SHIPPED != 0 {
                match home::recall(self) {
                    Recalled::Started => return false,
                    // Ours now, and nobody else's: cancelled below, and then dropped.
                    Recalled::Task(task) => return task.cancel(),
                    Recalled::Items(_) | Recalled::Elsewhere => yield_now(),
                }
                state = self.state().load(Acquire);
                continue;
            }
            let next = (state & !PHASE) | CLAIMED | CANCELLED;
            match self.state().compare_exchange_weak(state, next, AcqRel, Acquire) {
                Ok(_) => {
                    self.store_error(TaskError::Cancelled);
                    self.finish(false, 0);
                    return true;
                }
                Err(actual) => state = actual,
            }
        }
        state & CANCELLED != 0
    }

    /// The state word, after having asked what the home of a shipped task knows.
    #[inline]
    pub(crate) fn look(&self) -> u32 {
        let state = self.load();
        if phase(state) == PENDING && state & SHIPPED != 0 {
            home::look(self);
            return self.load();
        }
        state
    }

    /// Has the process killed that runs the task, if one does.
    pub(crate) fn kill(&self) -> bool {
        !is_settled(self.load()) && home::kill(self)
    }

    /// Fails the task if nobody has started it. The caller keeps its reference.
    pub(crate) fn fail_pending(&self, error: TaskError) -> bool {
        let won = self.leave_pending(CLAIMED, 0);
        if won {
            self.store_error(error);
            self.finish(false, FAILED);
        }
        won
    }

    /// Runs the body if nobody has started it; `before` hears how it ended before anybody else can.
    ///
    /// `release`: give up the caller's reference as well, in the same step.
    #[inline]
    pub(crate) fn run(self, release: bool, before: impl FnOnce(Ending)) -> Started {
        if release && self.load() == ALONE {
            // SAFETY: the state says that the caller's reference, which it gives up, is the only one.
            return Started::Ran(unsafe { self.run_alone(before) });
        }
        if !self.try_start() {
            let started = match self.load() & CANCELLED {
                0 => Started::Elsewhere,
                _ => Started::Cancelled,
            };
            if release {
                self.drop_ref();
            }
            return started;
        }
        // SAFETY: try_start gave us the right to the slot.
        Started::Ran(unsafe { self.run_started(release, before) })
    }

    /// Runs the body of a task that nobody else can see any more, drops what comes of it, and frees the cell.
    ///
    /// Nothing is published, so no step need be atomic: half of what a forgotten task costs.
    ///
    /// # Safety
    ///
    /// The state was [`ALONE`] when loaded with `Acquire`, and the caller owns that reference.
    #[inline]
    unsafe fn run_alone(self, before: impl FnOnce(Ending)) -> Ending {
        // SAFETY: nobody else has a reference, and only who has one can make another: the slot is ours
        // until the cell is freed. It holds the body, since the task is PENDING and not EMPTY.
        let ending = unsafe { (self.header().vtable.call)(self.0) };
        before(ending);
        // SAFETY: as above; now it holds the outcome, which nobody will ask for.
        unsafe { (self.header().vtable.drop_outcome)(self.0) };
        self.dealloc();
        ending
    }

    /// Runs the body and publishes what comes of it.
    ///
    /// # Safety
    ///
    /// The caller has the right to the slot by `try_start`, and the cell was not EMPTY.
    #[inline]
    unsafe fn run_started(self, release: bool, before: impl FnOnce(Ending)) -> Ending {
        // SAFETY: as the caller vouches, the slot is ours and holds the body.
        let ending = unsafe { (self.header().vtable.call)(self.0) };
        before(ending);
        self.finish(release, if ending == Ending::Failed { FAILED } else { 0 });
        ending
    }

    /// Runs the body here if nobody has started it and this thread works for the same executor.
    ///
    /// On a fresh stack if the current one is nearly used up, so that chains of tasks waiting for
    /// each other may be as long as memory allows.
    pub(crate) fn help(&self) -> bool {
        let home = self.home();
        if home.is_none() || phase(self.load()) != PENDING {
            return false;
        }
        worker::with_current(|current| {
            let Some(worker) = current.filter(|worker| Some(worker.executor()) == home) else {
                return false;
            };
            // One that was encoded has no body any more: its workers are elsewhere.
            if !self.leave_pending(RUNNING, EMPTY) {
                return false;
            }
            worker.helping();
            // SAFETY: that gave us the right to the slot, and the cell was not EMPTY.
            on_ample_stack(|| unsafe { self.run_started(false, |ending| worker.helped(ending)) });
            true
        })
    }
}

#[cfg(not(loom))]
fn on_ample_stack<R>(f: impl FnOnce() -> R) -> R {
    /// What a helped task is promised to have left at least.
    const RED_ZONE: usize = 256 * 1024;
    /// What a new segment holds.
    const SEGMENT: usize = 2 * 1024 * 1024;
    stacker::maybe_grow(RED_ZONE, SEGMENT, f)
}

#[cfg(loom)]
fn on_ample_stack<R>(f: impl FnOnce() -> R) -> R {
    f()
}
