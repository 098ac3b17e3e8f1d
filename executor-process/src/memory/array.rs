//! [`SharedArray`].

use super::abandoned::AbandonedMemory;
use super::block::Kind;
use super::error::OutOfRange;
use super::handles::array;
use super::items::Items;
use crate::shared::lock::Taken;
use crate::shared::waiting::Waiting;
use bytemuck::Pod;
use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::slice;
use std::time::Duration;

/// An array of plain data that several processes share, with a lock of its own.
///
/// For data that processes work on together: each gets a handle, as an argument, and sees what the others
/// write. [`lock`](Self::lock) gives a slice, to read and to write in place. [`get`](Self::get),
/// [`set`](Self::set) and the copies lock for a moment; several of them are one step only if the
/// guard is held meanwhile. Where parts are written by one process each and read afterwards, so that no
/// lock is needed, [`RawArray`](crate::RawArray) is faster.
///
/// The items are [`Pod`]: integers, floating-point numbers, arrays of those, and structures
/// for which the crate `bytemuck` derives it. Handles are cheap to clone. The memory is given back when
/// the last handle is gone, however the processes end.
///
/// ```
/// use executor_process::SharedArray;
///
/// let squares = SharedArray::<u64>::new(10)?;
/// for (index, square) in squares.lock().unwrap().iter_mut().enumerate() {
///     *square = (index * index) as u64;
/// }
/// assert_eq!(squares.get(9), Some(81));
/// assert_eq!(squares.lock().unwrap()[..4], [0, 1, 4, 9]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # If the holder dies
///
/// A process that is killed while it has the lock does not hold the others up. The next
/// [`lock`](Self::lock) takes it over, and says so with [`AbandonedMemory`], since the items may be half
/// updated. So does each one after it, until one accepts them as they are. `get`, `set` and the copies,
/// which do not rely on what an update leaves, do not say it.
///
/// The lock is not reentrant: a thread that has a guard and locks again, or calls one of the methods that
/// do, waits for itself.
///
/// Python's `multiprocessing.Array(typecode, size_or_initializer)`.
pub struct SharedArray<T: Pod> {
    items: Items<T>,
}

array!(SharedArray, Kind::LOCKED);

impl<T: Pod> SharedArray<T> {
    /// Waits for the lock and returns the items, to be read and written in place until the guard is dropped.
    ///
    /// # Errors
    ///
    /// A process died while it had the lock.
    ///
    /// ```
    /// # use executor_process::SharedArray;
    /// let array = SharedArray::<i32>::new(3)?;
    /// let mut items = array.lock().unwrap_or_else(|abandoned| {
    ///     let mut items = abandoned.into_guard();
    ///     items.fill(0); // begin anew
    ///     items
    /// });
    /// items[1] += 1;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn lock(&self) -> Result<SharedArrayGuard<'_, T>, Abandoned<T>> {
        self.checked(self.take())
    }

    /// The same if nobody has the lock; `None` if somebody has.
    ///
    /// # Errors
    ///
    /// A process died while it had the lock.
    pub fn try_lock(&self) -> Result<Option<SharedArrayGuard<'_, T>>, Abandoned<T>> {
        let taken = self.items.block().lock().try_acquire();
        taken.map(|taken| self.checked(taken)).transpose()
    }

    /// The same, waiting at most so long; `None` if the time is over.
    ///
    /// # Errors
    ///
    /// A process died while it had the lock.
    pub fn lock_timeout(
        &self,
        limit: Duration,
    ) -> Result<Option<SharedArrayGuard<'_, T>>, Abandoned<T>> {
        let taken = self.items.block().lock().acquire(|| Waiting::at_most(limit));
        taken.map(|taken| self.checked(taken)).transpose()
    }

    /// Waits for the lock.
    #[inline]
    fn take(&self) -> Taken {
        let taken = self.items.block().lock().acquire(Waiting::forever);
        taken.expect("there is no end of the wait")
    }

    #[inline]
    fn checked(&self, taken: Taken) -> Result<SharedArrayGuard<'_, T>, Abandoned<T>> {
        match taken {
            Taken::Released => Ok(SharedArrayGuard { items: Cow::Borrowed(&self.items) }),
            Taken::Abandoned => {
                let guard = SharedArrayGuard { items: Cow::Owned(self.items.clone()) };
                Err(AbandonedMemory::new(guard, self.items.block()))
            }
        }
    }

    /// A copy of one item; `None` behind the end. Waits for the lock.
    pub fn get(&self, index: usize) -> Option<T> {
        self.guard().get(index).copied()
    }

    /// Writes one item. Waits for the lock.
    ///
    /// # Errors
    ///
    /// There is no such item.
    pub fn set(&self, index: usize, item: T) -> Result<(), OutOfRange> {
        self.copy_from(index, &[item])
    }

    /// A copy of all items, as they are at one moment. Waits for the lock.
    pub fn to_vec(&self) -> Vec<T> {
        self.guard().to_vec()
    }

    /// Copies as many items as `into` has room for, from an index on. Waits for the lock.
    ///
    /// # Errors
    ///
    /// There are not so many; `into` is as it was.
    pub fn copy_to(&self, start: usize, into: &mut [T]) -> Result<(), OutOfRange> {
        let range = self.items.range(start, into.len())?;
        into.copy_from_slice(&self.guard()[range]);
        Ok(())
    }

    /// Writes items, from an index on. Waits for the lock.
    ///
    /// # Errors
    ///
    /// There is no room for so many; the array is as it was.
    pub fn copy_from(&self, start: usize, items: &[T]) -> Result<(), OutOfRange> {
        let range = self.items.range(start, items.len())?;
        self.guard()[range].copy_from_slice(items);
        Ok(())
    }

    /// Waits for the lock, and does not care whether somebody died with it.
    #[inline]
    pub(super) fn guard(&self) -> SharedArrayGuard<'_, T> {
        let (Taken::Released | Taken::Abandoned) = self.take();
        SharedArrayGuard { items: Cow::Borrowed(&self.items) }
    }

    /// Writes all items of a new array.
    fn fill(&self, items: &[T]) {
        self.guard().copy_from_slice(items);
    }
}

/// What a lock of an array says if somebody died with it.
type Abandoned<T> = AbandonedMemory<SharedArrayGuard<'static, T>>;

/// The items of a [`SharedArray`], locked. Dropping it releases the lock.
#[must_use = "the lock is released when this is dropped"]
pub struct SharedArrayGuard<'a, T: Pod> {
    items: Cow<'a, Items<T>>,
}

impl<T: Pod> Deref for SharedArrayGuard<'_, T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: so many items are mapped and aligned, and any bytes are a `Pod`. The lock of this block is
        // ours for as long as the guard is there. Everybody else, in whatever process, gets at items of this
        // kind through such a guard only, so nobody writes meanwhile.
        unsafe { slice::from_raw_parts(self.items.as_ptr(), self.items.len()) }
    }
}

impl<T: Pod> DerefMut for SharedArrayGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and nobody reads meanwhile, since this guard is borrowed mutably.
        unsafe { slice::from_raw_parts_mut(self.items.as_ptr(), self.items.len()) }
    }
}

impl<T: Pod> Drop for SharedArrayGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.items.block().lock().release();
    }
}

impl<T: Pod + fmt::Debug> fmt::Debug for SharedArrayGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
