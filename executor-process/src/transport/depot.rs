//! Depots: memory for payloads that are too large for a ring.
//!
//! A depot is a file of segments, each used for one payload at a time. Its
//! writer maps a segment when it makes it, and keeps the mapping when the payload is gone, so that the
//! next one of that size costs neither system calls nor page faults. Its readers map a segment when
//! they first read it, and keep that as well. How much is kept so is limited: memory is scarce, and where
//! there are 32 bits so are addresses.
//!
//! The pool has one depot for arguments, which its workers read; each worker has one for results, which
//! the pool has made for it, so that a result outlives the worker that wrote it.
//!
//! Who may write to a segment: the holder of the [`Segment`], until it tells a reader where it is. The
//! pool drops the segment of an argument when the task is over; a worker drops that of a result when
//! the pool has counted it as read. A pool reads results as memory that may change under its eyes.

use super::memory::MemoryFile;
use executor_core::wire::{NoRoom, Room, Storage};
use memmap2::MmapRaw;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io;
use std::ptr::NonNull;
use std::sync::Arc;

/// The least length of a segment.
const MIN_SEGMENT: usize = 128 * 1024;

/// Whether a process that maps a few gigabytes has no addresses left.
const FEW_ADDRESSES: bool = usize::BITS < 64;

/// How many bytes of unused segments keep their memory, and their mapping.
const KEEP: u64 = if FEW_ADDRESSES { 64 << 20 } else { 256 << 20 };

/// How many segments there can be: a process can have only so many mappings.
pub(crate) const MAX_SEGMENTS: usize = 8192;

/// How many segments a reader keeps mapped.
const MAX_MAPS: usize = 1024;

/// How many bytes of them.
const MAX_MAPPED: usize = if FEW_ADDRESSES { 64 << 20 } else { isize::MAX as usize };

/// The writer's side.
#[derive(Debug)]
pub(crate) struct Depot {
    file: MemoryFile,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Unused segments, by length.
    free: BTreeMap<usize, Vec<Unused>>,
    /// How many bytes of them have memory.
    kept: u64,
    /// Where the next new segment goes.
    end: u64,
    segments: usize,
}

/// A mapped part of the file.
#[derive(Debug)]
struct Piece {
    offset: u64,
    map: MmapRaw,
}

/// One that nobody uses.
#[derive(Debug)]
struct Unused {
    offset: u64,
    /// Nothing if it was given back, with the memory.
    map: Option<MmapRaw>,
}

/// Room for one payload, given back to the depot when dropped.
#[derive(Debug)]
pub(crate) struct Segment {
    depot: Arc<Depot>,
    piece: Option<Piece>,
}

impl Depot {
    pub(crate) fn new(file: MemoryFile) -> Arc<Self> {
        Arc::new(Self { file, state: Mutex::default() })
    }

    pub(crate) fn file(&self) -> &MemoryFile {
        &self.file
    }

    /// Room for `len` bytes.
    ///
    /// # Errors
    ///
    /// The system has no more memory, or there are too many segments.
    pub(crate) fn allocate(self: &Arc<Self>, len: usize) -> io::Result<Segment> {
        let size = segment_size(len)
            .ok_or_else(|| io::Error::other("a value too large for this machine's memory"))?;
        let mut state = self.state.lock();
        if let Some((size, unused)) = state.take_fitting(size) {
            drop(state);
            return self.use_again(size, unused);
        }
        if state.segments == MAX_SEGMENTS {
            // Room for one of this size, in place of an unused one of another.
            let other = state.free.iter().find(|(_, unused)| !unused.is_empty());
            let other = other.map(|(&size, _)| size);
            match other.and_then(|size| state.take(size)) {
                Some((size, unused)) => self.file.discard(unused.offset, size as u64),
                None => return Err(io::Error::other("too many large values are waiting")),
            }
            state.segments -= 1;
        }
        let offset = state.end;
        self.file.set_len(offset + size as u64)?;
        let map = self.file.map_writable(offset, size)?;
        state.end += size as u64;
        state.segments += 1;
        drop(state);
        Ok(self.segment(offset, map))
    }

    fn use_again(self: &Arc<Self>, size: usize, unused: Unused) -> io::Result<Segment> {
        let Unused { offset, map } = unused;
        match map.map_or_else(|| self.file.map_writable(offset, size), Ok) {
            Ok(map) => Ok(self.segment(offset, map)),
            Err(error) => {
                self.state.lock().put(size, Unused { offset, map: None });
                Err(error)
            }
        }
    }

