//! Crossing to another process, and taking a body back.

use super::{Body, Departure, RawTask};
use crate::error::TaskError;
use crate::state::{CLAIMED, EMPTY, FAILED, PENDING, PHASE, SHIPPED};
use crate::wire::{Attached, Incoming, OutcomeKind, Output};
use std::sync::atomic::Ordering::{AcqRel, Relaxed, Release};

impl RawTask {
    pub(crate) fn is_portable(&self) -> bool {
        self.header().vtable.wire.is_some()
    }

    /// Encodes the body and drops it. On an error the body is gone and nothing is published.
    ///
    /// Needs the right to the slot (CLAIMED, by [`try_lock_body`](Self::try_lock_body)).
    pub(crate) fn encode(&self, output: &mut Output<'_>) -> Result<Departure, TaskError> {
        let result = match &self.header().vtable.wire {
            None => Err(TaskError::not_portable()),
            // SAFETY: the slot is ours and holds the body.
            Some(wire) => unsafe { (wire.encode)(self.slot_ptr(), output) },
        };
        // SAFETY: the slot is ours and still holds the body, which is not used again.
        unsafe { (self.header().vtable.drop_body)(self.0) };
        self.state().fetch_or(EMPTY, Release);
        result
    }

    /// PENDING → CLAIMED while a body is encoded.
    pub(crate) fn try_lock_body(&self) -> bool {
        self.leave_pending(CLAIMED, 0)
    }

    /// CLAIMED → PENDING after the body was encoded: the task can be cancelled again.
    pub(crate) fn unlock_body(&self) {
        let mut state = self.state().load(Relaxed);
        while let Err(actual) =
            self.state().compare_exchange_weak(state, (state & !PHASE) | PENDING, AcqRel, Relaxed)
        {
            state = actual;
        }
    }

    /// Decodes an outcome into the EMPTY slot, and says whether it is a value. Needs the right to the
    /// slot.
    pub(crate) fn store_encoded(
        &self,
        kind: OutcomeKind,
        bytes: Incoming<'_>,
        beside: Attached,
    ) -> bool {
        match &self.header().vtable.wire {
            // SAFETY: the slot is ours, empty, and of the table's type.
            Some(wire) => unsafe { (wire.decode)(self.slot_ptr(), kind, bytes, beside) },
            None => {
                self.store_error(TaskError::not_portable());
                false
            }
        }
    }

    /// Notes that the task may be started elsewhere without our knowing. Only for its executor.
    pub(crate) fn set_shipped(&self) {
        self.state().fetch_or(SHIPPED, Release);
    }

    /// Notes that the task is here again. Only for its executor.
    pub(crate) fn clear_shipped(&self) {
        self.state().fetch_and(!SHIPPED, Release);
    }

    /// Takes the body back out of a task that was never started, and frees the task.
    ///
    /// # Safety
    ///
    /// `B` is the cell's body type. The caller owns a reference, and gives it up.
    pub(crate) unsafe fn reclaim<B: Body>(self) -> Option<B> {
        if !self.leave_pending(CLAIMED, 0) {
            self.drop_ref();
            return None;
        }
        // SAFETY: CLAIMED gives us the slot, and the caller vouches for the type.
        let body = unsafe { self.slot_ptr().cast::<B>().read() };
        self.state().fetch_or(EMPTY, Relaxed);
        self.store_error(TaskError::Abandoned);
        self.finish(true, FAILED);
        Some(body)
    }
}
