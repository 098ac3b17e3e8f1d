//! [`Segment`]: a piece of memory that several processes map, with something made of atomics in it.

use super::descriptor::Descriptor;
use crate::transport::memory::MemoryFile;
use memmap2::MmapRaw;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};

/// What can be in a segment.
///
/// # Safety
///
/// The type is `#[repr(C)]`, has no padding of consequence, and consists of atomics, or arrays or such
/// structures of them, only: any bytes are a valid value, and all of it may change at any moment. It
/// needs no dropping.
pub(crate) unsafe trait Layout: Send + Sync {
    /// Tells the kinds of segments apart. Eight letters.
    const KIND: [u8; 8];
}

/// What is mapped.
#[repr(C, align(64))]
struct Contents<L> {
    kind: AtomicU64,
    layout: L,
}

/// One mapping of such memory. The memory is there for as long as anybody has a descriptor for it or
/// maps it.
pub(crate) struct Segment<L> {
    map: MmapRaw,
    file: Descriptor,
    layout: PhantomData<L>,
}

impl<L: Layout> Segment<L> {
    /// New memory, all zero.
    ///
    /// # Errors
    ///
    /// There is no memory, or no descriptor, to be had.
    pub(crate) fn create() -> io::Result<Self> {
        let file = MemoryFile::anonymous(size_of::<Contents<L>>() as u64)?;
        let segment = Self::map(Descriptor::from(std::os::fd::OwnedFd::from(file)))?;
        segment.contents().kind.store(u64::from_ne_bytes(L::KIND), Ordering::Release);
        Ok(segment)
    }

    /// The memory of somebody else's.
    ///
    /// # Errors
    ///
    /// It cannot be mapped, or there is something else in it.
    pub(crate) fn open(file: Descriptor) -> io::Result<Self> {
        let segment = Self::map(file)?;
        let kind = segment.contents().kind.load(Ordering::Acquire).to_ne_bytes();
        if kind == L::KIND {
            Ok(segment)
        } else {
            Err(io::Error::other("a handle that belongs to something else"))
        }
    }

    fn map(file: Descriptor) -> io::Result<Self> {
        let map = MemoryFile::map_anonymous(&file, size_of::<Contents<L>>())?;
        Ok(Self { map, file, layout: PhantomData })
    }

    fn contents(&self) -> &Contents<L> {
        // SAFETY: so many bytes are mapped for as long as we are, at the start of a page, which is
        // aligned enough; whatever they are is a valid `Contents`, and changes only by atomics, as
        // `Layout` demands.
        unsafe { &*self.map.as_ptr().cast::<Contents<L>>() }
    }

    /// The descriptor by which others can map it.
    pub(crate) fn descriptor(&self) -> &Descriptor {
        &self.file
    }
}

impl<L: Layout> Deref for Segment<L> {
    type Target = L;

    fn deref(&self) -> &L {
        &self.contents().layout
    }
}

impl<L: Layout + fmt::Debug> fmt::Debug for Segment<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.deref().fmt(f)
    }
}

impl<L: Layout> Serialize for Segment<L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.file.serialize(serializer)
    }
}

impl<'de, L: Layout> Deserialize<'de> for Segment<L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let file = Descriptor::deserialize(deserializer)?;
        Self::open(file).map_err(serde::de::Error::custom)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    #[derive(Debug)]
    #[repr(C)]
    struct One(AtomicU32);
    // SAFETY: an atomic.
    unsafe impl Layout for One {
        const KIND: [u8; 8] = *b"test-one";
    }

    #[derive(Debug)]
    #[repr(C)]
    struct Large([AtomicU32; 10_000]);
    // SAFETY: atomics.
    unsafe impl Layout for Large {
        const KIND: [u8; 8] = *b"test-two";
    }

    #[test]
    fn is_shared() {
        let ours = Segment::<One>::create().unwrap();
        let theirs = Segment::<One>::open(ours.descriptor().clone()).unwrap();
        assert_eq!(theirs.0.load(Ordering::Relaxed), 0);
        ours.0.store(7, Ordering::Relaxed);
        assert_eq!(theirs.0.load(Ordering::Relaxed), 7);
    }

    #[test]
    fn nothing_else_is_mapped() {
        let one = Segment::<One>::create().unwrap();
        let wrong = Segment::<Large>::open(one.descriptor().clone());
        assert!(wrong.is_err(), "it is too short, and of another kind");
        let large = Segment::<Large>::create().unwrap();
        let wrong = Segment::<One>::open(large.descriptor().clone()).unwrap_err();
        assert!(wrong.to_string().contains("something else"), "{wrong}");
        let (pipe, _writer) = rustix::pipe::pipe().unwrap();
        assert!(Segment::<One>::open(Descriptor::from(pipe)).is_err());
    }
}
