//! [`Lock`]: mutual exclusion among threads and processes.

use super::lock_methods::lock_methods;
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

lock_methods! {
    Lock, LockGuard, released by "somebody",
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
    try_lock,
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
    acquire,
}

impl Lock {
    #[inline]
    fn take(&self, waiting: impl FnOnce() -> Waiting) -> Option<Taken> {
        self.segment.acquire(waiting)
    }

    #[inline]
    fn try_take(&self) -> Option<Taken> {
        self.segment.try_acquire()
    }

    #[inline]
    fn let_go(&self) {
        self.segment.release();
    }

    fn marked(&self) -> &MarkedLock {
        &self.segment
    }

    /// Releases the lock, whoever took it. Never blocks.
    ///
    /// Not for a lock that a guard will release. Whoever releases it for a process that has died with it
    /// answers for what the lock protects: nobody is told.
    ///
    /// # Errors
    ///
    /// [`NotHeld`]: nobody has it.
    pub fn release(&self) -> Result<(), NotHeld> {
        if self.segment.release_any() { Ok(()) } else { Err(NotHeld) }
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

/// Has a [`Lock`], and releases it when it is dropped.
#[must_use = "dropping this releases the lock"]
#[derive(Debug)]
pub struct LockGuard<'a> {
    /// `None` if it is not to be released.
    lock: Option<Cow<'a, Lock>>,
}

impl<'a> LockGuard<'a> {
    #[inline]
    fn new(lock: Cow<'a, Lock>) -> Self {
        Self { lock: Some(lock) }
    }
}
