//! Lists in a manager: the methods of `Proxy<Vec<T>>`.

use super::error::ManagerError;
use super::proxy::Proxy;
use executor_core::Portable;

/// A list that processes share, made by [`Manager::list`](super::Manager::list).
///
/// What is read is a copy. An index that is not there is `None`, or `false`, and changes nothing.
///
/// ```
/// use executor_process::Manager;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let manager = Manager::new()?;
/// let seen = manager.list::<u32>()?;
/// seen.extend([3, 1, 2])?;
/// seen.push(5)?;
/// assert_eq!(seen.get(0)?, Some(3));
/// seen.call(|seen, ()| seen.sort(), ())?;
/// assert_eq!(seen.to_vec()?, [1, 2, 3, 5]);
/// # Ok(())
/// # }
/// ```
///
/// Every method waits for the manager's answer, and fails as [`call`](Self::call) does. Python's
/// counterpart is `Manager.list()`.
impl<T: Portable> Proxy<Vec<T>> {
    /// Appends an item.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn push(&self, item: T) -> Result<(), ManagerError> {
        self.call(Vec::push, item)
    }

    /// Appends several at once.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn extend(&self, items: impl IntoIterator<Item = T>) -> Result<(), ManagerError> {
        self.call(|list, items: Vec<T>| list.extend(items), items.into_iter().collect())
    }

    /// Takes the last item; `None` if the list is empty.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn pop(&self) -> Result<Option<T>, ManagerError> {
        self.call(|list, ()| list.pop(), ())
    }

    /// Puts an item before that at `index`, or at the end; `false` if the list is shorter.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn insert(&self, index: usize, item: T) -> Result<bool, ManagerError> {
        self.call(
            |list, (index, item)| {
                let there = index <= list.len();
                if there {
                    list.insert(index, item);
                }
                there
            },
            (index, item),
        )
    }

    /// Takes the item at `index`; those behind it move up. `None` if there is none.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn remove(&self, index: usize) -> Result<Option<T>, ManagerError> {
        self.call(|list, index| (index < list.len()).then(|| list.remove(index)), index)
    }

    /// Takes everything out.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn clear(&self) -> Result<(), ManagerError> {
        self.call(|list, ()| list.clear(), ())
    }
}
