//! Semaphores and events: the methods of `Proxy<Semaphore>`, `Proxy<BoundedSemaphore>` and
//! `Proxy<Event>`.

use crate::manager::{ManagerError, Proxy};
use crate::sync::{BoundedSemaphore, Event, Permit, Semaphore};
use executor_core::TooManyReleases;
use std::time::Duration;

macro_rules! semaphores {
    ($semaphore:ident) => {
        #[doc = concat!("A [`", stringify!($semaphore), "`] that a manager holds.")]
        ///
        /// Every method fails when the manager has ended, also while it waits. The first one that a process
        /// calls asks the manager for the handle.
        impl Proxy<$semaphore> {
            /// Waits for a permit. The guard gives it back.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn permit(&self) -> Result<Permit<'_>, ManagerError> {
                self.until(|semaphore, slice| semaphore.permit_timeout(slice))
            }

            /// The same if it is possible at once; `None` if not.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn try_permit(&self) -> Result<Option<Permit<'_>>, ManagerError> {
                Ok(self.handle()?.try_permit())
            }

            /// The same, for so long at most; `None` if the time has passed before.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn permit_timeout(
                &self,
                timeout: Duration,
            ) -> Result<Option<Permit<'_>>, ManagerError> {
                self.in_slices(Some(timeout), |semaphore, slice| semaphore.permit_timeout(slice))
            }

            /// Waits for a permit, which nobody gives back by himself.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn acquire(&self) -> Result<(), ManagerError> {
                self.until(|semaphore, slice| semaphore.acquire_timeout(slice).then_some(()))
            }

            /// The same if it is possible at once; `false` if not.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn try_acquire(&self) -> Result<bool, ManagerError> {
                Ok(self.handle()?.try_acquire())
            }

            /// The same, for so long at most; `false` if the time has passed before.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn acquire_timeout(&self, timeout: Duration) -> Result<bool, ManagerError> {
                let acquired = self.in_slices(Some(timeout), |semaphore, slice| {
                    semaphore.acquire_timeout(slice).then_some(())
                })?;
                Ok(acquired.is_some())
            }

            /// How many permits there are at the moment.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn available_permits(&self) -> Result<usize, ManagerError> {
                Ok(self.handle()?.available_permits())
            }
        }
    };
}

semaphores!(Semaphore);
semaphores!(BoundedSemaphore);

impl Proxy<Semaphore> {
    /// Adds a permit, or gives one back.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn release(&self) -> Result<(), ManagerError> {
        self.handle()?.release();
        Ok(())
    }
}

impl Proxy<BoundedSemaphore> {
    /// Gives a permit back.
    ///
    /// # Errors
    ///
    /// The outer one if the manager has ended, the inner one if all permits are there.
    pub fn release(&self) -> Result<Result<(), TooManyReleases>, ManagerError> {
        Ok(self.handle()?.release())
    }
}

/// An [`Event`] that a manager holds, made by [`Manager::event`](crate::Manager::event).
///
/// Every method fails when the manager has ended, also while it waits. The first one that a process calls
/// asks the manager for the handle.
///
/// ```
/// use executor_process::Manager;
/// use std::time::Duration;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let manager = Manager::new()?;
/// let green = manager.event()?;
/// assert!(!green.wait_timeout(Duration::from_millis(1))?);
/// green.set()?;
/// green.wait()?;
/// # Ok(())
/// # }
/// ```
impl Proxy<Event> {
    /// Whether it is set.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn is_set(&self) -> Result<bool, ManagerError> {
        Ok(self.handle()?.is_set())
    }

    /// Sets it, and wakes everybody.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn set(&self) -> Result<(), ManagerError> {
        self.handle()?.set();
        Ok(())
    }

    /// Clears it.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn clear(&self) -> Result<(), ManagerError> {
        self.handle()?.clear();
        Ok(())
    }

    /// Waits until it is set.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn wait(&self) -> Result<(), ManagerError> {
        self.until(|event, slice| event.wait_timeout(slice).then_some(()))
    }

    /// The same, for so long at most; `false` if the time has passed before.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn wait_timeout(&self, timeout: Duration) -> Result<bool, ManagerError> {
        let set =
            self.in_slices(Some(timeout), |event, slice| event.wait_timeout(slice).then_some(()))?;
        Ok(set.is_some())
    }
}
