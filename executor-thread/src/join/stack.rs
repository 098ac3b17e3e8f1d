//! Whether there is stack left for one more `join`, and a fresh piece if there is not.

use std::cell::Cell;

/// What the closures of a `join` are promised to have left at least.
const RED_ZONE: usize = 256 * 1024;

/// What a new piece of stack holds.
const SEGMENT: usize = 2 * 1024 * 1024;

/// An address in the caller's frame.
#[inline(always)]
pub(super) fn here() -> usize {
    let local = 0_u8;
    (&raw const local).addr()
}

/// A part of the stack in which every frame is known to have the red zone below it.
///
/// Asking `stacker` takes longer than the rest of a `join`, a comparison does not. A thread may be on
/// another piece of stack than when the part was measured, because of a task that it helps with. That
/// one is at other addresses, so it is found not to be known, and is measured in turn.
pub(super) struct Ample {
    low: Cell<usize>,
    size: Cell<usize>,
}

impl Ample {
    /// Nothing is known.
    pub(super) const fn unknown() -> Self {
        Self { low: Cell::new(0), size: Cell::new(0) }
    }

    /// Whether the frame at this address is known to have enough stack.
    #[inline(always)]
    pub(super) fn contains(&self, here: usize) -> bool {
        here.wrapping_sub(self.low.get()) < self.size.get()
    }

    /// Runs `f` on this stack if enough of it is left, or else on a new piece, and remembers how far
    /// that goes.
    pub(super) fn ensure<R>(&self, f: impl FnOnce() -> R) -> R {
        stacker::maybe_grow(RED_ZONE, SEGMENT, || {
            let here = here();
            let left = stacker::remaining_stack().unwrap_or(0);
            let size = left.saturating_sub(RED_ZONE);
            self.low.set(here - size);
            self.size.set(size + 1);
            f()
        })
    }
}
