//! One side's mapping of the memory.

use super::{LEN, LINE, Word};
use crate::atomic::{AtomicU32, AtomicU64};
use crate::transport::memory::{Location, MemoryFile};
use memmap2::MmapRaw;
use std::io;
use std::ptr::NonNull;

/// One side's mapping.
#[derive(Debug)]
pub(crate) struct Region {
    map: MmapRaw,
    file: MemoryFile,
}

impl Region {
    /// Makes the memory for one worker.
    pub(crate) fn create() -> io::Result<Self> {
        Self::map(MemoryFile::create(LEN as u64)?)
    }

    /// Maps the memory that the pool has made.
    pub(crate) fn open(location: &Location) -> io::Result<Self> {
        Self::map(MemoryFile::open(location)?)
    }

    fn map(file: MemoryFile) -> io::Result<Self> {
        let map = file.map_raw()?;
        if map.len() < LEN {
            return Err(io::Error::other("the shared memory of a worker is too short"));
        }
        Ok(Self { map, file })
    }

    pub(crate) fn location(&self) -> &Location {
        self.file.location()
    }

    pub(super) fn at(&self, offset: usize) -> NonNull<u8> {
        debug_assert!(offset < LEN);
        // SAFETY: within the mapping, whose length was checked, and so not null.
        unsafe { NonNull::new_unchecked(self.map.as_mut_ptr().add(offset)) }
    }

    /// A word of 32 bits.
    pub(crate) fn word(&self, word: Word) -> &AtomicU32 {
        // SAFETY: aligned, within the mapping for as long as `self`, and only ever accessed as an
        // atomic of one width, by both processes.
        unsafe { self.at(word as usize * LINE).cast().as_ref() }
    }

    /// A word of 64 bits.
    pub(crate) fn wide_word(&self, word: Word) -> &AtomicU64 {
        // SAFETY: as above.
        unsafe { self.at(word as usize * LINE).cast().as_ref() }
    }

    /// The claim word of the task with this number, with which its slot starts.
    pub(crate) fn claim(&self, number: u32) -> &AtomicU64 {
        // SAFETY: as above.
        unsafe { self.slot(number).cast().as_ref() }
    }

    /// Tells the model checker, if there is one, that so many bytes are read now.
    #[inline(always)]
    pub(crate) fn reads(&self, _start: NonNull<u8>, _len: usize) {}

    /// The same of bytes that are written.
    #[inline(always)]
    pub(crate) fn writes(&self, _start: NonNull<u8>, _len: usize) {}
}

#[cfg(test)]
mod tests {
    use super::super::{DATA, RESULTS, SLOT, SLOTS};
    use super::*;
    use std::sync::atomic::Ordering::{Acquire, Release};

    #[test]
    fn both_sides_see_the_same() {
        let pool = Region::create().unwrap();
        let worker = Region::open(pool.location()).unwrap();
        for (value, word) in (1..).zip(Word::ALL) {
            assert_eq!(worker.wide_word(word).load(Acquire), 0);
            pool.wide_word(word).store(value << 40, Release);
            assert_eq!(worker.wide_word(word).load(Acquire), value << 40);
        }
        for (value, number) in (1..).zip([0, 1, SLOTS as u32 - 1]) {
            // SAFETY: within the region, which only this thread uses.
            unsafe {
                pool.slot(number).write(value);
                assert_eq!(worker.slot(number).read(), value);
                assert_eq!(worker.slot(number + SLOTS as u32).read(), value);
            }
        }
    }

    #[test]
    fn nothing_overlaps_and_all_is_aligned() {
        let region = Region::create().unwrap();
        let base = region.at(0).addr().get();
        assert_eq!(base % 4096, 0);
        let mut parts = Word::ALL
            .iter()
            .map(|&word| (std::ptr::from_ref(region.wide_word(word)).addr() - base, 8))
            .collect::<Vec<_>>();
        let slots = (0..SLOTS as u32).map(|number| (region.slot(number).addr().get() - base, SLOT));
        parts.extend(slots);
        let rings = [(region.data(0), DATA), (region.result(0), RESULTS)];
        parts.extend(rings.map(|((start, _), len)| (start.addr().get() - base, len)));
        let mut end = 0;
        for (start, len) in parts {
            assert!(start >= end && start % 8 == 0);
            end = start + len;
        }
        assert_eq!(end, LEN);
        assert_eq!(region.result(0).0.addr().get() % 16, 0);
    }

    #[test]
    fn positions_go_round() {
        let region = Region::create().unwrap();
        let (first, whole) = region.result(0);
        assert_eq!(whole, RESULTS);
        for position in [RESULTS as u64, u64::MAX - RESULTS as u64 + 1] {
            assert_eq!(region.result(position), (first, RESULTS));
        }
        assert_eq!(region.result(u64::MAX).1, 1);
        assert_eq!(region.data(DATA as u64 - 5).1, 5);
    }

    #[test]
    fn a_file_that_is_too_short_is_refused() {
        let short = MemoryFile::create(LEN as u64 - 1).unwrap();
        assert!(Region::open(short.location()).is_err());
        let empty = MemoryFile::create(0).unwrap();
        assert!(Region::open(empty.location()).is_err());
    }
}
