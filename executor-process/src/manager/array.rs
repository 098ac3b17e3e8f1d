//! Arrays in a manager: the methods of `Proxy<Box<[T]>>`.

use super::error::ManagerError;
use super::proxy::Proxy;
use executor_core::Portable;
use std::ops::Range;

/// An array that processes share, made by [`Manager::array`](super::Manager::array). Its length does
/// not change.
///
/// What is read is a copy. An index that is not there is `None`, and changes nothing. For numbers that
/// many processes use at a time see [`SharedArray`](crate::SharedArray), which needs no manager.
///
/// ```
/// use executor_process::Manager;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let manager = Manager::new()?;
/// let scores = manager.array([0; 3])?;
/// scores.set(1, 40)?;
/// assert_eq!(scores.update(1, |score, more| { *score += more; *score }, 2)?, Some(42));
/// assert_eq!(scores.to_vec()?, [0, 42, 0]);
/// # Ok(())
/// # }
/// ```
///
/// Every method waits for the manager's answer, and fails as [`call`](Self::call) does. Python's
/// counterpart is `Manager.Array()`.
impl<T: Portable> Proxy<Box<[T]>> {
    /// Copies of the items in a range, of which what is not there is left out.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn slice(&self, range: Range<usize>) -> Result<Vec<T>, ManagerError>
    where
        T: Clone,
    {
        self.call(
            |array, (start, end): (usize, usize)| {
                let end = end.min(array.len());
                array[start.min(end)..end].to_vec()
            },
            (range.start, range.end),
        )
    }
}
