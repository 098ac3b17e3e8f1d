//! [`SharedMemory`].

use super::block::{Block, Kind, Shape};
use super::error::{OutOfRange, SharedMemoryError};
use super::names::{self, Directory, Name, Presence};
use crate::shared::descriptor::Descriptor;
use crate::shared::memory::check_lasting;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};

/// A block of bytes that several processes share, and that others can find by its name.
///
/// For processes that know of each other no more than that name, such as two programs of the same user.
/// Between a pool and its tasks a handle is sent instead, of this or, with types and locks, of
/// [`SharedArray`](crate::SharedArray) and the like.
///
/// ```
/// use executor_process::SharedMemory;
///
/// let name = format!("greeting-{}", std::process::id());
/// let block = SharedMemory::create(&name, 100)?;
/// block.write_at(0, b"hello")?;
///
/// let same = SharedMemory::open(&name)?; // in this program, or in another
/// let mut word = [0; 5];
/// same.read_at(0, &mut word)?;
/// assert_eq!(&word, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Who has it
///
/// Clones are the same handle. The memory is there as long as a process has one: the creator may end, or be
/// killed, and the others keep it and its name. When the last one is gone, killed or not, the memory is
/// given back and the name is free. Opening, using and dropping never removes it from others;
/// [`unlink`](Self::unlink) takes away the name alone. Other users of the machine cannot get at it.
///
/// # Access
///
/// By copies, which are exact if nobody writes to the same bytes meanwhile. If somebody does, a copy may
/// have some bytes from before and some from after, but eight that lie at a multiple of eight are never
/// torn. Whoever sees something that was written sees all that its writer wrote to shared memory before.
/// [`words`](Self::words) are there for protocols, and [`as_slice`](Self::as_slice) for whoever
/// knows that nobody writes.
///
/// # Python
///
/// `multiprocessing.shared_memory.SharedMemory`. There on Unix a block stays until somebody unlinks it or
/// a helper process does, which may be too early or never; here it is as on Windows.
#[derive(Clone)]
pub struct SharedMemory(Arc<Inner>);

struct Inner {
    block: Block,
    name: Name,
    /// `None` if the name was not to be had, as when it is another's.
    presence: Option<Presence>,
}

impl SharedMemory {
    /// A new block of that name and size, all zero.
    ///
    /// A name has at most 200 of the ASCII letters and digits, `_`, `-` and `.`, and does not begin with a
    /// dot. The system gives the memory page by page, when it is first written to.
    ///
    /// # Errors
    ///
    /// There is one of that name; it cannot be a name; the size is zero; the system has no memory, no
    /// descriptor or no place for the name.
    pub fn create(name: &str, size: usize) -> Result<Self, SharedMemoryError> {
        Self::create_named(Name::new(name)?, size)
    }

    /// A new block with a name that nobody has, all zero.
    ///
    /// ```
    /// use executor_process::SharedMemory;
    ///
    /// let block = SharedMemory::new(1 << 20)?;
    /// assert_eq!(SharedMemory::open(block.name())?.len(), 1 << 20);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The size is zero; the system has no memory, no descriptor or no place for the name.
    pub fn new(size: usize) -> Result<Self, SharedMemoryError> {
        Self::create_with_names(size, || Ok(format!("memory-{:016x}", random()? as u64)))
    }

    fn create_with_names(
        size: usize,
        mut name: impl FnMut() -> io::Result<String>,
    ) -> Result<Self, SharedMemoryError> {
        const ATTEMPTS: u32 = 100;

        let mut attempt = 1;
        loop {
            match Self::create(&name()?, size) {
                Err(SharedMemoryError::AlreadyExists { .. }) if attempt < ATTEMPTS => attempt += 1,
                created => return created,
            }
        }
    }

    fn create_named(name: Name, size: usize) -> Result<Self, SharedMemoryError> {
        if size == 0 {
            return Err(SharedMemoryError::ZeroSize);
        }
        let id = random()?;
        let shape = Shape { kind: Kind::BYTES, id, item_size: 1, alignment: 1, count: size };
        let directory = Directory::lock()?;
        sweep_at_times(&directory);
        let (block, presence) = names::claim(&directory, &name, shape)?;
        Ok(Self::with(block, name, Some(presence)))
    }

    /// The block of that name.
    ///
    /// # Errors
    ///
    /// There is none, since it was not created, was unlinked, or nobody has it any more; it cannot be a name;
    /// what is kept under that name is not ours; the system has no descriptor.
    pub fn open(name: &str) -> Result<Self, SharedMemoryError> {
        let name = Name::new(name)?;
        let (block, presence) = names::find(&Directory::lock()?, &name)?;
        Ok(Self::with(block, name, Some(presence)))
    }

    fn with(block: Block, name: Name, presence: Option<Presence>) -> Self {
        Self(Arc::new(Inner { block, name, presence }))
    }

    /// Its name, also after it was unlinked.
    pub fn name(&self) -> &str {
        self.0.name.as_str()
    }

