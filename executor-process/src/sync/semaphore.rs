//! [`Semaphore`]: so many at once and no more, among threads and processes.

use super::permits::{MAX_PERMITS, Permits, SEATS, SeatNumber};
use crate::shared::life::Stamp;
use crate::shared::segment::{Layout, Segment};
use crate::shared::waiting::Waiting;
use executor_core::TooManyReleases;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

// SAFETY: made of atomics.
unsafe impl Layout for Permits {
    const KIND: [u8; 8] = *b"permits\0";
}

/// The permits as this process sees them.
#[derive(Serialize, Deserialize)]
pub(super) struct Shared {
    permits: Segment<Permits>,
    /// Our seat in the table of those who hold permits, taken with the first guard. `None` if it is full.
    #[serde(skip)]
    seat: OnceLock<(Stamp, Option<SeatNumber>)>,
}

impl Shared {
    pub(super) fn create(free: usize, bound: usize) -> io::Result<Arc<Self>> {
        if free > MAX_PERMITS {
            let text = format!("a semaphore has {MAX_PERMITS} permits at most");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let permits: Segment<Permits> = Segment::create()?;
        permits.fill(free, bound);
        Ok(Arc::new(Self { permits, seat: OnceLock::new() }))
    }

    pub(super) fn permits(&self) -> &Permits {
        &self.permits
    }

    #[inline]
    pub(super) fn seat(&self) -> Option<SeatNumber> {
        let own = Stamp::own();
        let (whose, seat) = *self.seat.get_or_init(|| (own, self.permits.sit_down()));
        // In a forked process it is the seat of the one that it comes from.
        if whose == own { seat } else { self.permits.sit_down() }
    }

    pub(super) fn permit(&self, seat: Option<SeatNumber>) -> Permit<'_> {
        Permit { permits: &self.permits, seat }
    }
}

/// What semaphores of both kinds can do.
macro_rules! semaphore_methods {
    ($semaphore:ident) => {
        impl $semaphore {
            /// Takes a permit, waiting for one. Somebody is to [`release`](Self::release) it.
            #[inline]
            pub fn acquire(&self) {
                self.shared.permits().take(None, Waiting::forever);
            }

            /// Takes a permit if there is one now; `false` if there is none.
            ///
            /// If there is none, a look for processes that have died with one costs some system calls.
            #[inline]
            #[must_use = "there may have been no permit"]
            pub fn try_acquire(&self) -> bool {
                self.shared.permits().try_take(None)
            }

            /// Takes a permit, waiting for one for so long at most; `false` if none came.
            ///
            /// A timeout beyond the end of the clock, such as `Duration::MAX`, is for ever.
            #[inline]
            #[must_use = "there may have come no permit"]
            pub fn acquire_timeout(&self, timeout: Duration) -> bool {
                self.shared.permits().take(None, || Waiting::at_most(timeout))
            }

            /// Takes a permit, waiting for one. It is given back when the guard is dropped, also by a
            /// panic, or when this process dies.
            #[inline]
            pub fn permit(&self) -> Permit<'_> {
                let seat = self.shared.seat();
                self.shared.permits().take(seat, Waiting::forever);
                self.shared.permit(seat)
            }

            /// The same if there is a permit now; `None` if there is none.
            ///
            /// If there is none, a look for processes that have died with one costs some system calls.
            #[inline]
            pub fn try_permit(&self) -> Option<Permit<'_>> {
                let seat = self.shared.seat();
                let taken = self.shared.permits().try_take(seat);
                taken.then(|| self.shared.permit(seat))
            }

            /// The same, waiting for so long at most; `None` if none came.
            ///
            /// A timeout beyond the end of the clock, such as `Duration::MAX`, is for ever.
            #[inline]
            pub fn permit_timeout(&self, timeout: Duration) -> Option<Permit<'_>> {
                let seat = self.shared.seat();
                let taken = self.shared.permits().take(seat, || Waiting::at_most(timeout));
                taken.then(|| self.shared.permit(seat))
            }

            /// How many permits there are now. That may have changed by the time the caller looks at the
            /// answer.
            pub fn available_permits(&self) -> usize {
                self.shared.permits().free()
            }
        }
    };
}

