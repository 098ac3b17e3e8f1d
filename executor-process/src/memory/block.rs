//! [`Block`]: shared memory with a header, mapped.

use super::words::{WORD, Words};
use crate::shared::descriptor::Descriptor;
use crate::shared::memory::{self, Mapping};
use crate::sync::marked::MarkedLock;
#[cfg(unix)]
use std::fs::File;
use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The strictest alignment that data can have: mappings start at pages.
pub(super) const MAX_ALIGNMENT: usize = 4096;

/// What a block is used for, which is how everybody uses it. Eight letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind(pub(super) [u8; 8]);

impl Kind {
    /// Items that are accessed under the lock only.
    pub(super) const LOCKED: Self = Self(*b"cf-items");
    /// Items that are accessed by the grid of words only.
    pub(super) const RAW: Self = Self(*b"cf-raw-i");
    /// Bytes that are accessed by the grid of words.
    pub(super) const BYTES: Self = Self(*b"cf-bytes");
}

/// What a block is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    /// Random for blocks that can have a name, otherwise 0.
    pub(super) id: u128,
    /// Of one item, in bytes.
    pub(super) item_size: usize,
    pub(super) alignment: usize,
    /// How many items.
    pub(super) count: usize,
}

/// What is at the start of the memory. All but the lock and `unlinked` stays as they are.
#[repr(C, align(64))]
struct Header {
    kind: AtomicU64,
    id: [AtomicU64; 2],
    item_size: AtomicU64,
    alignment: AtomicU64,
    count: AtomicU64,
    /// Not zero if its name was taken from it. Changed under the lock of the names.
    unlinked: AtomicU64,
    lock: MarkedLock,
}

/// One mapping of such memory.
#[derive(Debug)]
pub(super) struct Block {
    map: Mapping,
    file: Descriptor,
    shape: Shape,
}

impl Block {
    /// New memory of that shape, all zero, without a name.
    pub(super) fn create(shape: Shape) -> io::Result<Self> {
        let file = memory::create(total_size(&shape)? as u64)?;
        Self::create_in(file, shape)
    }

    /// The same in memory of that length, all zero, which nobody else has.
    pub(super) fn create_in(file: Descriptor, shape: Shape) -> io::Result<Self> {
        let len = total_size(&shape)?;
        let map = memory::map(&file, 0, len)?;
        let block = Self { map, file, shape };
        let Header { kind, id, item_size, alignment, count, .. } = block.header();
        id[0].store(shape.id as u64, Relaxed);
        id[1].store((shape.id >> 64) as u64, Relaxed);
        item_size.store(shape.item_size as u64, Relaxed);
        alignment.store(shape.alignment as u64, Relaxed);
        count.store(shape.count as u64, Relaxed);
        kind.store(u64::from_ne_bytes(shape.kind.0), Release);
        Ok(block)
    }

    /// Somebody else's, if it has that kind, and items of that size and alignment.
    pub(super) fn open(
        file: Descriptor,
        kind: Kind,
        item_size: usize,
        alignment: usize,
    ) -> io::Result<Self> {
        let wrong = || io::Error::other("a handle that belongs to something else");
        let header = memory::map(&file, 0, size_of::<Header>())?;
        // SAFETY: so many bytes are mapped for as long as `header` is there, at the start of a page; any
        // bytes are a valid header, and it changes only by atomics.
        let found = unsafe { &*header.as_ptr().cast::<Header>() };
        if found.kind.load(Acquire).to_ne_bytes() != kind.0 {
            return Err(wrong());
        }
        let number = |word: &AtomicU64| usize::try_from(word.load(Relaxed)).map_err(|_| wrong());
        let id = found.id.each_ref().map(|half| u128::from(half.load(Relaxed)));
        let shape = Shape {
            kind,
            id: id[1] << 64 | id[0],
            item_size: number(&found.item_size)?,
            alignment: number(&found.alignment)?,
            count: number(&found.count)?,
        };
        if (shape.item_size, shape.alignment) != (item_size, alignment) {
            return Err(io::Error::other("a handle of shared memory with items of another type"));
        }
        // All of it, as the header says: fails if the file is shorter.
        let map = memory::map(&file, 0, total_size(&shape)?)?;
        Ok(Self { map, file, shape })
    }

    /// The id in the header of a file that may be anything.
    #[cfg(unix)]
    pub(super) fn id_in(file: &File) -> io::Result<u128> {
        use std::os::unix::fs::FileExt;

        let mut bytes = [0; 24];
        file.read_exact_at(&mut bytes, 0)?;
        let [kind, low, high] = *bytes.as_chunks::<8>().0 else {
            unreachable!("three times eight")
        };
        if kind != Kind::BYTES.0 {
            return Err(io::Error::other("something else"));
        }
        Ok(u128::from(u64::from_ne_bytes(high)) << 64 | u128::from(u64::from_ne_bytes(low)))
    }

    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    pub(super) fn descriptor(&self) -> &Descriptor {
        &self.file
    }

    fn header(&self) -> &Header {
        // SAFETY: so many bytes are mapped for as long as we are (`total_size`), at the start of a page,
        // which is aligned enough; any bytes are a valid header, and it changes only by atomics.
        unsafe { &*self.map.as_ptr().cast::<Header>() }
    }

    /// The first item. All of them are mapped, and aligned.
    pub(super) fn data(&self) -> *mut u8 {
        self.map.as_mut_ptr().wrapping_add(data_offset(self.shape.alignment))
    }

