//! Single values in a manager.

use super::error::ManagerError;
use super::method::Update;
use super::proxy::Proxy;
use executor_core::Portable;

/// A place for one value in a manager: what [`Manager::value`](super::Manager::value) makes.
///
/// A structure does for several values with names. Python's counterparts are `Manager.Value()` and
/// `Manager.Namespace()`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Value<T>(pub T);

/// A value that processes share.
///
/// ```
/// use executor_process::Manager;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let manager = Manager::new()?;
/// let count = manager.value(10)?;
/// assert_eq!(count.update(|count, by| { *count -= by; *count }, 3)?, 7);
/// assert_eq!(count.get()?, 7);
/// # Ok(())
/// # }
/// ```
///
/// Every method waits for the manager's answer, and fails as [`call`](Self::call) does.
impl<T: Portable> Proxy<Value<T>> {
    /// A copy of the value.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn get(&self) -> Result<T, ManagerError>
    where
        T: Clone,
    {
        self.call(|value, ()| value.0.clone(), ())
    }

    /// Sets the value.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn set(&self, value: T) -> Result<(), ManagerError> {
        self.call(|place, value| place.0 = value, value)
    }

    /// Sets the value, and returns the former one.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn replace(&self, value: T) -> Result<T, ManagerError> {
        self.call(|place, value| std::mem::replace(&mut place.0, value), value)
    }

    /// Changes the value in place, in the manager, atomically: `f` gets the value and `argument`. Returns
    /// what `f` does.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn update<A: Portable, R: Portable>(
        &self,
        f: fn(&mut T, A) -> R,
        argument: A,
    ) -> Result<R, ManagerError> {
        self.call(
            |place, (Update(f), argument): (Update<T, A, R>, A)| f(&mut place.0, argument),
            (Update(f), argument),
        )
    }
}
