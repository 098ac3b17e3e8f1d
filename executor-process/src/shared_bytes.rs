//! [`SharedBytes`]: a buffer that crosses to another process without being copied.

#[cfg(unix)]
mod sealed;
#[cfg(windows)]
mod section;

#[cfg(unix)]
use self::sealed::Buffer;
#[cfg(windows)]
use self::section::Buffer;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io;
use std::ops::Deref;
use std::sync::Arc;

/// Immutable bytes in shared memory: cheap to clone, and cheap to send, however many they are.
///
/// An argument or result of a task that is one, or has some in it, refers to the same memory in the
/// other process; only a handle travels. The same holds for what goes through a queue or a pipe. Use it
/// for large data that several tasks read, or that a task returns; smaller data than some tens of
/// kilobytes is sent as fast in a `Vec<u8>`.
///
/// Each takes a descriptor, in every process that has it. Up to 240 different ones can be in one value. The memory is given back when the last process that has a handle drops it, or ends.
///
/// ```
/// use executor_core::Executor;
/// use executor_process::{ProcessPoolExecutor, SharedBytes};
///
/// let pool = ProcessPoolExecutor::new()?;
/// let data = SharedBytes::from(vec![1; 1_000_000]);
/// let count = |(data, byte): (SharedBytes, u8)| data.iter().filter(|&&b| b == byte).count();
/// let ones = pool.submit(count, (data.clone(), 1))?;
/// let twos = pool.submit(count, (data, 2))?;
/// assert_eq!((ones.result()?, twos.result()?), (1_000_000, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Nobody can change the bytes, not even a process that has gone wild: on Linux the kernel has been told
/// so, and what arrives without its word is an error.
///
/// Serialized for anything that handles cannot travel with, to a file for instance, it is plain bytes.
/// What Python users build from `multiprocessing.shared_memory.SharedMemory` and its name.
#[derive(Clone)]
pub struct SharedBytes(Arc<Buffer>);

impl SharedBytes {
    /// Copies bytes to new shared memory.
    ///
    /// # Panics
    ///
    /// If the system has no memory, or no descriptor, to give. [`try_new`](Self::try_new) does not.
    pub fn new(bytes: &[u8]) -> Self {
        Self::try_new(bytes).expect("there is memory, and a descriptor, for a shared buffer")
    }

    /// Copies bytes to new shared memory, if there is some.
    ///
    /// ```
    /// let data = executor_process::SharedBytes::try_new(b"a large text")?;
    /// assert_eq!(data.len(), 12);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The system has no memory, or no descriptor, to give.
    pub fn try_new(bytes: &[u8]) -> io::Result<Self> {
        Buffer::new(bytes).map(|buffer| Self(Arc::new(buffer)))
    }
}

impl From<Vec<u8>> for SharedBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(&bytes)
    }
}

impl From<&[u8]> for SharedBytes {
    fn from(bytes: &[u8]) -> Self {
        Self::new(bytes)
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for SharedBytes {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || **self == **other
    }
}

impl Eq for SharedBytes {}

impl fmt::Debug for SharedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedBytes({} bytes)", self.len())
    }
}

/// How one is written: the number of its attachment, or the bytes where there are no attachments.
#[derive(Serialize, Deserialize)]
enum Form<B> {
    Attached { number: u32, len: u64 },
    Inline(B),
}

impl Serialize for SharedBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.attach() {
            Some(number) => Form::<Bytes<'_>>::Attached { number, len: self.len() as u64 },
            None => Form::Inline(Bytes(self)),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Form::<Owned>::deserialize(deserializer)? {
            Form::Inline(Owned(bytes)) => Self::try_new(&bytes).map_err(D::Error::custom),
            Form::Attached { number, len } => match Buffer::attached(number, len) {
                Ok(buffer) => Ok(Self(Arc::new(buffer))),
                Err(reason) => Err(D::Error::custom(reason)),
            },
        }
    }
}

/// Bytes that serde takes as such, not one by one.
struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

struct Owned(Vec<u8>);

impl<'de> Deserialize<'de> for Owned {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Owned;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Owned, E> {
                Ok(Owned(bytes.to_vec()))
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Owned, E> {
                Ok(Owned(bytes))
            }

            fn visit_seq<S: serde::de::SeqAccess<'de>>(
                self,
                mut seq: S,
            ) -> Result<Owned, S::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(Owned(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Visitor)
    }
}

/// What a buffer must hold to on every system.
#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn holds_what_it_was_made_from() {
        for len in [0, 1, 4095, 4096, 4097, 300_000] {
            let bytes: Vec<u8> = (0..len).map(|n| (n % 251) as u8).collect();
            let buffer = Buffer::new(&bytes).unwrap();
            assert_eq!(*buffer, bytes);
            let other = Buffer::open(buffer.descriptor(), len as u64).unwrap();
            drop(buffer);
            assert_eq!(*other, bytes);
        }
    }

    #[test]
    fn lengths_are_checked() {
        let buffer = Buffer::new(&[1; 5000]).unwrap();
        for len in [0, 1, 4999, 5001, 1 << 40, u64::MAX] {
            assert!(Buffer::open(buffer.descriptor(), len).is_err(), "{len}");
        }
    }
}
