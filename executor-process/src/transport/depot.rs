//! Depots: memory for payloads that are too large for a ring.
//!
//! A depot is a file of segments, each a power of two long and used for one payload at a time. Its
//! writer maps a segment when it makes it, and keeps the mapping when the payload is gone, so that the
//! next one of that size costs neither system calls nor page faults. Its readers map a segment when
//! they first read it, and keep that as well.
//!
//! The pool has one depot for arguments, which its workers read; each worker has one for results, which
//! the pool has made for it, so that a result outlives the worker that wrote it.
//!
//! Who may write to a segment: the holder of the [`Segment`], until it tells a reader where it is. The
//! pool drops the segment of an argument when the task is over; a worker drops that of a result when
//! the pool has counted it as read. A pool reads results as memory that may change under its eyes.

use super::memory::MemoryFile;
use executor_core::wire::{NoRoom, Room, Storage};
use memmap2::{Mmap, MmapMut};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io;
use std::ptr::NonNull;
use std::sync::Arc;

/// The least length of a segment.
const MIN_SEGMENT: usize = 128 * 1024;

/// How many bytes of unused segments keep their memory.
const KEEP: u64 = 256 * 1024 * 1024;

/// How many segments there can be: a process can have only so many mappings.
const MAX_SEGMENTS: usize = 1024;

/// The writer's side.
#[derive(Debug)]
pub(crate) struct Depot {
    file: MemoryFile,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Unused segments, by length.
    free: BTreeMap<usize, Vec<Piece>>,
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
    map: MmapMut,
    /// Whether its memory was given back when it was last freed.
    discarded: bool,
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
        let size = len
            .max(MIN_SEGMENT)
            .checked_next_power_of_two()
            .ok_or_else(|| io::Error::other("a value too large for this machine's memory"))?;
        let mut state = self.state.lock();
        if let Some(piece) = state.free.get_mut(&size).and_then(Vec::pop) {
            if !piece.discarded {
                state.kept -= size as u64;
            }
            drop(state);
            return Ok(Segment { depot: Arc::clone(self), piece: Some(piece) });
        }
        if state.segments == MAX_SEGMENTS {
            return Err(io::Error::other("too many large values are waiting"));
        }
        let offset = state.end;
        self.file.set_len(offset + size as u64)?;
        let map = self.file.map_mut(offset, size)?;
        state.end += size as u64;
        state.segments += 1;
        drop(state);
        let piece = Piece { offset, map, discarded: false };
        Ok(Segment { depot: Arc::clone(self), piece: Some(piece) })
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
        let piece = segment.piece.as_mut().expect("present until dropped");
        piece.map[..bytes.len()].copy_from_slice(bytes);
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
        let map = &mut self.piece.as_mut().expect("present until dropped").map;
        let capacity = map.len();
        let start = NonNull::new(map.as_mut_ptr()).expect("a mapping is not at zero");
        Room { start, capacity }
    }

    /// The first `len` bytes, for their one writer or after it has finished.
    pub(crate) fn bytes(&self, len: usize) -> &[u8] {
        &self.piece().map[..len]
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        let Some(mut piece) = self.piece.take() else { return };
        let size = piece.map.len();
        let mut state = self.depot.state.lock();
        piece.discarded = state.kept + size as u64 > KEEP;
        if piece.discarded {
            self.depot.file.discard(piece.offset, size as u64);
        } else {
            state.kept += size as u64;
        }
        state.free.entry(size).or_default().push(piece);
    }
}

/// The reader's side.
#[derive(Debug)]
pub(crate) struct DepotReader {
    file: MemoryFile,
    maps: BTreeMap<u64, Mmap>,
}

impl DepotReader {
    pub(crate) fn new(file: MemoryFile) -> Self {
        Self { file, maps: BTreeMap::new() }
    }

    /// Where the payload at this offset is.
    ///
    /// # Errors
    ///
    /// There is no such range in the depot.
    pub(crate) fn find(&mut self, offset: u64, len: u64) -> io::Result<NonNull<u8>> {
        let len = usize::try_from(len).map_err(io::Error::other)?;
        if let Some(map) = self.maps.get(&offset) {
            return if len <= map.len() { Ok(start(map)) } else { Err(no_such_range()) };
        }
        if self.maps.len() == MAX_SEGMENTS {
            return Err(no_such_range()); // a writer that follows the rules has no more
        }
        let whole = len.max(MIN_SEGMENT).checked_next_power_of_two().ok_or_else(no_such_range)?;
        let map = self.file.map(offset, whole)?;
        Ok(start(self.maps.entry(offset).or_insert(map)))
    }
}

fn start(map: &Mmap) -> NonNull<u8> {
    NonNull::new(map.as_ptr().cast_mut()).expect("a mapping is not at zero")
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
}

impl<'d> Parcel<'d> {
    /// `buffer` is used for its capacity only.
    pub(crate) fn new(mut buffer: Vec<u8>, depot: &'d Arc<Depot>, limit: usize) -> Self {
        buffer.clear();
        Self { buffer, segment: None, depot, limit }
    }

    /// What was written, and the buffer if it is free again.
    pub(crate) fn finish(mut self, len: usize) -> (Packed, Vec<u8>) {
        match self.segment {
            Some(segment) => (Packed::Large(segment, len), self.buffer),
            None => {
                if len > 0 {
                    // SAFETY: the output wrote so many bytes into the buffer, as `grow` let it.
                    unsafe { self.buffer.set_len(len) };
                }
                (Packed::Small(self.buffer), Vec::new())
            }
        }
    }
}

/// An encoded value.
#[derive(Debug)]
pub(crate) enum Packed {
    Small(Vec<u8>),
    Large(Segment, usize),
}

// SAFETY: the room is the capacity of our own buffer, or our own segment, and stays where it is until
// it grows again.
unsafe impl Storage for Parcel<'_> {
    fn grow(&mut self, used: usize, needed: usize) -> Result<Room, NoRoom> {
        if needed <= self.limit {
            // SAFETY: `used` bytes were written; a segment, if any, is longer than the limit.
            unsafe { self.buffer.set_len(used) };
            let reserved = self.buffer.try_reserve(needed - used);
            reserved.map_err(|error| NoRoom(error.to_string()))?;
            self.buffer.clear();
            let start = NonNull::new(self.buffer.as_mut_ptr()).expect("a vector is not at zero");
            return Ok(Room { start, capacity: self.buffer.capacity().min(self.limit) });
        }
        let no_room = |error: io::Error| {
            NoRoom(format!("no shared memory for a value of {needed} bytes: {error}"))
        };
        // Twice what there is, so that a value made of many small pieces is not copied too often.
        let wanted = if used > self.limit { needed.max(used.saturating_mul(2)) } else { needed };
        let mut larger = self.depot.allocate(wanted).map_err(no_room)?;
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
