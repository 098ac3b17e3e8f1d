//! [`RawValue`].

use super::handles::value;
use super::integer::Integer;
use super::raw_array::RawArray;
use bytemuck::Pod;
use std::fmt;

/// One value of plain data that several processes share, without a lock.
///
/// For what one process writes and others look at, and for counters: integers can be changed in one step,
/// as the atomics of the standard library can.
///
/// ```
/// use executor_process::RawValue;
///
/// let tickets = RawValue::new(3_u32)?;
/// let buy = || tickets.fetch_update(|left| left.checked_sub(1)).is_ok();
/// assert_eq!([buy(), buy(), buy(), buy()], [true, true, true, false]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What is promised if others write at the same time: as for [`RawArray`], of which this is the first and
/// only item.
///
/// Python's `multiprocessing.RawValue(typecode, value)`, or `Value(.., lock=False)`.
pub struct RawValue<T: Pod>(RawArray<T>);

value!(RawValue, RawArray);

impl<T: Pod> RawValue<T> {
    /// A copy of the value.
    #[inline]
    pub fn get(&self) -> T {
        only(self.0.get(0))
    }

    /// Writes the value.
    #[inline]
    pub fn set(&self, value: T) {
        only(self.0.set(0, value).ok());
    }
}

/// In one step, whoever else does something at the same time. What was there before is returned.
impl<T: Integer> RawValue<T> {
    /// Adds, and wraps around at the end of the type's range.
    #[inline]
    pub fn fetch_add(&self, operand: T) -> T {
        only(self.0.fetch_add(0, operand))
    }

    /// Subtracts, and wraps around at the end of the type's range.
    #[inline]
    pub fn fetch_sub(&self, operand: T) -> T {
        only(self.0.fetch_sub(0, operand))
    }

    /// Takes the larger one.
    #[inline]
    pub fn fetch_max(&self, operand: T) -> T {
        only(self.0.fetch_max(0, operand))
    }

    /// Takes the smaller one.
    #[inline]
    pub fn fetch_min(&self, operand: T) -> T {
        only(self.0.fetch_min(0, operand))
    }

    /// Writes another one.
    #[inline]
    pub fn swap(&self, value: T) -> T {
        only(self.0.swap(0, value))
    }

    /// Writes another one if the value is `current`.
    ///
    /// # Errors
    ///
    /// It is not: the value.
    #[inline]
    pub fn compare_exchange(&self, current: T, new: T) -> Result<T, T> {
        only(self.0.compare_exchange(0, current, new))
    }

    /// Writes what a function makes of the value.
    ///
    /// The function is called again each time that somebody else was faster.
    ///
    /// # Errors
    ///
    /// The function returned `None`: the value.
    #[inline]
    pub fn fetch_update(&self, change: impl FnMut(T) -> Option<T>) -> Result<T, T> {
        only(self.0.fetch_update(0, change))
    }
}

/// What the first item has given.
#[inline]
fn only<R>(given: Option<R>) -> R {
    given.expect("there is one item")
}

impl<T: Pod + fmt::Debug> fmt::Debug for RawValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RawValue").field(&self.get()).finish()
    }
}
