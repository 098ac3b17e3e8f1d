//! What handles with a lock and without one have in common: the arrays, [`SharedArray`](super::SharedArray)
//! and [`RawArray`](super::RawArray), and the values, which are arrays of one item.

/// An array of that name and kind, whose field is its `items`, and which has a way to `fill` itself.
macro_rules! array {
    ($array:ident, $kind:expr) => {
        impl<T: Pod> $array<T> {
            /// A new array of so many items, all zero.
            ///
            /// The system gives the memory page by page, when it is first written to.
            ///
            /// # Errors
            ///
            /// There is no memory, or no descriptor, to be had.
            pub fn new(len: usize) -> std::io::Result<Self> {
                Ok(Self { items: Items::create($kind, len)? })
            }

            /// A new array with copies of these items.
            ///
            /// # Errors
            ///
            /// As for [`new`](Self::new).
            pub fn from_slice(items: &[T]) -> std::io::Result<Self> {
                let array = Self::new(items.len())?;
                array.fill(items);
                Ok(array)
            }

            /// A new array of the items of an iterator.
            ///
            /// ```
            #[doc = concat!("use executor_process::", stringify!($array), ";")]
            ///
            /// let squares = (1..=4).map(|n| n * n);
            #[doc = concat!("let array = ", stringify!($array), "::try_from_iter(squares)?;")]
            /// assert_eq!(array.to_vec(), [1, 4, 9, 16]);
            /// # Ok::<(), Box<dyn std::error::Error>>(())
            /// ```
            ///
            /// # Errors
            ///
            /// As for [`new`](Self::new).
            pub fn try_from_iter(items: impl IntoIterator<Item = T>) -> std::io::Result<Self> {
                Self::from_slice(&items.into_iter().collect::<Vec<_>>())
            }

            /// How many items there are. It never changes.
            pub fn len(&self) -> usize {
                self.items.len()
            }

            /// Whether there are none.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }
        }

        impl<T: Pod> Clone for $array<T> {
            fn clone(&self) -> Self {
                Self { items: self.items.clone() }
            }
        }

        impl<T: Pod> std::fmt::Debug for $array<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($array)).field("len", &self.len()).finish_non_exhaustive()
            }
        }

        impl<T: Pod> serde::Serialize for $array<T> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.items.serialize(serializer)
            }
        }

        impl<'de, T: Pod> serde::Deserialize<'de> for $array<T> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self { items: Items::deserialize($kind, deserializer)? })
            }
        }
    };
}

/// A value of that name, whose field is such an array with one item.
macro_rules! value {
    ($value:ident, $array:ident) => {
        impl<T: Pod> $value<T> {
            /// A new one.
            ///
            /// # Errors
            ///
            /// There is no memory, or no descriptor, to be had.
            pub fn new(value: T) -> std::io::Result<Self> {
                Ok(Self($array::from_slice(&[value])?))
            }
        }

        impl<T: Pod> Clone for $value<T> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<T: Pod> serde::Serialize for $value<T> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        impl<'de, T: Pod> serde::Deserialize<'de> for $value<T> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let array = $array::deserialize(deserializer)?;
                match array.len() {
                    1 => Ok(Self(array)),
                    _ => Err(serde::de::Error::custom("a handle of an array, not of one value")),
                }
            }
        }
    };
}

pub(super) use {array, value};
