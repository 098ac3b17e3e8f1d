//! [`RLock`]: mutual exclusion among threads and processes, of which one may take the lock again.

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

impl RLock {
    /// A lock that nobody has.
    ///
    /// # Errors
    ///
    /// There is no memory, or no descriptor, to be had.
    pub fn new() -> io::Result<Self> {
        Ok(Self { segment: Arc::new(Segment::create()?) })
    }

    /// Waits for the lock and takes it. The guard releases it.
    ///
    /// # Errors
    ///
    /// [`Abandoned`]: a process died while it had the lock.
    #[inline]
    pub fn lock(&self) -> Result<RLockGuard<'_>, Abandoned<Self>> {
        self.acquire().map(|()| self.guard())
    }

    /// Takes the lock if that is possible at once; `None` if not.
    ///
    /// If somebody has it, a look at whether he is alive costs some system calls.
    ///
    /// # Errors
    ///
    /// [`Abandoned`]: a process died while it had the lock.
    ///
    /// ```
    /// use executor_process::RLock;
    ///
    /// let lock = RLock::new()?;
    /// let _guard = lock.try_lock()?.expect("it was free");
    /// assert!(lock.try_lock()?.is_some(), "the owner may take it again");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_lock(&self) -> Result<Option<RLockGuard<'_>>, Abandoned<Self>> {
        self.try_acquire().map(|taken| taken.then(|| self.guard()))
    }

    /// Waits for the lock, for so long at most, and takes it; `None` if the time has passed before.
    ///
    /// A timeout beyond the end of the clock, such as `Duration::MAX`, is for ever.
    ///
    /// # Errors
    ///
    /// [`Abandoned`]: a process died while it had the lock.
    #[inline]
    pub fn lock_timeout(
        &self,
        timeout: Duration,
    ) -> Result<Option<RLockGuard<'_>>, Abandoned<Self>> {
        self.acquire_timeout(timeout).map(|taken| taken.then(|| self.guard()))
    }

    /// Waits for the lock and takes it, until this thread calls [`release`](Self::release).
    ///
    /// # Errors
    ///
    /// [`Abandoned`]: a process died while it had the lock. Without
    /// [`into_guard`](Abandoned::into_guard), and [`RLockGuard::keep`] after that, the lock is not held.
    #[inline]
    pub fn acquire(&self) -> Result<(), Abandoned<Self>> {
        let taken = self.segment.acquire(|lock| lock.acquire(Waiting::forever));
        self.check(taken).map(|_always| ())
    }

    /// The same if it is possible at once; `false` if not.
    ///
    /// # Errors
    ///
    /// As of [`acquire`](Self::acquire).
    #[inline]
    pub fn try_acquire(&self) -> Result<bool, Abandoned<Self>> {
        let taken = self.segment.acquire(MarkedLock::try_acquire);
        self.check(taken)
    }

    /// The same, for so long at most; `false` if the time has passed before.
    ///
    /// # Errors
    ///
    /// As of [`acquire`](Self::acquire).
    #[inline]
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<bool, Abandoned<Self>> {
        let taken = self.segment.acquire(|lock| lock.acquire(|| Waiting::at_most(timeout)));
        self.check(taken)
    }

    #[inline]
    fn check(&self, taken: Option<Taken>) -> Result<bool, Abandoned<Self>> {
        match taken {
            Some(Taken::Released) => Ok(true),
            None => Ok(false),
            Some(Taken::Abandoned) => Err(Abandoned::new(self)),
        }
    }

    #[inline]
    fn guard(&self) -> RLockGuard<'_> {
        RLockGuard { lock: Some(Cow::Borrowed(self)), thread: PhantomData }
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

    /// Whether somebody has it. That may have changed by the time the caller looks at the answer.
    pub fn is_locked(&self) -> bool {
        self.segment.lock().holder().is_some()
    }

    /// Whether a process has died with the lock, and nobody has accepted it since.
    pub fn is_abandoned(&self) -> bool {
        self.segment.lock().is_marked()
    }

    /// Says that what the lock protects is in order, after a process died with the lock: from now on
    /// nobody is told. The caller has the lock.
    ///
    /// Needed after [`WaitError::Abandoned`](super::WaitError::Abandoned) only;
    /// [`Abandoned::into_guard`] does it otherwise.
    pub fn clear_abandoned(&self) {
        self.segment.lock().unmark();
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

impl Lockable for RLock {
    type Guard<'a> = RLockGuard<'a>;

    fn lock(&self) -> Result<RLockGuard<'_>, Abandoned<Self>> {
        self.lock()
    }

    fn try_lock(&self) -> Result<Option<RLockGuard<'_>>, Abandoned<Self>> {
        self.try_lock()
    }

    fn lock_timeout(&self, timeout: Duration) -> Result<Option<RLockGuard<'_>>, Abandoned<Self>> {
        self.lock_timeout(timeout)
    }

    fn release(&self) -> Result<(), NotHeld> {
        self.release()
    }

    fn clear_abandoned(&self) {
        self.clear_abandoned();
    }

    fn into_guard<'a>(self) -> RLockGuard<'a> {
        RLockGuard { lock: Some(Cow::Owned(self)), thread: PhantomData }
    }
}

/// Whether it is locked, and by which process.
impl fmt::Debug for RLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lock = f.debug_struct("RLock");
        lock.field("locked_by", &self.segment.lock().holder());
        if self.is_abandoned() {
            lock.field("abandoned", &true);
        }
        lock.finish()
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

impl RLockGuard<'_> {
    /// Gives up the guard and keeps the lock, until this thread calls [`RLock::release`].
    pub fn keep(mut self) {
        self.lock = None;
    }
}

impl Drop for RLockGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(lock) = &self.lock {
            let _owned = lock.segment.release();
        }
    }
}
