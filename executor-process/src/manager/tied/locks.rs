//! Locks: the methods of `Proxy<Lock>` and `Proxy<RLock>`.

use crate::manager::{ManagerError, Proxy};
use crate::sync::{Abandoned, Lock, LockGuard, Lockable, NotHeld, RLock, RLockGuard};
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Why a lock that a manager holds was not taken.
#[derive(Debug)]
#[non_exhaustive]
pub enum ManagedLockError<L: Lockable> {
    /// It was: but a process died while it had it.
    Abandoned(Abandoned<L>),
    /// The manager has ended.
    Manager(ManagerError),
}

impl<L: Lockable> From<ManagerError> for ManagedLockError<L> {
    fn from(error: ManagerError) -> Self {
        Self::Manager(error)
    }
}

impl<L: Lockable> fmt::Display for ManagedLockError<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Abandoned(abandoned) => abandoned.fmt(f),
            Self::Manager(error) => error.fmt(f),
        }
    }
}

impl<L: Lockable + fmt::Debug> Error for ManagedLockError<L> {}

macro_rules! locks {
    ($lock:ident, $guard:ident, $make:ident, $example:literal) => {
        #[doc = concat!("A [`", stringify!($lock), "`] that a manager holds, made by [`Manager::", stringify!($make), "`](crate::Manager::", stringify!($make), ").")]
        ///
        /// ```
        /// use executor_process::Manager;
        ///
        /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let manager = Manager::new()?;
        #[doc = $example]
        /// let guard = lock.lock()?;
        /// // alone
        /// drop(guard);
        /// # Ok(())
        /// # }
        /// ```
        impl Proxy<$lock> {
            /// Waits for the lock and takes it. The guard releases it.
            ///
            /// # Errors
            ///
            /// A process died while it had the lock; or the manager has ended, also while this waits.
            pub fn lock(&self) -> Result<$guard<'_>, ManagedLockError<$lock>> {
                self.until(|lock, slice| lock.lock_timeout(slice).transpose())?
                    .map_err(ManagedLockError::Abandoned)
            }

            /// The same if it is possible at once.
            ///
            /// # Errors
            ///
            /// As of [`lock`](Self::lock).
            pub fn try_lock(&self) -> Result<Option<$guard<'_>>, ManagedLockError<$lock>> {
                self.handle()?.try_lock().map_err(ManagedLockError::Abandoned)
            }

            /// The same, for so long at most; `None` if the time has passed before.
            ///
            /// # Errors
            ///
            /// As of [`lock`](Self::lock).
            pub fn lock_timeout(
                &self,
                timeout: Duration,
            ) -> Result<Option<$guard<'_>>, ManagedLockError<$lock>> {
                self.in_slices(Some(timeout), |lock, slice| lock.lock_timeout(slice).transpose())?
                    .transpose()
                    .map_err(ManagedLockError::Abandoned)
            }

            /// Waits for the lock and takes it, until somebody calls [`release`](Self::release).
            ///
            /// # Errors
            ///
            /// As of [`lock`](Self::lock).
            pub fn acquire(&self) -> Result<(), ManagedLockError<$lock>> {
                self.lock().map($guard::keep)
            }

            /// Releases the lock.
            ///
            /// # Errors
            ///
            /// The outer one if the manager has ended, the inner one if the lock is not held.
            pub fn release(&self) -> Result<Result<(), NotHeld>, ManagerError> {
                Ok(self.handle()?.release())
            }
        }
    };
}

locks!(Lock, LockGuard, lock, "let lock = manager.lock()?;");
locks!(RLock, RLockGuard, rlock, "let lock = manager.rlock()?;");
