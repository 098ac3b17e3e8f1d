//! [`BoundedSemaphore`]: a semaphore that notices a release too many.

use super::Permit;
use super::semaphore::{Shared, semaphore_methods};
use crate::shared::waiting::Waiting;
use executor_core::TooManyReleases;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// A [`Semaphore`](super::Semaphore) that never has more permits than at the start: one release too many is
/// an error.
///
/// On every platform, unlike Python's `multiprocessing.BoundedSemaphore`, which does not notice on macOS.
/// Who dies, and what comes back then: as for [`Semaphore`](super::Semaphore).
///
/// ```
/// use executor_process::BoundedSemaphore;
///
/// let semaphore = BoundedSemaphore::new(2)?;
/// semaphore.acquire();
/// assert!(semaphore.release().is_ok());
/// assert!(semaphore.release().is_err());
/// assert_eq!(semaphore.available_permits(), 2);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
pub struct BoundedSemaphore {
    #[serde(with = "super::travel")]
    shared: Arc<Shared>,
}

impl BoundedSemaphore {
    /// A semaphore with so many permits, and never more. With `0` there never is one.
    ///
    /// # Errors
    ///
    /// There is no memory, or no descriptor, to be had; more than
    /// [`Semaphore::MAX_PERMITS`](super::Semaphore::MAX_PERMITS) (`InvalidInput`).
    pub fn new(permits: usize) -> io::Result<Self> {
        Ok(Self { shared: Shared::create(permits, permits)? })
    }

    /// Gives back a permit, and wakes somebody who waits for one. Never blocks.
    ///
    /// # Errors
    ///
    /// [`TooManyReleases`] if all permits are there already.
    #[inline]
    pub fn release(&self) -> Result<(), TooManyReleases> {
        self.release_many(1)
    }

    /// Gives back `count` permits, and wakes as many who wait. Python's `release(n)`.
    ///
    /// # Errors
    ///
    /// [`TooManyReleases`] if there would be more than at the start. None is given back then.
    #[inline]
    pub fn release_many(&self, count: usize) -> Result<(), TooManyReleases> {
        self.shared.permits().give(count)
    }
}

semaphore_methods!(BoundedSemaphore);

/// How many permits there are, of how many, and how many are held by guards.
impl fmt::Debug for BoundedSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedSemaphore")
            .field("available_permits", &self.available_permits())
            .field("bound", &self.shared.permits().bound())
            .field("held", &self.shared.permits().held())
            .finish()
    }
}
