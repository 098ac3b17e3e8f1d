//! The memory of a pool and a worker, in models: two slots and short rings in this process.
//!
//! The words are loom's. Bytes are bytes, and for each unit of them there is a cell of loom's, which it watches:
//! a read that does not come after the write of what it reads, and a write that does not come after the read of
//! what it destroys, fail the model, whatever the bytes are.

use crate::atomic::{AtomicU32, AtomicU64};
use crate::transport::memory::Location;
use crate::transport::region::{LEN, SLOTS, Word};
use loom::cell::UnsafeCell;
use std::io;
use std::ptr::NonNull;

/// What is watched as one. Models begin and end what they send at multiples of it.
const UNIT: usize = 8;

#[derive(Debug)]
pub(crate) struct Region {
    words: [AtomicU32; Word::ALL.len()],
    wide_words: [AtomicU64; Word::ALL.len()],
    claims: [AtomicU64; SLOTS],
    bytes: NonNull<[u128; LEN / 16]>,
    watched: [UnsafeCell<()>; LEN / UNIT],
}

// SAFETY: the bytes are used as the rings' rules have it, which is what loom checks.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

#[allow(clippy::unnecessary_wraps, reason = "as with real memory")]
impl Region {
    pub(crate) fn create() -> io::Result<Self> {
        Ok(Self {
            words: [(); _].map(|()| AtomicU32::new(0)),
            wide_words: [(); _].map(|()| AtomicU64::new(0)),
            claims: [(); _].map(|()| AtomicU64::new(0)),
            bytes: NonNull::from(Box::leak(Box::new([0; _]))),
            watched: [(); _].map(|()| UnsafeCell::new(())),
        })
    }

    pub(crate) fn open(_location: &Location) -> io::Result<Self> {
        Err(io::Error::other("the memory of a model is in no file"))
    }

    pub(crate) fn location(&self) -> &Location {
        unreachable!("models start no workers")
    }

    pub(crate) fn word(&self, word: Word) -> &AtomicU32 {
        &self.words[word as usize]
    }

    pub(crate) fn wide_word(&self, word: Word) -> &AtomicU64 {
        &self.wide_words[word as usize]
    }

    pub(crate) fn claim(&self, number: u32) -> &AtomicU64 {
        &self.claims[number as usize % SLOTS]
    }

    pub(crate) fn at(&self, offset: usize) -> NonNull<u8> {
        assert!(offset < LEN);
        // SAFETY: within the bytes.
        unsafe { self.bytes.cast::<u8>().add(offset) }
    }

    fn watched(&self, start: NonNull<u8>, len: usize) -> &[UnsafeCell<()>] {
        let offset = start.addr().get() - self.bytes.addr().get();
        assert!(offset.is_multiple_of(UNIT) && len.is_multiple_of(UNIT), "units as a whole");
        &self.watched[offset / UNIT..(offset + len) / UNIT]
    }

    pub(crate) fn reads(&self, start: NonNull<u8>, len: usize) {
        self.watched(start, len).iter().for_each(|unit| unit.with(|_| ()));
    }

    pub(crate) fn writes(&self, start: NonNull<u8>, len: usize) {
        self.watched(start, len).iter().for_each(|unit| unit.with_mut(|_| ()));
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: made by a box, and dropped once.
        drop(unsafe { Box::from_raw(self.bytes.as_ptr()) });
    }
}
