//! [`RawValue`].

use super::integer::Integer;
use super::raw_array::RawArray;
use bytemuck::Pod;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io;

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

impl<T: Pod> RawValue<T> {
    /// A new one.
    ///
    /// # Errors
    ///
    /// There is no memory, or no descriptor, to be had.
    pub fn new(value: T) -> io::Result<Self> {
        Ok(Self(RawArray::from_slice(&[value])?))
    }

    /// A copy of the value.
    #[inline]
    pub fn get(&self) -> T {
        self.0.get(0).expect(ONE)
    }

    /// Writes the value.
    #[inline]
    pub fn set(&self, value: T) {
        self.0.set(0, value).expect(ONE);
    }
}

/// In one step, whoever else does something at the same time. What was there before is returned.
impl<T: Integer> RawValue<T> {
    /// Adds, and wraps around at the end of the type's range.
    #[inline]
    pub fn fetch_add(&self, operand: T) -> T {
        self.0.fetch_add(0, operand).expect(ONE)
    }

    /// Subtracts, and wraps around at the end of the type's range.
    #[inline]
    pub fn fetch_sub(&self, operand: T) -> T {
        self.0.fetch_sub(0, operand).expect(ONE)
    }

    /// Takes the larger one.
    #[inline]
    pub fn fetch_max(&self, operand: T) -> T {
        self.0.fetch_max(0, operand).expect(ONE)
    }

    /// Takes the smaller one.
    #[inline]
    pub fn fetch_min(&self, operand: T) -> T {
        self.0.fetch_min(0, operand).expect(ONE)
    }

    /// Writes another one.
    #[inline]
    pub fn swap(&self, value: T) -> T {
        self.0.swap(0, value).expect(ONE)
    }

    /// Writes another one if the value is `current`.
    ///
    /// # Errors
    ///
    /// It is not: the value.
    #[inline]
    pub fn compare_exchange(&self, current: T, new: T) -> Result<T, T> {
        self.0.compare_exchange(0, current, new).expect(ONE)
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
        self.0.fetch_update(0, change).expect(ONE)
    }
}

const ONE: &str = "there is one item";

impl<T: Pod> Clone for RawValue<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Pod + fmt::Debug> fmt::Debug for RawValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RawValue").field(&self.get()).finish()
    }
}

impl<T: Pod> Serialize for RawValue<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Pod> Deserialize<'de> for RawValue<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let array = RawArray::deserialize(deserializer)?;
        match array.len() {
            1 => Ok(Self(array)),
            _ => Err(serde::de::Error::custom("a handle of an array, not of one value")),
        }
    }
}
