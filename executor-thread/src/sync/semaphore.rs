//! [`Semaphore`] and [`BoundedSemaphore`]: so many at once and no more.

use super::permits::{MAX_PERMITS, Permits};
use crate::patience::Patience;
use crate::primitives::const_unless_loom;
use executor_core::TooManyReleases;
use std::fmt;
use std::time::Duration;

/// A number of permits: who wants one waits while there is none.
///
/// In the form of a guard, [`permit`](Self::permit), which gives the permit back when dropped, or as
/// [`acquire`](Self::acquire) and [`release`](Self::release), which may be called by different threads.
/// Releasing without having acquired raises the number; where that would be a mistake, use a
/// [`BoundedSemaphore`]. Python's `threading.Semaphore`. It can be a `static`.
///
/// Uncontended, each call is one atomic operation. Who waits longest is woken first; a thread that comes
/// just then may be faster, but not for long: nobody waits for ever while others get permits.
///
/// ```
/// use executor_thread::sync::Semaphore;
/// use std::thread;
///
/// static ROOM: Semaphore = Semaphore::new(4);
///
/// thread::scope(|scope| {
///     for guest in 0..20 {
///         scope.spawn(move || {
///             let _permit = ROOM.permit();
///             println!("guest {guest} sings"); // four at a time at most
///         });
///     }
/// });
/// assert_eq!(ROOM.available_permits(), 4);
/// ```
pub struct Semaphore {
    permits: Permits,
}

/// A [`Semaphore`] that never has more permits than at the start: one release too many is an error.
///
/// With one permit it is a lock that may be released by another thread than the one that acquired it,
/// as Python's `threading.Lock` may. Python's `threading.BoundedSemaphore`. It can be a `static`.
///
/// ```
/// use executor_thread::sync::BoundedSemaphore;
///
/// let semaphore = BoundedSemaphore::new(2);
/// semaphore.acquire();
/// assert!(semaphore.release().is_ok());
/// assert!(semaphore.release().is_err());
/// assert_eq!(semaphore.available_permits(), 2);
/// ```
pub struct BoundedSemaphore {
    permits: Permits,
    bound: usize,
}

/// A permit of a semaphore, given back when dropped. From `permit` and its kin.
///
/// `std::mem::forget` keeps the permit taken, for a `release` elsewhere.
#[must_use = "the permit is given back when this is dropped"]
pub struct Permit<'a> {
    permits: &'a Permits,
    bound: usize,
}

impl Semaphore {
    /// The most permits there can be, half of `usize::MAX`.
    pub const MAX_PERMITS: usize = MAX_PERMITS;

    const_unless_loom! {
        /// A semaphore with so many permits, [`MAX_PERMITS`](Self::MAX_PERMITS) at most.
        ///
        /// With `0` everybody waits until somebody releases. Python's default is 1.
        pub const fn new(permits: usize) -> Self {
            Self { permits: Permits::new(permits) }
        }
    }

    /// Gives back a permit, or adds one, and wakes a thread that waits for one.
    #[inline]
    pub fn release(&self) {
        self.release_many(1);
    }

    /// Gives back or adds `count` permits, and wakes as many of the threads that wait.
    ///
    /// Ignored if there would be more than [`MAX_PERMITS`](Self::MAX_PERMITS). Python's `release(n)`.
    #[inline]
    pub fn release_many(&self, count: usize) {
        // So many permits are as good as without end.
        let _ = self.permits.release(count, self.bound());
    }

    fn bound(&self) -> usize {
        MAX_PERMITS
    }
}

impl BoundedSemaphore {
    const_unless_loom! {
        /// A semaphore with so many permits, [`Semaphore::MAX_PERMITS`] at most.
        ///
        /// With `0` there never is one.
        pub const fn new(permits: usize) -> Self {
            let bound = if permits < MAX_PERMITS { permits } else { MAX_PERMITS };
            Self { permits: Permits::new(bound), bound }
        }
    }

    /// Gives back a permit, and wakes a thread that waits for one.
    ///
    /// # Errors
    ///
    /// [`TooManyReleases`] if all permits are there already.
    #[inline]
    pub fn release(&self) -> Result<(), TooManyReleases> {
        self.release_many(1)
    }

    /// Gives back `count` permits, and wakes as many of the threads that wait. Python's `release(n)`.
    ///
    /// # Errors
    ///
    /// [`TooManyReleases`] if there would be more than at the start. None is given back then.
    #[inline]
    pub fn release_many(&self, count: usize) -> Result<(), TooManyReleases> {
        self.permits.release(count, self.bound)
    }

    fn bound(&self) -> usize {
        self.bound
    }
}

/// What the two have in common.
macro_rules! semaphore_methods {
    ($semaphore:ident) => {
        impl $semaphore {
            /// Takes a permit, waiting for one. Somebody is to [`release`](Self::release) it.
            #[inline]
            pub fn acquire(&self) {
                self.permits.acquire(Patience::Endless);
            }

            /// Takes a permit if there is one now. `false` if there is none.
            /// Python's `acquire(blocking=False)`.
            #[inline]
            #[must_use = "there may have been no permit"]
            pub fn try_acquire(&self) -> bool {
                self.permits.acquire(Patience::None)
            }

            /// Takes a permit, waiting for one for so long at most. `false` if none came.
            ///
            /// A timeout beyond the end of the clock, such as `Duration::MAX`, is for ever. Python's
            /// `acquire(timeout=..)`.
            #[must_use = "there may have come no permit"]
            pub fn acquire_timeout(&self, timeout: Duration) -> bool {
                self.try_acquire() || self.permits.acquire(Patience::lasting(timeout))
            }

            /// Takes a permit, waiting for one, and gives it back when the guard is dropped, be it by a
            /// panic. Python's `with semaphore:`.
            #[inline]
            pub fn permit(&self) -> Permit<'_> {
                self.acquire();
                self.guard()
            }

            /// [`permit`](Self::permit), if there is one now.
            #[inline]
            pub fn try_permit(&self) -> Option<Permit<'_>> {
                self.try_acquire().then(|| self.guard())
            }

            /// [`permit`](Self::permit), waiting for so long at most.
            pub fn permit_timeout(&self, timeout: Duration) -> Option<Permit<'_>> {
                self.acquire_timeout(timeout).then(|| self.guard())
            }

            /// How many permits there are now: a hint, since other threads acquire and release. Does
            /// not block.
            pub fn available_permits(&self) -> usize {
                self.permits.free()
            }

            fn guard(&self) -> Permit<'_> {
                Permit { permits: &self.permits, bound: self.bound() }
            }
        }
    };
}

semaphore_methods!(Semaphore);
semaphore_methods!(BoundedSemaphore);

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        // An error would mean that somebody has released this permit before. They were not told, since
        // it was held; now nothing is to be done.
        let _ = self.permits.release(1, self.bound);
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

/// How many permits there are.
impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").field("available_permits", &self.available_permits()).finish()
    }
}

/// How many permits there are, of how many.
impl fmt::Debug for BoundedSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedSemaphore")
            .field("available_permits", &self.available_permits())
            .field("bound", &self.bound)
            .finish()
    }
}
