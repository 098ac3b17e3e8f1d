//! [`Ring`]: a part of the file of a log, mapped by this process.
//!
//! The one module of the log that computes addresses. Positions and lengths may be anything: they are
//! reduced to the mapping.

use super::control::Control;
use crate::atomic::AtomicU64;
use crate::shared::descriptor::Descriptor;
use crate::shared::memory::{self, Mapping};
use executor_core::wire::make_room;
use std::io;

/// Rings start at multiples of it, and have it as their least length: no page of any system is larger.
const UNIT: u64 = 64 * 1024;

/// Where the first ring is.
pub(super) const FIRST: Span = Span { offset: UNIT, len: UNIT };

/// Rings double up to this length. Longer ones are made for long messages only.
pub(super) const LONGEST: u64 = 8 * 1024 * 1024;

const _: () = assert!(size_of::<Control>() as u64 + 64 <= UNIT);

/// A part of the file in which a ring is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

impl Span {
    pub(super) fn end(self) -> Option<u64> {
        self.offset.checked_add(self.len)
    }

    /// Whether a ring can be there, if the file is long enough.
    fn is_sound(self) -> bool {
        self.len.is_power_of_two()
            && self.len >= UNIT
            && self.offset >= FIRST.offset
            && self.offset.is_multiple_of(UNIT)
            && self.end().is_some()
    }
}

/// Makes the file long enough for a ring.
pub(super) fn make(file: &Descriptor, span: Span) -> io::Result<()> {
    let end = span.end().ok_or_else(|| io::Error::other("a message is too long"))?;
    memory::grow(file, end)
}

/// Gives the whole pages from one place in a ring up to another, round the end if that comes first,
/// back to the system.
pub(super) fn discard(file: &Descriptor, ring: Span, from: u64, to: u64) {
    let page = memory::page_size() as u64;
    let parts = if from <= to { [(from, to), (0, 0)] } else { [(from, ring.len), (0, to)] };
    for (from, to) in parts {
        let (from, to) = (from.next_multiple_of(page), to.min(ring.len) / page * page);
        if from < to {
            memory::discard(file, ring.offset + from, to - from);
        }
    }
}

/// One mapping of a ring.
#[derive(Debug)]
pub(super) struct Ring {
    map: Mapping,
    span: Span,
    /// How much of it this process has written to, or more.
    touched: usize,
}

/// The rings that one end has mapped in this process, the latest first.
#[derive(Debug, Default)]
pub(super) struct Rings(Vec<Ring>);

impl Rings {
    /// How many are kept. Producers and consumers go round by as many while the backlog is short.
    const KEPT: usize = 4;

    /// The ring that is there.
    #[inline]
    pub(super) fn get(&mut self, file: &Descriptor, span: Span) -> io::Result<&mut Ring> {
        if self.0.first().is_none_or(|ring| ring.span != span) {
            self.bring(file, span)?;
        }
        Ok(&mut self.0[0])
    }

    #[cold]
    fn bring(&mut self, file: &Descriptor, span: Span) -> io::Result<()> {
        match self.0.iter().position(|ring| ring.span == span) {
            Some(index) => self.0[..=index].rotate_right(1),
            None => {
                self.0.truncate(Self::KEPT - 1);
                self.0.insert(0, Ring::map(file, span)?);
            }
        }
        Ok(())
    }
}

impl Ring {
    /// Maps the ring that is there, once it is clear that it can be, and that the file reaches so far.
    fn map(file: &Descriptor, span: Span) -> io::Result<Self> {
        if !span.is_sound() {
            return Err(io::Error::other("there is nonsense in the shared memory of a queue"));
        }
        let len = usize::try_from(span.len).map_err(io::Error::other)?;
        let map = memory::map(file, span.offset, len)?;
        Ok(Self { map, span, touched: 0 })
    }

    fn index(&self, position: u64) -> usize {
        (position & (self.span.len - 1)) as usize
    }

    /// The word at this position, counted from the beginning of the ring.
    #[inline]
    pub(super) fn word(&self, position: u64) -> &AtomicU64 {
        let index = self.index(position) & !7;
        // SAFETY: within the mapping, which is `span.len` long, a multiple of eight, and starts at
        // a page; aligned; any bytes are a number, and whoever else writes here breaks the rules,
        // or does so by an atomic or before he has published.
        unsafe { &*self.map.as_ptr().add(index).cast::<AtomicU64>() }
    }

    /// Copies bytes to this position, and round the end. There must not be more than the ring has.
    pub(super) fn write(&mut self, position: u64, bytes: &[u8]) {
        assert!(bytes.len() <= self.map.len());
        let index = self.index(position);
        self.expect(index, bytes.len());
        let (first, rest) = bytes.split_at(bytes.len().min(self.map.len() - index));
        let start = self.map.as_mut_ptr();
        // SAFETY: `first` ends at the end of the mapping at most, `rest` is no longer than the
        // mapping; the slice is not in the mapping, of which there are no slices; nobody who keeps
        // the rules reads this yet.
        unsafe {
            start.add(index).copy_from_nonoverlapping(first.as_ptr(), first.len());
            start.copy_from_nonoverlapping(rest.as_ptr(), rest.len());
        }
    }

    /// Says that much is about to be written for the first time, so that not every page of it costs
    /// a fault.
    fn expect(&mut self, index: usize, len: usize) {
        /// For less the call would cost as much.
        const MUCH: usize = 128 * 1024;
        let end = self.map.len().min(index + len);
        let start = index.max(self.touched);
        if len < MUCH || end <= start {
            return;
        }
        self.touched = end;
        #[cfg(target_os = "linux")]
        {
            let start = start / memory::page_size() * memory::page_size();
            let advice = memmap2::Advice::PopulateWrite;
            let _only_faster = self.map.advise_range(advice, start, end - start);
        }
    }

    /// Replaces what is in `buffer` by `len` bytes from this position, and round the end. There
    /// must not be more than the ring has.
    pub(super) fn read(&self, position: u64, len: usize, buffer: &mut Vec<u8>) -> io::Result<()> {
        assert!(len <= self.map.len());
        buffer.clear();
        make_room(buffer, len).map_err(io::Error::other)?;
        let index = self.index(position);
        let first = len.min(self.map.len() - index);
        let (start, to) = (self.map.as_ptr(), buffer.as_mut_ptr());
        // SAFETY: both parts are within the mapping, as above, and the buffer has room for them,
        // whereupon that many bytes of it are initialised. Whoever writes here meanwhile breaks the
        // rules; then the bytes are wrong ones.
        unsafe {
            to.copy_from_nonoverlapping(start.add(index), first);
            to.add(first).copy_from_nonoverlapping(start, len - first);
            buffer.set_len(len);
        }
        Ok(())
    }
}
