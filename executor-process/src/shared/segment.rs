//! [`Segment`]: a piece of memory that several processes map, with something made of atomics in it.

use super::descriptor::Descriptor;
use super::memory::{self, Mapping};
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
    map: Mapping,
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
        Self::create_in(memory::create(size_of::<Contents<L>>() as u64)?)
    }

    /// The same, at the beginning of memory that can become longer.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    pub(crate) fn create_growing() -> io::Result<Self> {
        Self::create_in(memory::create_growing(size_of::<Contents<L>>() as u64)?)
    }

    fn create_in(memory: Descriptor) -> io::Result<Self> {
        let segment = Self::map(memory)?;
        segment.contents().kind.store(u64::from_ne_bytes(L::KIND), Ordering::Release);
        Ok(segment)
    }

    /// The memory of somebody else's.
    ///
    /// # Errors
    ///
    /// It cannot be mapped, there is something else in it, or it could become shorter.
    pub(crate) fn open(file: Descriptor) -> io::Result<Self> {
        memory::check_lasting(&file)?;
        let segment = Self::map(file)?;
        let kind = segment.contents().kind.load(Ordering::Acquire).to_ne_bytes();
        if kind == L::KIND {
            Ok(segment)
        } else {
            Err(io::Error::other("a handle that belongs to something else"))
        }
    }

    fn map(file: Descriptor) -> io::Result<Self> {
        let map = memory::map(&file, 0, size_of::<Contents<L>>())?;
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
    use crate::shared::descriptor::OwnedDescriptor;
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
        let (pipe, _writer) = io::pipe().unwrap();
        let pipe = OwnedDescriptor::from(pipe);
        assert!(Segment::<One>::open(Descriptor::from(pipe)).is_err());
    }

    /// Whoever sends it may be out of its mind, and make it shorter later.
    #[cfg(target_os = "linux")]
    #[test]
    fn memory_that_could_become_shorter_is_refused() {
        let one = Segment::<One>::create().unwrap();
        let flags = rustix::fs::MemfdFlags::ALLOW_SEALING;
        let copy = rustix::fs::memfd_create("copy", flags).unwrap();
        rustix::io::write(&copy, &One::KIND).unwrap();
        rustix::fs::ftruncate(&copy, 4096).unwrap();
        let error = Segment::<One>::open(Descriptor::from(copy)).unwrap_err();
        assert!(error.to_string().contains("shorter"), "{error}");
        Segment::<One>::open(one.descriptor().clone()).unwrap();
    }
}