    fn segment(self: &Arc<Self>, offset: u64, map: MmapRaw) -> Segment {
        Segment { depot: Arc::clone(self), piece: Some(Piece { offset, map }) }
    }
}

/// How long a segment for so many bytes is: up to an eighth longer, so that one serves for values of
/// about the same length, and at a multiple of what systems can map at.
fn segment_size(len: usize) -> Option<usize> {
    let len = len.max(MIN_SEGMENT);
    let step = (1 << len.ilog2()) / 8;
    len.checked_next_multiple_of(step.max(64 * 1024))
}

impl State {
    /// An unused segment of at least this length, and not much more.
    fn take_fitting(&mut self, size: usize) -> Option<(usize, Unused)> {
        let fitting = self.free.range(size..=size.saturating_add(size / 4));
        let size =
            *fitting.filter(|(_, unused)| !unused.is_empty()).map(|(size, _)| size).next()?;
        self.take(size)
    }

    /// An unused segment of exactly this length.
    fn take(&mut self, size: usize) -> Option<(usize, Unused)> {
        let unused = self.free.get_mut(&size).and_then(Vec::pop)?;
        if unused.map.is_some() {
            self.kept -= size as u64;
        }
        Some((size, unused))
    }

    fn put(&mut self, size: usize, unused: Unused) {
        self.free.entry(size).or_default().push(unused);
    }
}

impl Depot {
    /// A copy of `bytes`.
    ///
    /// # Errors
    ///
    /// As for [`allocate`](Self::allocate).
    pub(crate) fn store(self: &Arc<Self>, bytes: &[u8]) -> io::Result<Segment> {
        let mut segment = self.allocate(bytes.len())?;
        let Room { start, capacity } = segment.room();
        debug_assert!(bytes.len() <= capacity);
        // SAFETY: `allocate` gives at least as much, for us alone.
        unsafe { start.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) };
        Ok(segment)
    }
}

impl Segment {
    fn piece(&self) -> &Piece {
        self.piece.as_ref().expect("present until dropped")
    }

    /// Where it is in the depot.
    pub(crate) fn offset(&self) -> u64 {
        self.piece().offset
    }

    fn room(&mut self) -> Room {
        let map = &self.piece().map;
        let start = NonNull::new(map.as_mut_ptr()).expect("a mapping is not at zero");
        Room { start, capacity: map.len() }
    }

    /// The first `len` bytes, after their writer has finished.
    pub(crate) fn bytes(&self, len: usize) -> &[u8] {
        let map = &self.piece().map;
        assert!(len <= map.len());
        // SAFETY: so many bytes are mapped for as long as we are borrowed, and only `room` gives the
        // means to write to them, of which nobody else makes use: other processes map a segment for
        // reading, and this process fills it before it is looked at.
        unsafe { std::slice::from_raw_parts(map.as_ptr(), len) }
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        let Some(Piece { offset, map }) = self.piece.take() else { return };
        let size = map.len();
        let mut state = self.depot.state.lock();
        let map = if state.kept + size as u64 > KEEP {
            self.depot.file.discard(offset, size as u64);
            None
        } else {
            state.kept += size as u64;
            Some(map)
        };
        state.put(size, Unused { offset, map });
    }
}

/// The reader's side.
#[derive(Debug)]
pub(crate) struct DepotReader {
    file: MemoryFile,
    /// By offset and length.
    maps: BTreeMap<(u64, usize), Arc<MmapRaw>>,
    /// How many bytes these are.
    mapped: usize,
}

impl DepotReader {
    pub(crate) fn new(file: MemoryFile) -> Self {
        Self { file, maps: BTreeMap::new(), mapped: 0 }
    }

    /// A mapping that begins with the payload at this offset, and is at least as long.
    ///
    /// # Errors
    ///
    /// There is no such range in the depot.
    pub(crate) fn find(&mut self, offset: u64, len: u64) -> io::Result<Arc<MmapRaw>> {
        let len = usize::try_from(len).map_err(io::Error::other)?;
        // A segment may hold less than it could, and more the next time; then it is mapped again.
        if let Some((_, map)) = self.maps.range((offset, len)..=(offset, usize::MAX)).next() {
            return Ok(Arc::clone(map));
        }
        let whole = segment_size(len).ok_or_else(no_such_range)?;
        if !self.file.could_hold(len as u64)? {
            return Err(no_such_range());
        }
        if self.maps.len() >= MAX_MAPS || self.mapped.saturating_add(whole) > MAX_MAPPED {
            self.maps.clear(); // what is being read stays with whoever reads it
            self.mapped = 0;
        }
        let map = Arc::new(self.file.map_readable(offset, whole)?);
        self.maps.insert((offset, whole), Arc::clone(&map));
        self.mapped += whole;
        Ok(map)
    }
}

