//! What lists and arrays in a manager have in common: the methods of both `Proxy<Vec<T>>` and
//! `Proxy<Box<[T]>>`.

use super::error::ManagerError;
use super::method::Update;
use super::proxy::Proxy;
use executor_core::Portable;

macro_rules! sequence {
    ($items:ty) => {
        /// What lists and arrays have in common.
        impl<T: Portable> Proxy<$items> {
            /// A copy of the item at `index`; `None` if there is none.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn get(&self, index: usize) -> Result<Option<T>, ManagerError>
            where
                T: Clone,
            {
                self.call(|items, index: usize| items.get(index).cloned(), index)
            }

            /// Exchanges the item at `index`, and returns the former one; `None` if there is none.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn set(&self, index: usize, item: T) -> Result<Option<T>, ManagerError> {
                self.call(
                    |items, (index, item): (usize, T)| {
                        items.get_mut(index).map(|place| std::mem::replace(place, item))
                    },
                    (index, item),
                )
            }

            /// Changes an item in place, in the manager, atomically: `f` gets the item and `argument`. Returns
            /// what `f` does; `None` if there is no such item.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn update<A: Portable, R: Portable>(
                &self,
                index: usize,
                f: fn(&mut T, A) -> R,
                argument: A,
            ) -> Result<Option<R>, ManagerError> {
                self.call(
                    |items, (index, Update(f), argument): (usize, Update<T, A, R>, A)| {
                        items.get_mut(index).map(|item| f(item, argument))
                    },
                    (index, Update(f), argument),
                )
            }

            /// How many items there are.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn len(&self) -> Result<usize, ManagerError> {
                self.call(|items, ()| items.len(), ())
            }

            /// Whether there are none.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn is_empty(&self) -> Result<bool, ManagerError> {
                self.call(|items, ()| items.is_empty(), ())
            }

            /// A copy of everything.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn to_vec(&self) -> Result<Vec<T>, ManagerError>
            where
                T: Clone,
            {
                self.call(|items, ()| items.to_vec(), ())
            }
        }
    };
}

sequence!(Vec<T>);
sequence!(Box<[T]>);
