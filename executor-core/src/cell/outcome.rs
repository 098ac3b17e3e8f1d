//! What is in the slot: storing the outcome, and its way to the one `Future`.

use super::RawTask;
use crate::error::TaskError;
use crate::state::{DONE, EMPTY, INTEREST, REF, is_last, phase};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

impl RawTask {
    /// Stores an error in place of the body. Needs the right to the slot.
    pub(crate) fn store_error(&self, error: TaskError) {
        let empty = self.state().load(Relaxed) & EMPTY != 0;
        // SAFETY: the caller has the right to the slot, and EMPTY does not change meanwhile.
        unsafe { (self.header().vtable.fail)(self.0, empty, error) };
    }

    /// Stores a promise's outcome. Needs the right to the slot.
    ///
    /// # Safety
    ///
    /// `T` is the cell's output type, and the cell is EMPTY.
    pub(crate) unsafe fn store_outcome<T>(&self, outcome: Result<T, TaskError>) {
        // SAFETY: the caller vouches for the type; an EMPTY slot has nothing to drop.
        unsafe { self.slot_ptr().cast::<Result<T, TaskError>>().write(outcome) };
    }

    /// The address of the slot, where both the body and the outcome start.
    #[cfg(not(loom))]
    #[inline(always)]
    pub(super) fn slot_ptr(&self) -> *mut () {
        // SAFETY: the offset is that of the slot in the same allocation.
        unsafe { self.0.as_ptr().byte_add(self.header().vtable.slot_offset).cast() }
    }

    #[cfg(loom)]
    pub(super) fn slot_ptr(&self) -> *mut () {
        // SAFETY: callers have the right to the slot.
        unsafe { (self.header().vtable.slot)(self.0) }
    }

    /// The outcome, for the owner of INTEREST at DONE or a callback while FINISHING.
    ///
    /// # Safety
    ///
    /// `T` is the cell's output type, and the outcome is readable and stays so for `'a`.
    pub(crate) unsafe fn outcome<'a, T>(&self) -> &'a Result<T, TaskError> {
        // SAFETY: the caller vouches for the type and that the slot holds the outcome.
        unsafe { &*self.slot_ptr().cast() }
    }

    /// Exchanges the outcome, for the owner of INTEREST at DONE.
    ///
    /// # Safety
    ///
    /// `T` is the cell's output type, the phase is DONE, and the caller owns INTEREST.
    pub(crate) unsafe fn replace_outcome<T>(
        &self,
        outcome: Result<T, TaskError>,
    ) -> Result<T, TaskError> {
        // SAFETY: as the caller vouches, the slot holds an outcome of this type and is ours.
        unsafe { self.slot_ptr().cast::<Result<T, TaskError>>().replace(outcome) }
    }

    /// Takes the outcome and gives up INTEREST and the reference that goes with it.
    ///
    /// # Safety
    ///
    /// As for [`replace_outcome`](Self::replace_outcome); the caller does not use the cell again.
    #[inline]
    pub(crate) unsafe fn take<T>(self) -> Result<T, TaskError> {
        // SAFETY: as the caller vouches; the slot counts as empty from here on.
        let outcome = unsafe { self.slot_ptr().cast::<Result<T, TaskError>>().read() };
        self.drop_handle_ref();
        outcome
    }

    /// Gives up INTEREST: what the drop of a future does.
    #[inline]
    pub(crate) fn drop_interest(self) {
        let mut state = self.load();
        while phase(state) != DONE {
            let next = (state & !INTEREST).wrapping_sub(REF);
            debug_assert!(!is_last(state), "an unfinished task has an owner that will finish it");
            match self.state().compare_exchange_weak(state, next, AcqRel, Acquire) {
                Ok(_) => return,
                Err(actual) => state = actual,
            }
        }
        // SAFETY: DONE, and we own INTEREST: the outcome is ours, and is not read again.
        unsafe { (self.header().vtable.drop_outcome)(self.0) };
        self.drop_handle_ref();
    }

    /// Drops the handle's reference at DONE; the sole owner needs no read-modify-write.
    #[inline]
    fn drop_handle_ref(self) {
        let state = self.load();
        if is_last(state) || is_last(self.state().fetch_sub(REF | INTEREST, AcqRel)) {
            self.dealloc();
        }
    }
}
