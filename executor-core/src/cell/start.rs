//! Leaving PENDING: who runs the body, or claims the slot instead.

use super::{RawTask, Started};
use crate::error::TaskError;
use crate::state::{CANCELLED, CLAIMED, FAILED, FutureState, PENDING, PHASE, RUNNING, phase};
use crate::worker::{self, Ending};
use std::sync::atomic::Ordering::{AcqRel, Relaxed};

impl RawTask {
    /// PENDING → RUNNING. `true` gives the caller the right to the slot and the duty to finish.
    #[inline]
    pub(crate) fn try_start(&self) -> bool {
        self.leave_pending(RUNNING)
    }

    #[inline]
    pub(super) fn leave_pending(&self, to: usize) -> bool {
        let mut state = self.state().load(Relaxed);
        while phase(state) == PENDING {
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
        if self.leave_pending(CLAIMED | CANCELLED) {
            self.store_error(TaskError::Cancelled);
            self.finish(false, 0);
            return true;
        }
        self.load() & CANCELLED != 0
    }

    /// Fails the task if nobody has started it. The caller keeps its reference.
    pub(crate) fn fail_pending(&self, error: TaskError) -> bool {
        let won = self.leave_pending(CLAIMED);
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
            if !self.try_start() {
                return false;
            }
            worker.helping();
            // SAFETY: try_start gave us the right to the slot; only tasks with a body have a home.
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
