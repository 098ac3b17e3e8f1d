//! [`AbandonedMemory`].

use super::block::Block;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// The lock of shared memory was taken, but a process died while it had it: what is in the memory may be
/// half updated.
///
/// Returned by what locks a [`SharedArray`](crate::SharedArray) or a [`SharedValue`](crate::SharedValue).
///
/// - [`into_guard`](Self::into_guard) accepts what is there, to be put in order if that is needed, and
///   nobody is told of this death again.
/// - Dropping this, as `?` and `unwrap` do in the end, releases the lock, and the next one is told in turn.
///
/// What [`Abandoned`](crate::Abandoned) is for a lock without data. Python has no counterpart: there the
/// lock stays locked for ever.
#[must_use = "dropping this releases the lock"]
pub struct AbandonedMemory<G> {
    guard: G,
    block: Arc<Block>,
}

impl<G> AbandonedMemory<G> {
    /// With a guard of that block.
    pub(super) fn new(guard: G, block: &Arc<Block>) -> Self {
        Self { guard, block: Arc::clone(block) }
    }

    /// Accepts the memory: what is in it is in order, or the caller sees to it.
    ///
    /// Should the caller die before the guard is dropped, the next one is told again.
    pub fn into_guard(self) -> G {
        self.block.lock().unmark();
        self.guard
    }

    pub(super) fn map<H>(self, f: impl FnOnce(G) -> H) -> AbandonedMemory<H> {
        AbandonedMemory { guard: f(self.guard), block: self.block }
    }
}

impl<G> fmt::Debug for AbandonedMemory<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbandonedMemory").finish_non_exhaustive()
    }
}

impl<G> fmt::Display for AbandonedMemory<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a process died while it had the lock of this memory, so what is in it may be half updated",
        )
    }
}

impl<G> Error for AbandonedMemory<G> {}
