//! [`Lock`]: mutual exclusion among threads and processes.

use super::lockable::sealed::Hold;
use super::marked::MarkedLock;
use super::{Abandoned, Lockable, NotHeld};
use crate::shared::lock::Taken;
use crate::shared::segment::{Layout, Segment};
use crate::shared::waiting::Waiting;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

// SAFETY: made of atomics.
unsafe impl Layout for MarkedLock {
    const KIND: [u8; 8] = *b"lock\0\0\0\0";
}

/// A lock that threads and processes share: only one of them has it at a time.
///
/// Clones, and what other processes get when a handle is part of an argument, a result or an item of a
/// queue, are the same lock. A thread that takes it twice waits for itself; see [`RLock`](super::RLock).
///
/// There are two ways to use it, which can be mixed:
///
/// - [`lock`](Self::lock) and its kin return a guard, which releases the lock when it is dropped, also by
///   a panic.
/// - [`acquire`](Self::acquire) and its kin leave it to somebody to call [`release`](Self::release): this
///   thread, another one, or another process.
///
/// While nobody else wants it, taking and releasing it are one instruction each. Who has to wait sleeps.
///
/// # The death of the holder
///
/// If the process that took the lock dies before it is released, killed or not, the next one gets the
/// lock, and is told by an [`Abandoned`]: an error, which it can turn into a guard. Up to a tenth of a
/// second may pass until the death is noticed. Threads are no processes: a thread that ends without
/// releasing leaves the lock locked. So does a guard that is forgotten.
///
/// # Python
///
/// `multiprocessing.Lock`, which stays locked if its holder dies. Among threads alone, use
/// `parking_lot::Mutex` or the standard library's, which have the data inside.
///
/// ```
/// use executor_process::{Lock, ProcessPoolExecutor};
/// use std::fs;
/// use std::path::PathBuf;
///
/// fn count((lock, path): (Lock, PathBuf)) {
///     let _guard = lock.lock().expect("nobody has died");
///     let count: u32 = fs::read_to_string(&path).unwrap().parse().unwrap();
///     fs::write(&path, (count + 1).to_string()).unwrap();
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     executor_process::init();
///     let directory = tempfile::tempdir()?;
///     let path = directory.path().join("count");
///     fs::write(&path, "0")?;
///     let lock = Lock::new()?;
///     let pool = ProcessPoolExecutor::new()?;
///     for done in pool.map(count, vec![(lock, path.clone()); 10])? {
///         done?;
///     }
///     assert_eq!(fs::read_to_string(&path)?, "10");
///     Ok(())
/// }
/// # use executor_core::Executor;
/// ```
#[derive(Clone, Serialize, Deserialize)]
pub struct Lock {
    #[serde(with = "super::travel")]
    segment: Arc<Segment<MarkedLock>>,
}

