//! [`SharedBytes`]: a buffer that crosses to another process without being copied.

use crate::transport::message::Block;
use executor_core::wire::{Attached, Attachment, attach, attachment};
use ipc_channel::ipc::IpcSharedMemory;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// How many can be in one argument or result: a message can carry so many descriptors.
pub(crate) const MAX_BLOCKS: usize = 48;

/// Immutable bytes in shared memory: cheap to clone, and cheap to send, however many they are.
///
/// An argument or result of a task that is one, or has some in it, refers to the same memory in the
/// other process; only a handle travels. Use it for large data that several tasks read, or that a task
/// returns; smaller data than some tens of kilobytes is sent as fast in a `Vec<u8>`. Up to 48 can be in
/// one value.
///
/// The memory is given back when the last process that has a handle drops it, or ends.
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
/// Serialized for anything but a process pool, to a file for instance, it is plain bytes. What Python
/// users build from `multiprocessing.shared_memory.SharedMemory` and its name.
#[derive(Clone)]
pub struct SharedBytes(Arc<IpcSharedMemory>);

impl SharedBytes {
    /// Copies bytes to new shared memory.
    ///
    /// # Panics
    ///
    /// If the system has no memory, or no descriptor, to give.
    pub fn new(bytes: &[u8]) -> Self {
        Self(Arc::new(IpcSharedMemory::from_bytes(bytes)))
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
    Attached(u32),
    Inline(B),
}

impl Serialize for SharedBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match attach(Arc::clone(&self.0) as _) {
            Some(number) => Form::<Bytes<'_>>::Attached(number),
            None => Form::Inline(Bytes(self)),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Form::<Owned>::deserialize(deserializer)? {
            Form::Inline(Owned(bytes)) => Ok(Self::from(bytes)),
            Form::Attached(number) => attachment(number)
                .and_then(|attachment| attachment.downcast().ok())
                .map(Self)
                .ok_or_else(|| D::Error::custom("the shared buffer did not come along")),
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

/// The blocks of shared memory among the attachments of a value, which all of them must be.
pub(crate) fn blocks_of(attachments: Attached) -> Result<Vec<Block>, String> {
    if attachments.is_empty() {
        return Ok(Vec::new());
    }
    if attachments.len() > MAX_BLOCKS {
        let count = attachments.len();
        return Err(format!("{count} shared buffers in one value are more than {MAX_BLOCKS}"));
    }
    attachments
        .into_vec()
        .into_iter()
        .map(|attachment| match attachment.downcast::<IpcSharedMemory>() {
            Ok(block) => Ok(Block(block)),
            Err(_) => Err("it has an attachment that a process pool cannot send".to_owned()),
        })
        .collect()
}

/// Does something with shared memory, over which ipc-channel panics if there is no descriptor left.
pub(crate) fn or_no_descriptors<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(f))
        .map_err(|_| "there is no descriptor left for a shared buffer".to_owned())
}

/// Blocks that came in a message, as attachments of a value.
pub(crate) fn attachments_of(blocks: Vec<Block>) -> Attached {
    blocks.into_iter().map(|block| block.0 as Attachment).collect::<Vec<_>>().into()
}
