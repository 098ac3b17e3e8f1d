//! [`SharedValue`].

use super::abandoned::AbandonedMemory;
use super::array::{SharedArray, SharedArrayGuard};
use super::handles::value;
use bytemuck::Pod;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// One value of plain data that several processes share, with a lock of its own.
///
/// [`update`](Self::update) changes it in one step, and [`lock`](Self::lock) does for longer.
/// [`get`](Self::get) followed by [`set`](Self::set) is not one step: what somebody else sets in between is
/// lost. A number that is only counted is faster as a [`RawValue`](crate::RawValue), which has
/// `fetch_add` and the like.
///
/// ```
/// use executor_process::SharedValue;
///
/// let total = SharedValue::new(1.5)?;
/// let other = total.clone(); // as another process has it
/// other.update(|total| *total *= 2.0).unwrap();
/// assert_eq!(total.get(), 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What the value can be, when its memory is given back, and what happens if a holder of the lock dies:
/// as for [`SharedArray`], of which this is the first and only item. The lock is not reentrant.
///
/// Python's `multiprocessing.Value(typecode, value)`.
pub struct SharedValue<T: Pod>(SharedArray<T>);

value!(SharedValue, SharedArray);

impl<T: Pod> SharedValue<T> {
    /// A copy of the value. Waits for the lock.
    #[inline]
    pub fn get(&self) -> T {
        self.0.guard()[0]
    }

    /// Writes the value. Waits for the lock.
    #[inline]
    pub fn set(&self, value: T) {
        self.0.guard()[0] = value;
    }

    /// Writes the value, and returns what it was. Waits for the lock.
    pub fn replace(&self, value: T) -> T {
        std::mem::replace(&mut self.0.guard()[0], value)
    }

    /// Changes the value in one step, and returns what the function does. Waits for the lock.
    ///
    /// The function must not use the same value in another way: it would wait for itself. If it panics,
    /// the lock is released, and the value is as the function left it.
    ///
    /// # Errors
    ///
    /// A process died while it had the lock. The function was not called.
    #[inline]
    pub fn update<R>(&self, f: impl FnOnce(&mut T) -> R) -> Result<R, Abandoned<T>> {
        self.lock().map(|mut value| f(&mut value))
    }

    /// Waits for the lock and returns the value, to be read and written in place until the guard is dropped.
    ///
    /// # Errors
    ///
    /// A process died while it had the lock, maybe in the middle of a change.
    #[inline]
    pub fn lock(&self) -> Result<SharedValueGuard<'_, T>, Abandoned<T>> {
        let guard = self.0.lock().map(SharedValueGuard);
        guard.map_err(|abandoned| abandoned.map(SharedValueGuard))
    }

    /// The same if nobody has the lock; `None` if somebody has.
    ///
    /// # Errors
    ///
    /// A process died while it had the lock.
    pub fn try_lock(&self) -> Result<Option<SharedValueGuard<'_, T>>, Abandoned<T>> {
        let guard = self.0.try_lock().map(|taken| taken.map(SharedValueGuard));
        guard.map_err(|abandoned| abandoned.map(SharedValueGuard))
    }

    /// The same, waiting at most so long; `None` if the time is over.
    ///
    /// # Errors
    ///
    /// A process died while it had the lock.
    pub fn lock_timeout(
        &self,
        limit: Duration,
    ) -> Result<Option<SharedValueGuard<'_, T>>, Abandoned<T>> {
        let guard = self.0.lock_timeout(limit).map(|taken| taken.map(SharedValueGuard));
        guard.map_err(|abandoned| abandoned.map(SharedValueGuard))
    }
}

/// What a lock of a value says if somebody died with it.
type Abandoned<T> = AbandonedMemory<SharedValueGuard<'static, T>>;

/// The value of a [`SharedValue`], locked. Dropping it releases the lock.
#[must_use = "the lock is released when this is dropped"]
pub struct SharedValueGuard<'a, T: Pod>(SharedArrayGuard<'a, T>);

impl<T: Pod> Deref for SharedValueGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0[0]
    }
}

impl<T: Pod> DerefMut for SharedValueGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0[0]
    }
}

impl<T: Pod + fmt::Debug> fmt::Debug for SharedValueGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Does not wait for the lock, and so does not show the value.
impl<T: Pod> fmt::Debug for SharedValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedValue").finish_non_exhaustive()
    }
}
