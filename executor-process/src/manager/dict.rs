//! Dictionaries in a manager: the methods of `Proxy<HashMap<K, V>>`.

use super::error::ManagerError;
use super::method::Update;
use super::proxy::Proxy;
use executor_core::Portable;
use std::collections::HashMap;
use std::hash::Hash;

/// A dictionary that processes share, made by [`Manager::dict`](super::Manager::dict).
///
/// What is read is a copy: changing it changes nothing in the manager. To change a value in place, and
/// atomically, use [`update`](Self::update); for several steps at once
/// [`call`](Self::call) a function on the whole map.
///
/// ```
/// use executor_process::Manager;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let manager = Manager::new()?;
/// let stock = manager.dict::<String, u32>()?;
/// stock.insert("apples".to_owned(), 10)?;
/// stock.update("apples".to_owned(), |apples, eaten| *apples -= eaten, 3)?;
/// assert_eq!(stock.get(&"apples".to_owned())?, Some(7));
/// let total = stock.call(|stock, ()| stock.values().sum::<u32>(), ())?;
/// assert_eq!(total, 7);
/// # Ok(())
/// # }
/// ```
///
/// Every method waits for the manager's answer, and fails as [`call`](Self::call) does. Python's
/// counterpart is `Manager.dict()`, whose order is that of insertion; this one has no order.
impl<K, V> Proxy<HashMap<K, V>>
where
    K: Portable + Eq + Hash,
    V: Portable,
{
    /// A copy of the value of a key; `None` if there is no such key.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn get(&self, key: &K) -> Result<Option<V>, ManagerError>
    where
        V: Clone,
    {
        self.call_with(|map, key: K| map.get(&key).cloned(), key)
    }

    /// Sets the value of a key, and returns the former one, if there was one.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn insert(&self, key: K, value: V) -> Result<Option<V>, ManagerError> {
        self.call(|map, (key, value)| map.insert(key, value), (key, value))
    }

    /// Sets several at once.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn extend(&self, items: impl IntoIterator<Item = (K, V)>) -> Result<(), ManagerError> {
        self.call(|map, items: Vec<(K, V)>| map.extend(items), items.into_iter().collect())
    }

    /// A copy of the value of a key, which is set to `default` first if there is none. Python's
    /// `setdefault`.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn get_or_insert(&self, key: K, default: V) -> Result<V, ManagerError>
    where
        V: Clone,
    {
        self.call(|map, (key, default)| map.entry(key).or_insert(default).clone(), (key, default))
    }

    /// Takes a key out, and returns its value; `None` if there is no such key.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn remove(&self, key: &K) -> Result<Option<V>, ManagerError> {
        self.call_with(|map, key: K| map.remove(&key), key)
    }

    /// Whether there is such a key.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn contains_key(&self, key: &K) -> Result<bool, ManagerError> {
        self.call_with(|map, key: K| map.contains_key(&key), key)
    }

    /// Changes a value in place, in the manager, atomically: `f` gets the value and `argument`. Returns
    /// what `f` does; `None` if there is no such key.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn update<A: Portable, R: Portable>(
        &self,
        key: K,
        f: fn(&mut V, A) -> R,
        argument: A,
    ) -> Result<Option<R>, ManagerError> {
        self.call(
            |map, (key, Update(f), argument): (K, Update<V, A, R>, A)| {
                map.get_mut(&key).map(|value| f(value, argument))
            },
            (key, Update(f), argument),
        )
    }

    /// The same, but a key that is not there is set to `default` first.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn update_or_insert<A: Portable, R: Portable>(
        &self,
        key: K,
        default: V,
        f: fn(&mut V, A) -> R,
        argument: A,
    ) -> Result<R, ManagerError> {
        self.call(
            |map, (key, default, Update(f), argument): (K, V, Update<V, A, R>, A)| {
                f(map.entry(key).or_insert(default), argument)
            },
            (key, default, Update(f), argument),
        )
    }

    /// How many keys there are.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn len(&self) -> Result<usize, ManagerError> {
        self.call(|map, ()| map.len(), ())
    }

    /// Whether there are none.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn is_empty(&self) -> Result<bool, ManagerError> {
        self.call(|map, ()| map.is_empty(), ())
    }

    /// Takes everything out.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn clear(&self) -> Result<(), ManagerError> {
        self.call(|map, ()| map.clear(), ())
    }

    /// Copies of the keys, in no order.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn keys(&self) -> Result<Vec<K>, ManagerError>
    where
        K: Clone,
    {
        self.call(|map, ()| map.keys().cloned().collect(), ())
    }

    /// Copies of the values, in no order.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn values(&self) -> Result<Vec<V>, ManagerError>
    where
        V: Clone,
    {
        self.call(|map, ()| map.values().cloned().collect(), ())
    }

    /// A copy of everything.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    pub fn to_map(&self) -> Result<HashMap<K, V>, ManagerError>
    where
        K: Clone,
        V: Clone,
    {
        self.call(|map, ()| map.clone(), ())
    }
}
