//! [`Condition`]: waiting until something under a lock has changed, among threads and processes.

use super::waiters::{PLACES, Slept, Waiters};
use super::{Abandoned, Lockable, NotHeld, RLock, WaitError};
use crate::shared::segment::{Layout, Segment};
use crate::shared::waiting::Waiting;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

// SAFETY: made of atomics.
unsafe impl Layout for Waiters {
    const KIND: [u8; 8] = *b"waiters\0";
}

/// Waiting until something has changed that a lock protects: threads and processes wait, others notify.
///
/// It has a lock: an [`RLock`] of its own, or one that is [given](Self::with_lock), perhaps to several
/// conditions. Whoever waits or notifies has that lock; [`wait`](Self::wait) lets go of it meanwhile, however
/// often it was taken, and takes it again. Clones, and what other processes get when a handle is part of an
/// argument, a result or an item of a queue, are the same condition.
///
/// A notification is for those who wait at that moment, and is not kept: so who waits for something looks
/// first whether it is there, under the lock, as [`wait_for`](Self::wait_for) does. Nobody wakes up for no
/// reason.
///
/// # Death
///
/// A process that dies while it waits is skipped. One that dies with a notification, before it has the lock
/// again, leaves it to another who waits. One that dies with the lock ends the wait of one who waits, with
/// [`WaitError::Abandoned`], since nobody else may be left to notify.
///
/// # Python
///
/// `multiprocessing.Condition`, whose waiters may be short of a notification for ever if one of them dies.
/// Among threads alone, use `parking_lot::Condvar` or the standard library's.
///
/// ```
/// use executor_process::{Condition, Event};
/// use std::thread;
///
/// let condition = Condition::new()?;
/// let door = Event::new()?; // whatever the processes share
/// thread::scope(|scope| {
///     let waiter = scope.spawn(|| {
///         let _guard = condition.lock().expect("nobody has died");
///         condition.wait_for(|| door.is_set())
///     });
///     let guard = condition.lock().expect("nobody has died");
///     door.set();
///     condition.notify_all()?;
///     drop(guard);
///     waiter.join().expect("no panic")?;
///     Ok::<(), Box<dyn std::error::Error>>(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
pub struct Condition<L: Lockable = RLock> {
    lock: L,
    #[serde(with = "super::travel")]
    waiters: Arc<Segment<Waiters>>,
}

impl Condition {
    /// A condition with a lock of its own.
    ///
    /// # Errors
    ///
    /// There is no memory, or no descriptor, to be had.
    pub fn new() -> io::Result<Self> {
        Self::with_lock(RLock::new()?)
    }
}

impl<L: Lockable> Condition<L> {
    /// How many can wait at the same time.
    pub const MAX_WAITERS: usize = PLACES;