pub(super) use semaphore_methods;

/// A number of permits that threads and processes share: whoever wants one waits while there is none.
///
/// Clones, and what other processes get when a handle is part of an argument, a result or an item of a
/// queue, are the same semaphore. There are two uses of it, and a way for each:
///
/// - **So many at a time**: [`permit`](Self::permit) and its kin return a guard. The permit is back when
///   the guard is dropped, and also when the process dies, killed or not: within a tenth of a second for
///   whoever waits, at once for whoever then asks. That holds for 254 living processes per semaphore;
///   what further ones take is as if it were taken by `acquire`.
/// - **A signal that is counted**: one side calls [`release`](Self::release), the other
///   [`acquire`](Self::acquire), and nothing says that whoever acquires will ever release. So these permits
///   are nobody's, and no death changes their number.
///
/// Without contention, `acquire` and `release` are one atomic instruction, the guard two. Where a release
/// too many would be a mistake, use a [`BoundedSemaphore`](super::BoundedSemaphore).
///
/// # Python
///
/// `multiprocessing.Semaphore`, whose permits are lost with the process that took them. Among threads alone,
/// use the `Semaphore` of the thread pool's crate.
///
/// ```
/// use executor_process::Semaphore;
/// use std::thread;
///
/// let room = Semaphore::new(4)?;
/// thread::scope(|scope| {
///     for guest in 0..20 {
///         let room = room.clone(); // or send it to another process
///         scope.spawn(move || {
///             let _permit = room.permit();
///             println!("guest {guest} sings"); // four at a time at most
///         });
///     }
/// });
/// assert_eq!(room.available_permits(), 4);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
pub struct Semaphore {
    #[serde(with = "super::travel")]
    shared: Arc<Shared>,
}

impl Semaphore {
    /// The most permits there can be.
    pub const MAX_PERMITS: usize = MAX_PERMITS;

    /// How many processes can hold permits, by guards, that come back when they die.
    pub const MAX_PROCESSES: usize = SEATS;

    /// A semaphore with so many permits. With `0` everybody waits until somebody releases. Python's default
    /// is 1.
    ///
    /// # Errors
    ///
    /// There is no memory, or no descriptor, to be had; more than [`MAX_PERMITS`](Self::MAX_PERMITS)
    /// (`InvalidInput`).
    pub fn new(permits: usize) -> io::Result<Self> {
        Ok(Self { shared: Shared::create(permits, MAX_PERMITS)? })
    }

    /// Gives back a permit, or adds one, and wakes somebody who waits for one. Never blocks.
    #[inline]
    pub fn release(&self) {
        self.release_many(1);
    }

    /// Gives back or adds `count` permits, and wakes as many who wait. Python's `release(n)`.
    ///
    /// Does nothing if there would be more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    ///
    /// ```
    /// use executor_process::Semaphore;
    ///
    /// let signal = Semaphore::new(0)?;
    /// signal.release_many(2);
    /// signal.acquire();
    /// assert!(signal.try_acquire());
    /// assert!(!signal.try_acquire());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[inline]
    pub fn release_many(&self, count: usize) {
        // So many permits are as good as without end.
        let _refused: Result<(), TooManyReleases> = self.shared.permits().give(count);
    }
}

semaphore_methods!(Semaphore);

/// How many permits there are, and how many are held by guards.
impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("available_permits", &self.available_permits())
            .field("held", &self.shared.permits().held())
            .finish()
    }
}

/// A permit of a semaphore, given back when dropped, or when this process dies. From `permit` and its kin.
#[must_use = "the permit is given back when this is dropped"]
pub struct Permit<'a> {
    permits: &'a Permits,
    seat: Option<SeatNumber>,
}

impl Permit<'_> {
    /// Gives up the guard and keeps the permit, which is nobody's from now on: somebody is to call
    /// `release`.
    pub fn keep(self) {
        if let Some(seat) = self.seat {
            self.permits.hand_over(seat);
        }
        std::mem::forget(self);
    }
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        match self.seat {
            Some(seat) => self.permits.give_back(seat),
            // It is free already if somebody has released it, without being asked.
            None => _ = self.permits.give(1),
        }
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}