    /// How many bytes it has: as many as were asked for. It never changes.
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        self.0.block.shape().count
    }

    /// Takes away the name. Those who have the block keep it, and a new one may have the name.
    ///
    /// # Errors
    ///
    /// It does not have the name any more: it was unlinked before. The directory of the names cannot be
    /// used.
    pub fn unlink(&self) -> Result<(), SharedMemoryError> {
        let directory = Directory::lock()?;
        match names::unlink(&directory, &self.0.name, &self.0.block)? {
            true => Ok(()),
            false => Err(SharedMemoryError::NotFound { name: self.name().to_owned() }),
        }
    }

    /// Copies as many bytes as `into` has room for, from an offset on.
    ///
    /// # Errors
    ///
    /// There are not so many; `into` is as it was.
    pub fn read_at(&self, offset: usize, into: &mut [u8]) -> Result<(), OutOfRange> {
        self.check(offset, into.len())?;
        self.0.block.words().read(offset, into);
        Ok(())
    }

    /// Writes bytes, from an offset on.
    ///
    /// # Errors
    ///
    /// There is no room for so many; the block is as it was.
    pub fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<(), OutOfRange> {
        self.check(offset, bytes.len())?;
        self.0.block.words().write(offset, bytes);
        Ok(())
    }

    fn check(&self, start: usize, count: usize) -> Result<(), OutOfRange> {
        let len = self.len();
        match start.checked_add(count) {
            Some(end) if end <= len => Ok(()),
            _ => Err(OutOfRange { start, count, len }),
        }
    }

    /// A copy of all bytes.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.len()];
        self.0.block.words().read(0, &mut bytes);
        bytes
    }

    /// The bytes as words, eight at a time in the order of the machine, to be used by all processes at once.
    ///
    /// There are as many as it takes: the last one may be partly behind the end, which does no harm.
    ///
    /// ```
    /// use executor_process::SharedMemory;
    /// use std::sync::atomic::Ordering;
    ///
    /// let block = SharedMemory::new(16)?;
    /// block.words()[1].fetch_add(1, Ordering::Relaxed);
    /// assert_eq!(block.to_vec()[8..], 1_u64.to_ne_bytes());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn words(&self) -> &[AtomicU64] {
        self.0.block.words().as_slice()
    }

    /// The first byte, at an address of its own in each process and at least a multiple of 64.
    ///
    /// It is mapped, for reading and writing, as long as there is a clone of this handle.
    pub fn as_ptr(&self) -> *mut u8 {
        self.0.block.data()
    }

    /// The bytes, without a copy.
    ///
    /// # Safety
    ///
    /// Nobody, in any process, writes to the block as long as the slice is there.
    pub unsafe fn as_slice(&self) -> &[u8] {
        // SAFETY: so many bytes are mapped as long as `self` is there; the caller answers for the rest.
        unsafe { slice::from_raw_parts(self.as_ptr(), self.len()) }
    }

    /// The bytes, without a copy, to be written.
    ///
    /// # Safety
    ///
    /// Nobody else, in any process, reads or writes the block as long as the slice is there.
    #[expect(clippy::mut_from_ref, reason = "the caller answers for it")]
    pub unsafe fn as_mut_slice(&self) -> &mut [u8] {
        // SAFETY: so many bytes are mapped as long as `self` is there; the caller answers for the rest.
        unsafe { slice::from_raw_parts_mut(self.as_ptr(), self.len()) }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(presence) = self.presence.take() {
            // If it does not succeed, the next one who looks finds that we are gone.
            let _gone = Directory::lock()
                .and_then(|directory| names::leave(&directory, &self.name, &self.block, presence));
        }
    }
}

impl fmt::Debug for SharedMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, len) = (self.name(), self.len());
        f.debug_struct("SharedMemory").field("name", &name).field("len", &len).finish()
    }
}

/// How a handle is written.
#[derive(Serialize, Deserialize)]
struct Form<N> {
    file: Descriptor,
    name: N,
}

impl Serialize for SharedMemory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Form { file: self.0.block.descriptor().clone(), name: self.name() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedMemory {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;

        let Form::<String> { file, name } = Form::deserialize(deserializer)?;
        let name = Name::new(&name).map_err(D::Error::custom)?;
        check_lasting(&file).map_err(D::Error::custom)?;
        let block = Block::open(file, Kind::BYTES, 1, 1).map_err(D::Error::custom)?;
        // Without the name the memory is as good.
        let presence =
            Directory::lock().and_then(|directory| names::join(&directory, &name, &block));
        Ok(Self::with(block, name, presence.unwrap_or(None)))
    }
}

fn random() -> io::Result<u128> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(u128::from_ne_bytes(bytes))
}

/// Removes the names of the dead: when this process first creates a block, and then after as many as there
/// were names, so that it costs each of them a little.
fn sweep_at_times(directory: &Directory) {
    static LEFT: AtomicUsize = AtomicUsize::new(0);
    // The directory is locked, so nobody else counts, except for another directory, which is as well.
    match LEFT.load(Relaxed).checked_sub(1) {
        Some(left) => LEFT.store(left, Relaxed),
        None => LEFT.store(names::sweep(directory).unwrap_or(0).max(16), Relaxed),
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// SHM-06
    #[test]
    fn names_are_tried_until_one_is_free() {
        let taken = SharedMemory::new(1).unwrap();
        let free = format!("{}-free", taken.name());
        let mut names = [taken.name(), taken.name(), &free].into_iter();
        let next = || Ok(names.next().expect("the third is free").to_owned());
        let created = SharedMemory::create_with_names(1, next).unwrap();
        assert_eq!(created.name(), free);
        let always = SharedMemory::create_with_names(1, || Ok(free.clone()));
        assert!(matches!(always, Err(SharedMemoryError::AlreadyExists { .. })));
    }
}