    /// The data as words, the last of which may be partly padding. Not for locked items.
    #[inline]
    pub(super) fn words(&self) -> Words<'_> {
        assert_ne!(self.shape.kind, Kind::LOCKED, "these are accessed by reference");
        let count = self.shape.item_size * self.shape.count;
        // SAFETY: `total_size` has room for the data, rounded up to whole words, and that is mapped for as
        // long as we are. It is aligned as the header is, to 64 bytes. Any bytes are valid words, and those
        // of a kind that is not locked are accessed as these words only, by everybody.
        let words = unsafe {
            std::slice::from_raw_parts(self.data().cast::<AtomicU64>(), count.div_ceil(WORD))
        };
        Words::new(words)
    }

    pub(super) fn mark_unlinked(&self) {
        self.header().unlinked.store(1, Relaxed);
    }

    #[cfg(any(target_os = "linux", target_os = "android", windows))]
    pub(super) fn is_unlinked(&self) -> bool {
        self.header().unlinked.load(Relaxed) != 0
    }

    #[inline]
    pub(super) fn lock(&self) -> &MarkedLock {
        &self.header().lock
    }
}

/// Where the data starts.
const fn data_offset(alignment: usize) -> usize {
    let header = size_of::<Header>();
    if alignment > header { alignment } else { header }
}

/// How many bytes there are in all: header and data, in whole words.
pub(super) fn total_size(shape: &Shape) -> io::Result<usize> {
    let &Shape { item_size, alignment, count, .. } = shape;
    let aligned = alignment.is_power_of_two() && alignment <= MAX_ALIGNMENT;
    let size = || {
        let data = item_size.checked_mul(count)?.checked_next_multiple_of(WORD)?;
        data.checked_add(data_offset(alignment)).filter(|&size| isize::try_from(size).is_ok())
    };
    match size() {
        Some(size) if aligned => Ok(size),
        _ => Err(io::Error::new(
            io::ErrorKind::OutOfMemory,
            format!("there is no memory for {count} items of {item_size} bytes"),
        )),
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::shared::descriptor::OwnedDescriptor;
    use crate::shared::lock::Taken;

    const SHAPE: Shape = Shape { kind: Kind::RAW, id: 7, item_size: 4, alignment: 4, count: 1001 };

    #[test]
    fn is_the_same_for_everybody() {
        let ours = Block::create(SHAPE).unwrap();
        let theirs = Block::open(ours.descriptor().clone(), Kind::RAW, 4, 4).unwrap();
        assert_eq!(theirs.shape(), &SHAPE);
        assert_eq!(theirs.words().as_slice().len(), 501);
        ours.words().write(4000, &[1, 2, 3, 4]);
        let mut found = [0; 4];
        theirs.words().read(4000, &mut found);
        assert_eq!(found, [1, 2, 3, 4]);
        assert_eq!(ours.lock().try_acquire(), Some(Taken::Released));
        assert_eq!(theirs.lock().try_acquire(), None);
        ours.lock().release();
        assert_eq!(theirs.lock().try_acquire(), Some(Taken::Released));
    }

    #[test]
    fn nothing_else_is_opened() {
        let block = Block::create(SHAPE).unwrap();
        let open = |kind, size, alignment| {
            let error = Block::open(block.descriptor().clone(), kind, size, alignment);
            error.unwrap_err().to_string()
        };
        assert!(open(Kind::LOCKED, 4, 4).contains("something else"));
        assert!(open(Kind::RAW, 8, 8).contains("another type"));
        assert!(open(Kind::RAW, 4, 1).contains("another type"));
        let (pipe, _writer) = io::pipe().unwrap();
        let pipe = OwnedDescriptor::from(pipe);
        assert!(Block::open(Descriptor::from(pipe), Kind::RAW, 4, 4).is_err());
    }

    /// Whatever the header says, no more is mapped than there is, in whole pages.
    #[test]
    fn lies_in_the_header() {
        for lie in [20_000, u64::MAX, u64::MAX / 4, 1 << 61] {
            let block = Block::create(SHAPE).unwrap();
            block.header().count.store(lie, Relaxed);
            assert!(Block::open(block.descriptor().clone(), Kind::RAW, 4, 4).is_err());
        }
    }

    #[test]
    fn sizes_that_cannot_be() {
        for (item_size, alignment, count) in [
            (usize::MAX, 1, 1),
            (8, 8, usize::MAX / 8),
            (8, 8, usize::MAX / 4),
            (1, 1, isize::MAX as usize),
            (8192, 8192, 1),
            (3, 3, 1),
        ] {
            let shape = Shape { item_size, alignment, count, ..SHAPE };
            assert!(Block::create(shape).is_err(), "{shape:?}");
        }
    }

    #[test]
    fn data_is_aligned() {
        for alignment in [1, 16, 128, 256, MAX_ALIGNMENT] {
            let shape = Shape { item_size: alignment, alignment, count: 3, ..SHAPE };
            let block = Block::create(shape).unwrap();
            assert_eq!(block.data() as usize % alignment, 0);
            block.words().write(2 * alignment, &vec![1; alignment]);
        }
    }

    /// The one thing that must not happen to mapped memory.
    #[cfg(target_os = "linux")]
    #[test]
    fn cannot_be_shortened() {
        let block = Block::create(SHAPE).unwrap();
        assert!(rustix::fs::ftruncate(block.descriptor(), 0).is_err());
    }
}
