//! Sets in a manager: the methods of `Proxy<HashSet<T>>`.

use super::error::ManagerError;
use super::proxy::Proxy;
use executor_core::Portable;
use std::collections::HashSet;
use std::hash::Hash;

/// A set that processes share, made by [`Manager::set`](super::Manager::set).
///
/// ```
/// use executor_process::Manager;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let manager = Manager::new()?;
/// let visited = manager.set::<String>()?;
/// assert!(visited.insert("/".to_owned())?);
/// assert!(!visited.insert("/".to_owned())?, "somebody has been there");
/// # Ok(())
/// # }
/// ```
///
/// Every method waits for the manager's answer, and fails as [`call`](Self::call) does. Python's
/// counterpart is `Manager.set()`.
impl<T: Portable + Eq + Hash> Proxy<HashSet<T>> {
    /// Adds an item; `false` if it was there.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn insert(&self, item: T) -> Result<bool, ManagerError> {
        self.call(HashSet::insert, item)
    }

    /// Adds several at once.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn extend(&self, items: impl IntoIterator<Item = T>) -> Result<(), ManagerError> {
        self.call(|set, items: Vec<T>| set.extend(items), items.into_iter().collect())
    }

    /// Takes an item out; `false` if it was not there.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn remove(&self, item: &T) -> Result<bool, ManagerError> {
        self.call_with(|set, item: T| set.remove(&item), item)
    }

    /// Whether it is there.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn contains(&self, item: &T) -> Result<bool, ManagerError> {
        self.call_with(|set, item: T| set.contains(&item), item)
    }

    /// How many items there are.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn len(&self) -> Result<usize, ManagerError> {
        self.call(|set, ()| set.len(), ())
    }

    /// Whether there are none.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn is_empty(&self) -> Result<bool, ManagerError> {
        self.call(|set, ()| set.is_empty(), ())
    }

    /// Takes everything out.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn clear(&self) -> Result<(), ManagerError> {
        self.call(|set, ()| set.clear(), ())
    }

    /// A copy of everything.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn to_set(&self) -> Result<HashSet<T>, ManagerError>
    where
        T: Clone,
    {
        self.call(|set, ()| set.clone(), ())
    }
}