impl Lock {
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
    pub fn lock(&self) -> Result<LockGuard<'_>, Abandoned<Self>> {
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
    /// use executor_process::Lock;
    ///
    /// let lock = Lock::new()?;
    /// let guard = lock.try_lock()?.expect("it was free");
    /// assert!(lock.try_lock()?.is_none());
    /// drop(guard);
    /// assert!(lock.try_lock()?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_lock(&self) -> Result<Option<LockGuard<'_>>, Abandoned<Self>> {
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
    ) -> Result<Option<LockGuard<'_>>, Abandoned<Self>> {
        self.acquire_timeout(timeout).map(|taken| taken.then(|| self.guard()))
    }

    /// Waits for the lock and takes it, until somebody calls [`release`](Self::release).
    ///
    /// # Errors
    ///
    /// [`Abandoned`]: a process died while it had the lock. Without
    /// [`into_guard`](Abandoned::into_guard), and [`LockGuard::keep`] after that, the lock is not held.
    ///
    /// ```
    /// use executor_process::Lock;
    /// use std::thread;
    ///
    /// let lock = Lock::new()?;
    /// lock.acquire()?;
    /// thread::scope(|scope| {
    ///     scope.spawn(|| lock.release().expect("it is locked, whoever did it"));
    /// });
    /// assert!(lock.release().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn acquire(&self) -> Result<(), Abandoned<Self>> {
        let taken = self.segment.acquire(Waiting::forever);
        self.check(taken).map(|_always| ())
    }

    /// The same if it is possible at once; `false` if not.
    ///
    /// # Errors
    ///
    /// As of [`acquire`](Self::acquire).
    #[inline]
    pub fn try_acquire(&self) -> Result<bool, Abandoned<Self>> {
        let taken = self.segment.try_acquire();
        self.check(taken)
    }

    /// The same, for so long at most; `false` if the time has passed before.
    ///
    /// # Errors
    ///
    /// As of [`acquire`](Self::acquire).
    #[inline]
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<bool, Abandoned<Self>> {
        let taken = self.segment.acquire(|| Waiting::at_most(timeout));
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
    fn guard(&self) -> LockGuard<'_> {
        LockGuard { lock: Some(Cow::Borrowed(self)) }
    }

    /// Releases the lock, whoever took it. Never blocks.
    ///
    /// Not for a lock that a guard will release.
    ///
    /// # Errors
    ///
    /// [`NotHeld`]: nobody has it.
    pub fn release(&self) -> Result<(), NotHeld> {
        if self.segment.release_any() { Ok(()) } else { Err(NotHeld) }
    }

    /// Whether somebody has it. That may have changed by the time the caller looks at the answer.
    pub fn is_locked(&self) -> bool {
        self.segment.holder().is_some()
    }

    /// Whether a process has died with the lock, and nobody has accepted it since.
    pub fn is_abandoned(&self) -> bool {
        self.segment.is_marked()
    }

    /// Says that what the lock protects is in order, after a process died with the lock: from now on
    /// nobody is told. The caller has the lock.
    ///
    /// Needed after [`WaitError::Abandoned`](super::WaitError::Abandoned) only;
    /// [`Abandoned::into_guard`] does it otherwise.
    pub fn clear_abandoned(&self) {
        self.segment.unmark();
    }
}

impl Hold for Lock {
    fn is_held(&self) -> bool {
        self.segment.is_ours()
    }

    fn release_fully(&self) -> u64 {
        self.segment.release();
        1
    }

    fn reacquire(&self, _once: u64) -> bool {
        self.segment.acquire(Waiting::forever) == Some(Taken::Released)
    }

    fn take_from_dead(&self, _once: u64) -> bool {
        self.segment.take_from_dead()
    }
}

impl Lockable for Lock {
    type Guard<'a> = LockGuard<'a>;

    fn lock(&self) -> Result<LockGuard<'_>, Abandoned<Self>> {
        self.lock()
    }

    fn try_lock(&self) -> Result<Option<LockGuard<'_>>, Abandoned<Self>> {
        self.try_lock()
    }

    fn lock_timeout(&self, timeout: Duration) -> Result<Option<LockGuard<'_>>, Abandoned<Self>> {
        self.lock_timeout(timeout)
    }

    fn release(&self) -> Result<(), NotHeld> {
        self.release()
    }

    fn clear_abandoned(&self) {
        self.clear_abandoned();
    }

    fn into_guard<'a>(self) -> LockGuard<'a> {
        LockGuard { lock: Some(Cow::Owned(self)) }
    }
}

/// Whether it is locked, and by which process.
impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lock = f.debug_struct("Lock");
        lock.field("locked_by", &self.segment.holder());
        if self.is_abandoned() {
            lock.field("abandoned", &true);
        }
        lock.finish()
    }
}

/// Has a [`Lock`], and releases it when it is dropped.
#[must_use = "dropping this releases the lock"]
#[derive(Debug)]
pub struct LockGuard<'a> {
    /// `None` if it is not to be released.
    lock: Option<Cow<'a, Lock>>,
}

impl LockGuard<'_> {
    /// Gives up the guard and keeps the lock, until somebody calls [`Lock::release`].
    pub fn keep(mut self) {
        self.lock = None;
    }
}

impl Drop for LockGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(lock) = &self.lock {
            lock.segment.release();
        }
    }
}
