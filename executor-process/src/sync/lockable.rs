//! [`Lockable`]: what a [`Condition`](super::Condition) needs of a lock.

use super::{Abandoned, NotHeld};
use std::fmt;
use std::time::Duration;

/// A lock that processes share: [`Lock`](super::Lock) or [`RLock`](super::RLock).
///
/// For code that works with either. It cannot be implemented for anything else.
pub trait Lockable: Clone + fmt::Debug + sealed::Hold + 'static {
    /// What releases the lock when it is dropped.
    type Guard<'a>: fmt::Debug;

    /// Waits for the lock and takes it.
    ///
    /// # Errors
    ///
    /// [`Abandoned`]: a process died while it had the lock.
    fn lock(&self) -> Result<Self::Guard<'_>, Abandoned<Self>>;

    /// Takes the lock if that is possible at once.
    ///
    /// # Errors
    ///
    /// [`Abandoned`]: a process died while it had the lock.
    fn try_lock(&self) -> Result<Option<Self::Guard<'_>>, Abandoned<Self>>;

    /// Waits for the lock, for so long at most, and takes it.
    ///
    /// # Errors
    ///
    /// [`Abandoned`]: a process died while it had the lock.
    fn lock_timeout(&self, timeout: Duration) -> Result<Option<Self::Guard<'_>>, Abandoned<Self>>;

    /// Undoes one acquisition for which there is no guard.
    ///
    /// # Errors
    ///
    /// [`NotHeld`]: there is nothing to undo.
    fn release(&self) -> Result<(), NotHeld>;

    /// Says that what the lock protects is in order, after a process died with the lock. The caller has
    /// the lock.
    fn clear_abandoned(&self);

    /// A guard for the lock, which the caller has taken.
    #[doc(hidden)]
    fn into_guard<'a>(self) -> Self::Guard<'a>;
}

pub(super) mod sealed {
    /// The inner side of a lock.
    pub trait Hold {
        /// Whether the caller has the lock, as far as can be told.
        fn is_held(&self) -> bool;
        /// Undoes all acquisitions, and says how many there were. The caller has the lock.
        fn release_fully(&self) -> u64;
        /// Takes the lock that often. `false` if a process died with it.
        fn reacquire(&self, depth: u64) -> bool;
        /// Takes the lock that often if whoever has it is dead.
        fn take_from_dead(&self, depth: u64) -> bool;
    }
}