fn no_such_range() -> io::Error {
    io::Error::other("there is no such range of shared memory")
}

/// Where an encoded value goes: at first to a buffer, and if it is large, to a depot.
#[derive(Debug)]
pub(crate) struct Parcel<'d> {
    buffer: Vec<u8>,
    segment: Option<Segment>,
    depot: &'d Arc<Depot>,
    /// What does not fit in as many bytes is large.
    limit: usize,
    /// Whether a large value may stay in the buffer if the depot has no room.
    may_stay: bool,
    /// Whether this one does.
    stays: bool,
}

impl<'d> Parcel<'d> {
    /// `buffer` is used for its capacity only.
    pub(crate) fn new(mut buffer: Vec<u8>, depot: &'d Arc<Depot>, limit: usize) -> Self {
        buffer.clear();
        Self { buffer, segment: None, depot, limit, may_stay: false, stays: false }
    }

    /// For values that need not be in the depot yet.
    pub(crate) fn may_stay(self) -> Self {
        Self { may_stay: true, ..self }
    }

    /// Makes the buffer long enough, with `used` bytes in it.
    fn grow_buffer(&mut self, used: usize, needed: usize) -> Result<Room, NoRoom> {
        debug_assert!(used <= self.buffer.capacity());
        // SAFETY: `used` bytes were written to where the buffer is.
        unsafe { self.buffer.set_len(used) };
        let reserved = self.buffer.try_reserve(needed - used);
        reserved.map_err(|error| NoRoom(error.to_string()))?;
        self.buffer.clear();
        Ok(self.buffer_room())
    }

    fn buffer_room(&mut self) -> Room {
        let start = NonNull::new(self.buffer.as_mut_ptr()).expect("a vector is not at zero");
        let limit = if self.stays { usize::MAX } else { self.limit };
        Room { start, capacity: self.buffer.capacity().min(limit) }
    }

    /// What was written: so many bytes. The parcel can then be used for another value.
    pub(crate) fn pack(&mut self, len: usize) -> Packed<'_> {
        match self.segment.take() {
            Some(segment) => Packed::Large(segment, len),
            None => {
                debug_assert!(len <= self.buffer.capacity());
                // SAFETY: the output wrote so many bytes to where the buffer is, as `grow` let it.
                Packed::Small(unsafe { std::slice::from_raw_parts(self.buffer.as_ptr(), len) })
            }
        }
    }

    /// The buffer, to be used again.
    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }
}

/// An encoded value.
#[derive(Debug)]
pub(crate) enum Packed<'p> {
    Small(&'p [u8]),
    Large(Segment, usize),
}

// SAFETY: the room is the capacity of our own buffer, or our own segment, and stays where it is until
// it grows again.
unsafe impl Storage for Parcel<'_> {
    fn begin(&mut self) -> Room {
        self.segment = None; // of a value that was given up
        self.stays = false;
        self.buffer_room()
    }

    fn grow(&mut self, used: usize, needed: usize) -> Result<Room, NoRoom> {
        if needed <= self.limit || self.stays {
            return self.grow_buffer(used, needed); // a segment, if any, is longer than the limit
        }
        let no_room = |error: io::Error| {
            NoRoom(format!("no shared memory for a value of {needed} bytes: {error}"))
        };
        // Twice what there is, so that a value made of many small pieces is not copied too often.
        let wanted = if used > self.limit { needed.max(used.saturating_mul(2)) } else { needed };
        let mut larger = match self.depot.allocate(wanted) {
            Ok(larger) => larger,
            Err(error) if !self.may_stay => return Err(no_room(error)),
            Err(_) => {
                if let Some(segment) = &self.segment {
                    self.buffer.clear();
                    let reserved = self.buffer.try_reserve(needed);
                    reserved.map_err(|error| NoRoom(error.to_string()))?;
                    self.buffer.extend_from_slice(segment.bytes(used));
                    self.segment = None;
                }
                self.stays = true;
                return self.grow_buffer(used, needed);
            }
        };
        let room = larger.room();
        let old = match &mut self.segment {
            Some(segment) => segment.room().start,
            None => NonNull::new(self.buffer.as_mut_ptr()).expect("a vector is not at zero"),
        };
        // SAFETY: `used` bytes were written to the former room; the new one is longer and apart.
        unsafe { room.start.copy_from_nonoverlapping(old, used) };
        self.segment = Some(larger);
        Ok(room)
    }
}

#[cfg(test)]
mod tests;
