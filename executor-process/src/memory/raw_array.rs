//! [`RawArray`].

use super::block::Kind;
use super::error::OutOfRange;
use super::handles::array;
use super::integer::Integer;
use super::items::Items;
use bytemuck::Pod;

/// An array of plain data that several processes share, without a lock.
///
/// For data of which each part is written by one process, and for counters. Nobody waits for anybody: the
/// items are copied in and out. Integers can be changed in one step, with [`fetch_add`](Self::fetch_add) and
/// the like. Where items are to be changed together, or in place, take [`SharedArray`](crate::SharedArray).
///
/// ```
/// use executor_process::RawArray;
///
/// let array = RawArray::<f32>::new(1000)?;
/// array.copy_from(10, &[1.0, 2.0, 3.0])?;
/// assert_eq!((array.get(11), array.get(1000)), (Some(2.0), None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What is promised
///
/// If nobody else writes to the same items meanwhile, a copy is exact. If somebody does:
///
/// - An item of 1, 2, 4 or 8 bytes that is aligned to its size, as all numbers but `i128` and `u128` are, is
///   never torn: it is one that somebody wrote.
/// - Of longer items, and of several, one copy may have some from before and some from after the other's
///   write; but it is never anything worse.
/// - Writing to an item does not disturb its neighbours.
/// - Whoever sees something that was written sees all that its writer wrote to shared memory before.
///
/// What the items can be, and when the memory is given back: as for `SharedArray`. Small items are slower to
/// write one by one than in slices, since a word of eight bytes is exchanged for each.
///
/// Python's `multiprocessing.RawArray(typecode, size_or_initializer)`, or `Array(.., lock=False)`.
pub struct RawArray<T: Pod> {
    items: Items<T>,
}

array!(RawArray, Kind::RAW);

impl<T: Pod> RawArray<T> {
    /// A copy of one item; `None` behind the end.
    #[inline]
    pub fn get(&self, index: usize) -> Option<T> {
        let mut item = T::zeroed();
        self.copy_to(index, std::slice::from_mut(&mut item)).ok()?;
        Some(item)
    }

    /// Writes one item.
    ///
    /// # Errors
    ///
    /// There is no such item.
    #[inline]
    pub fn set(&self, index: usize, item: T) -> Result<(), OutOfRange> {
        self.copy_from(index, std::slice::from_ref(&item))
    }

    /// A copy of all items.
    pub fn to_vec(&self) -> Vec<T> {
        let mut items = vec![T::zeroed(); self.len()];
        self.items.words().read(0, bytemuck::cast_slice_mut(&mut items));
        items
    }

    /// Copies as many items as `into` has room for, from an index on.
    ///
    /// # Errors
    ///
    /// There are not so many; `into` is as it was.
    #[inline]
    pub fn copy_to(&self, start: usize, into: &mut [T]) -> Result<(), OutOfRange> {
        let range = self.items.range(start, into.len())?;
        let offset = range.start * size_of::<T>();
        self.items.words().read(offset, bytemuck::cast_slice_mut(into));
        Ok(())
    }

    /// Writes items, from an index on.
    ///
    /// # Errors
    ///
    /// There is no room for so many; the array is as it was.
    #[inline]
    pub fn copy_from(&self, start: usize, items: &[T]) -> Result<(), OutOfRange> {
        let range = self.items.range(start, items.len())?;
        self.items.words().write(range.start * size_of::<T>(), bytemuck::cast_slice(items));
        Ok(())
    }

    /// Writes all items of a new array.
    fn fill(&self, items: &[T]) {
        self.items.words().write(0, bytemuck::cast_slice(items));
    }
}

/// In one step, whoever else does something at the same time. What was there before is returned; `None`
/// behind the end.
impl<T: Integer> RawArray<T> {
    /// Adds, and wraps around at the end of the type's range.
    ///
    /// ```
    /// use executor_process::RawArray;
    ///
    /// let histogram = RawArray::<u32>::new(256)?;
    /// for byte in *b"banana" {
    ///     histogram.fetch_add(byte.into(), 1);
    /// }
    /// assert_eq!(histogram.get(b'a'.into()), Some(3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn fetch_add(&self, index: usize, operand: T) -> Option<T> {
        self.fetch_update(index, |item| Some(item.wrapping_add(operand)))?.ok()
    }

    /// Subtracts, and wraps around at the end of the type's range.
    #[inline]
    pub fn fetch_sub(&self, index: usize, operand: T) -> Option<T> {
        self.fetch_update(index, |item| Some(item.wrapping_sub(operand)))?.ok()
    }

    /// Takes the larger one.
    #[inline]
    pub fn fetch_max(&self, index: usize, operand: T) -> Option<T> {
        self.fetch_update(index, |item| Some(item.max(operand)))?.ok()
    }

    /// Takes the smaller one.
    #[inline]
    pub fn fetch_min(&self, index: usize, operand: T) -> Option<T> {
        self.fetch_update(index, |item| Some(item.min(operand)))?.ok()
    }

    /// Writes another one.
    #[inline]
    pub fn swap(&self, index: usize, item: T) -> Option<T> {
        self.fetch_update(index, |_| Some(item))?.ok()
    }

    /// Writes another one if the item is `current`: `Some(Err(item))` if it is not.
    #[inline]
    pub fn compare_exchange(&self, index: usize, current: T, new: T) -> Option<Result<T, T>> {
        self.fetch_update(index, |item| (item == current).then_some(new))
    }

    /// Writes what a function makes of the item, unless that is `None`: then it is `Some(Err(item))`.
    ///
    /// The function is called again each time that somebody else was faster.
    #[inline]
    pub fn fetch_update(
        &self,
        index: usize,
        change: impl FnMut(T) -> Option<T>,
    ) -> Option<Result<T, T>> {
        let range = self.items.range(index, 1).ok()?;
        Some(self.items.words().exchange(range.start * size_of::<T>(), change))
    }
}
