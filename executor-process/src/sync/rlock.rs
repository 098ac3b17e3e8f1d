//! [`RLock`]: mutual exclusion among threads and processes, of which one may take the lock again.

use super::lock_methods::lock_methods;
use super::lockable::sealed::Hold;
use super::marked::MarkedLock;
use super::owned::OwnedLock;
use super::{Abandoned, Lockable, NotHeld};
use crate::shared::lock::Taken;
use crate::shared::segment::{Layout, Segment};
use crate::shared::waiting::Waiting;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

// SAFETY: made of atomics.
unsafe impl Layout for OwnedLock {
    const KIND: [u8; 8] = *b"rlock\0\0\0";
}

/// A lock that its owner may take again: for functions that lock, and call others that do.
///
/// The owner is one thread of one process. It has to release the lock as often as it has taken it, and
/// nobody else can. Otherwise it is like [`Lock`](super::Lock): shared by threads and processes, with
/// guards or without, and the next one is told, by an [`Abandoned`], when the owner's process died. Taking
/// it once more needs no instruction that other processors notice, and never blocks or fails.
///
/// # Python
///
/// `multiprocessing.RLock`. Among threads alone, use `parking_lot::ReentrantMutex`.
///
/// ```
/// use executor_process::RLock;
/// use std::thread;
///
/// fn outer(lock: &RLock) -> u64 {
///     let _guard = lock.lock().expect("nobody has died");
///     inner(lock)
/// }
///
/// fn inner(lock: &RLock) -> u64 {
///     let _guard = lock.lock().expect("nobody has died");
///     lock.depth()
/// }
///
/// let lock = RLock::new()?;
/// assert_eq!(outer(&lock), 2);
/// lock.acquire()?;
/// thread::scope(|scope| {
///     scope.spawn(|| lock.release().expect_err("another thread owns it"));
/// });
/// lock.release()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
pub struct RLock {
    #[serde(with = "super::travel")]
    segment: Arc<Segment<OwnedLock>>,
}

lock_methods! {
    RLock, RLockGuard, released by "this thread",
    /// ```
    /// use executor_process::RLock;
    ///
    /// let lock = RLock::new()?;
    /// let _guard = lock.try_lock()?.expect("it was free");
    /// assert!(lock.try_lock()?.is_some(), "the owner may take it again");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    try_lock,
    acquire,
}

impl RLock {
    #[inline]
    fn take(&self, waiting: impl FnOnce() -> Waiting) -> Option<Taken> {
        self.segment.acquire(|lock| lock.acquire(waiting))
    }

    #[inline]
    fn try_take(&self) -> Option<Taken> {
        self.segment.acquire(MarkedLock::try_acquire)
    }

    #[inline]
    fn let_go(&self) {
        let _owned = self.segment.release();
    }

    fn marked(&self) -> &MarkedLock {
        self.segment.lock()
    }

    /// Undoes one acquisition by this thread. Never blocks.
    ///
    /// Not for one that a guard will undo.
    ///
    /// # Errors
    ///
    /// [`NotHeld`]: this thread does not own the lock.
    pub fn release(&self) -> Result<(), NotHeld> {
        if self.segment.release() { Ok(()) } else { Err(NotHeld) }
    }

    /// Whether this thread owns it.
    pub fn is_owned(&self) -> bool {
        self.segment.is_owned()
    }

    /// How many acquisitions this thread has to undo; zero if it does not own the lock.
    pub fn depth(&self) -> u64 {
        self.segment.depth()
    }
}

impl Hold for RLock {
    fn is_held(&self) -> bool {
        self.segment.is_owned()
    }

    fn release_fully(&self) -> u64 {
        self.segment.release_fully()
    }

    fn reacquire(&self, depth: u64) -> bool {
        self.segment.reacquire(depth) == Taken::Released
    }

    fn take_from_dead(&self, depth: u64) -> bool {
        self.segment.take_from_dead(depth)
    }
}

/// Has an [`RLock`] once, and releases it when it is dropped.
#[must_use = "dropping this releases the lock"]
#[derive(Debug)]
pub struct RLockGuard<'a> {
    /// `None` if it is not to be released.
    lock: Option<Cow<'a, RLock>>,
    /// Stays with its thread.
    thread: PhantomData<*const ()>,
}

impl<'a> RLockGuard<'a> {
    #[inline]
    fn new(lock: Cow<'a, RLock>) -> Self {
        Self { lock: Some(lock), thread: PhantomData }
    }
}