    /// A condition with this lock, a [`Lock`](super::Lock) or an [`RLock`].
    ///
    /// Of a [`Lock`](super::Lock) it is only known which process took it, so no error is noticed if
    /// another thread of that process waits or notifies.
    ///
    /// # Errors
    ///
    /// There is no memory, or no descriptor, to be had.
    ///
    /// ```
    /// use executor_process::{Condition, Lock};
    ///
    /// let lock = Lock::new()?;
    /// let not_empty = Condition::with_lock(lock.clone())?;
    /// let not_full = Condition::with_lock(lock.clone())?;
    /// let guard = lock.lock()?;
    /// assert_eq!(not_empty.notify_one()?, 0);
    /// assert_eq!(not_full.notify_one()?, 0);
    /// drop(guard);
    /// not_full.notify_one().expect_err("it takes the lock");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_lock(lock: L) -> io::Result<Self> {
        Ok(Self { lock, waiters: Arc::new(Segment::create()?) })
    }

    /// Its lock, for the forms without a guard.
    pub fn as_lock(&self) -> &L {
        &self.lock
    }

    /// Waits for the lock and takes it.
    ///
    /// # Errors
    ///
    /// [`Abandoned`]: a process died while it had the lock.
    pub fn lock(&self) -> Result<L::Guard<'_>, Abandoned<L>> {
        self.lock.lock()
    }

    /// Takes the lock if that is possible at once; `None` if not.
    ///
    /// # Errors
    ///
    /// [`Abandoned`]: a process died while it had the lock.
    pub fn try_lock(&self) -> Result<Option<L::Guard<'_>>, Abandoned<L>> {
        self.lock.try_lock()
    }

    /// Waits for the lock, for so long at most, and takes it; `None` if the time has passed before.
    ///
    /// # Errors
    ///
    /// [`Abandoned`]: a process died while it had the lock.
    pub fn lock_timeout(&self, timeout: Duration) -> Result<Option<L::Guard<'_>>, Abandoned<L>> {
        self.lock.lock_timeout(timeout)
    }

    /// Waits for a notification. Lets go of the lock meanwhile.
    ///
    /// # Errors
    ///
    /// See [`WaitError`].
    pub fn wait(&self) -> Result<(), WaitError> {
        self.wait_limited(&mut Waiting::forever()).map(|_always| ())
    }

    /// The same for so long at most: `false` if no notification came in that time.
    ///
    /// It may return later than that, since it waits for the lock as long as that takes. A timeout beyond
    /// the end of the clock, such as `Duration::MAX`, is for ever.
    ///
    /// # Errors
    ///
    /// See [`WaitError`].
    ///
    /// ```
    /// use executor_process::{Condition, WaitError};
    /// use std::time::Duration;
    ///
    /// let condition = Condition::new()?;
    /// assert_eq!(condition.wait_timeout(Duration::ZERO), Err(WaitError::NotHeld));
    /// let _guard = condition.lock()?;
    /// assert_eq!(condition.wait_timeout(Duration::from_millis(10)), Ok(false));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait_timeout(&self, timeout: Duration) -> Result<bool, WaitError> {
        self.wait_limited(&mut Waiting::at_most(timeout))
    }

    fn wait_limited(&self, waiting: &mut Waiting) -> Result<bool, WaitError> {
        if !self.lock.is_held() {
            return Err(WaitError::NotHeld);
        }
        let mut place = self.waiters.enter().ok_or(WaitError::TooManyWaiters)?;
        let depth = self.lock.release_fully();
        let slept = self.waiters.sleep(&mut place, waiting, || self.lock.take_from_dead(depth));
        if slept == Slept::Inherited {
            return Err(WaitError::Abandoned);
        }
        let is_well = self.lock.reacquire(depth);
        self.waiters.leave(place);
        if is_well { Ok(slept == Slept::Notified) } else { Err(WaitError::Abandoned) }
    }

    /// Waits until `predicate` holds: looks at once, and after each notification, under the lock.
    ///
    /// # Errors
    ///
    /// See [`WaitError`]. After [`WaitError::Abandoned`] it has not looked again.
    pub fn wait_for(&self, predicate: impl FnMut() -> bool) -> Result<(), WaitError> {
        self.wait_for_until(None, predicate).map(|_always| ())
    }

    /// The same for so long at most, all in all: the last answer of `predicate`.
    ///
    /// # Errors
    ///
    /// See [`WaitError`]. After [`WaitError::Abandoned`] it has not looked again.
    pub fn wait_for_timeout(
        &self,
        predicate: impl FnMut() -> bool,
        timeout: Duration,
    ) -> Result<bool, WaitError> {
        self.wait_for_until(Instant::now().checked_add(timeout), predicate)
    }

    /// Waits while `predicate` holds: the opposite of [`wait_for`](Self::wait_for), as in the standard
    /// library.
    ///
    /// # Errors
    ///
    /// See [`WaitError`]. After [`WaitError::Abandoned`] it has not looked again.
    pub fn wait_while(&self, mut predicate: impl FnMut() -> bool) -> Result<(), WaitError> {
        self.wait_for(|| !predicate())
    }

    /// The same for so long at most, all in all: whether the end of what `predicate` says was seen.
    ///
    /// # Errors
    ///
    /// See [`WaitError`]. After [`WaitError::Abandoned`] it has not looked again.
    pub fn wait_while_timeout(
        &self,
        mut predicate: impl FnMut() -> bool,
        timeout: Duration,
    ) -> Result<bool, WaitError> {
        self.wait_for_timeout(|| !predicate(), timeout)
    }

    fn wait_for_until(
        &self,
        deadline: Option<Instant>,
        mut predicate: impl FnMut() -> bool,
    ) -> Result<bool, WaitError> {
        if !self.lock.is_held() {
            return Err(WaitError::NotHeld);
        }
        while !predicate() {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if !self.wait_limited(&mut Waiting::limited(left))? {
                return Ok(predicate());
            }
        }
        Ok(true)
    }

    /// Lets one who waits go on, the one who has waited longest. Says how many that were: one or none.
    ///
    /// It goes on when it has the lock. Never blocks.
    ///
    /// # Errors
    ///
    /// [`NotHeld`]: the caller does not have the lock.
    pub fn notify_one(&self) -> Result<usize, NotHeld> {
        self.notify(1)
    }

    /// Lets `count` who wait go on, those who have waited longest, or all if there are fewer. Says how many
    /// that were.
    ///
    /// # Errors
    ///
    /// [`NotHeld`]: the caller does not have the lock.
    pub fn notify(&self, count: usize) -> Result<usize, NotHeld> {
        if self.lock.is_held() { Ok(self.waiters.notify(count)) } else { Err(NotHeld) }
    }

    /// Lets everybody who waits go on. Says how many that were.
    ///
    /// # Errors
    ///
    /// [`NotHeld`]: the caller does not have the lock.
    pub fn notify_all(&self) -> Result<usize, NotHeld> {
        self.notify(usize::MAX)
    }
}

/// Its lock, and how many wait.
impl<L: Lockable> fmt::Debug for Condition<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition")
            .field("lock", &self.lock)
            .field("waiters", &self.waiters.count())
            .finish()
    }
}
