//! What goes wrong with locks and conditions.

use super::Lockable;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

/// The lock was taken, but a process died while it had it: what the lock protects may be half done.
///
/// Returned by everything that takes a [`Lock`](super::Lock) or an [`RLock`](super::RLock). Like a
/// poisoned mutex of the standard library it can be given up on, or repaired and used:
///
/// - [`into_guard`](Self::into_guard) accepts the lock. The caller puts in order what is protected, if
///   that is needed, and nobody is told of this death again.
/// - Dropping this, as `?` and `unwrap` do in the end, releases the lock, and the next one who takes it is
///   told in turn.
///
/// Python has no counterpart: there the lock stays locked for ever.
///
/// ```
/// use executor_process::{Abandoned, Lock};
///
/// let lock = Lock::new()?;
/// // What is protected is consistent at any moment: no matter if somebody died.
/// let guard = lock.lock().unwrap_or_else(Abandoned::into_guard);
/// # drop(guard);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "dropping this releases the lock"]
pub struct Abandoned<L: Lockable> {
    /// Locked. `None` once accepted.
    lock: Option<L>,
    /// Goes where a guard may go.
    guard: PhantomData<L::Guard<'static>>,
}

impl<L: Lockable> Abandoned<L> {
    /// For a lock that the caller has taken.
    pub(super) fn new(lock: &L) -> Self {
        Self { lock: Some(lock.clone()), guard: PhantomData }
    }

    /// Accepts the lock: what it protects is in order, or the caller sees to it.
    ///
    /// Should the caller die before he releases it, the next one is told again.
    pub fn into_guard<'a>(mut self) -> L::Guard<'a> {
        let Some(lock) = self.lock.take() else { unreachable!("accepted once") };
        lock.clear_abandoned();
        lock.into_guard()
    }
}

impl<L: Lockable> Drop for Abandoned<L> {
    fn drop(&mut self) {
        if let Some(lock) = &self.lock {
            let _held = lock.release();
        }
    }
}

impl<L: Lockable> fmt::Debug for Abandoned<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Abandoned").field("lock", &self.lock).finish()
    }
}

impl<L: Lockable> fmt::Display for Abandoned<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ABANDONED)
    }
}

impl<L: Lockable> Error for Abandoned<L> {}

const ABANDONED: &str =
    "a process died while it had this lock, so what the lock protects may be half done";

/// The lock is not held, or not by whoever would have to hold it.
///
/// From the release of a lock that is free, of an [`RLock`](super::RLock) that another thread owns, and
/// from the notification of a [`Condition`](super::Condition) without its lock. Python's `ValueError`,
/// `AssertionError` and `RuntimeError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotHeld;

impl fmt::Display for NotHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lock is not held")
    }
}

impl Error for NotHeld {}

/// Why a [`Condition`](super::Condition) could not be waited for, or what came with the end of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitError {
    /// The lock of the condition was not held. There was no wait.
    NotHeld,
    /// As many wait as there is room for. There was no wait; the lock is held.
    TooManyWaiters,
    /// During the wait a process died while it had the lock, so what it protects may be half done.
    ///
    /// The lock is held again by whoever waited. Everybody who takes it is told, until
    /// [`clear_abandoned`](super::Lock::clear_abandoned).
    Abandoned,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHeld => f.write_str("the lock of the condition is not held"),
            Self::TooManyWaiters => f.write_str("too many threads wait for this condition"),
            Self::Abandoned => f.write_str(ABANDONED),
        }
    }
}

impl Error for WaitError {}

impl From<NotHeld> for WaitError {
    fn from(_: NotHeld) -> Self {
        Self::NotHeld
    }
}
