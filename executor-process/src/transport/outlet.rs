//! The way back: outcomes in frames in a ring, large ones in a depot.
//!
//! A frame is a header of 16 bytes and a payload, both at multiples of 16. It is published by moving
//! `ResultTail` behind it. So what is published is complete, whenever the worker is killed, and what is
//! complete is not lost with the worker: the pool reads the rest of the ring after a death.
//!
//! ```text
//!   number of the task   u32
//!   kind                 u8    an `OutcomeKind`, STARTED or PADDING
//!   place                u8    whether the payload is the outcome or says where in the depot it is
//!   attachments          u16   how many the next message has for this outcome
//!   length               u64   of the outcome, or of the padding with this header
//! ```
//!
//! A frame does not wrap around the end of the ring; what is too short there is padding. The pool
//! believes none of it: [`Frames::next`] gives an error for whatever a worker cannot have meant, and
//! the fuzz test below feeds it noise.

use super::region::{RESULTS, Region, Word};
use std::mem;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The longest outcome that goes through the ring.
pub(crate) const MAX_RING: usize = 64 * 1024;

const HEADER: usize = size_of::<Header>();

/// Values of the kind beside those of `OutcomeKind`.
pub(crate) const STARTED: u8 = 64;
const PADDING: u8 = 65;

/// Values of the place.
const IN_RING: u8 = 0;
const IN_DEPOT: u8 = 1;

#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Header {
    number: u32,
    kind: u8,
    place: u8,
    attachments: u16,
    len: u64,
}

impl From<[u64; 2]> for Header {
    fn from(words: [u64; 2]) -> Self {
        // SAFETY: as long as they are, and every pattern of bits is a header.
        unsafe { mem::transmute::<[u64; 2], Self>(words) }
    }
}

/// How much of the ring an outcome of this length takes.
fn padded(len: usize) -> usize {
    HEADER + len.next_multiple_of(16)
}

/// Where an outcome is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Payload<'a> {
    Bytes(&'a [u8]),
    Depot { offset: u64, len: u64 },
}

/// The worker's end.
#[derive(Debug, Default)]
pub(crate) struct Results {
    tail: u64,
    /// As last seen.
    head: u64,
}

impl Results {
    /// Appends and publishes a frame; `false` if there is no room for it yet.
    pub(crate) fn try_publish(
        &mut self,
        region: &Region,
        number: u32,
        kind: u8,
        attachments: u16,
        payload: Payload<'_>,
    ) -> bool {
        let position;
        let (place, len, bytes) = match payload {
            Payload::Bytes(bytes) => (IN_RING, bytes.len() as u64, bytes),
            Payload::Depot { offset, len } => {
                position = offset.to_ne_bytes();
                (IN_DEPOT, len, &position[..])
            }
        };
        let needed = padded(bytes.len());
        let (_, contiguous) = region.result(self.tail);
        let padding = if contiguous < needed { contiguous } else { 0 };
        if self.tail + (padding + needed) as u64 > self.head + RESULTS as u64 {
            self.head = region.wide_word(Word::ResultHead).load(Acquire);
            if self.tail + (padding + needed) as u64 > self.head + RESULTS as u64 {
                return false;
            }
        }
        if padding > 0 {
            let header =
                Header { number: 0, kind: PADDING, place: 0, attachments: 0, len: padding as u64 };
            self.write(region, header, &[]);
            self.tail += padding as u64;
        }
        self.write(region, Header { number, kind, place, attachments, len }, bytes);
        self.tail += needed as u64;
        region.wide_word(Word::ResultTail).store(self.tail, Release);
        true
    }

    fn write(&self, region: &Region, header: Header, bytes: &[u8]) {
        let (start, contiguous) = region.result(self.tail);
        assert!(HEADER + bytes.len() <= contiguous);
        region.writes(start, HEADER + bytes.len());
        // SAFETY: so many contiguous bytes, aligned to 16, which the pool has read or never used and
        // does not read before they are published.
        unsafe {
            start.cast::<Header>().write(header);
            let payload = start.add(HEADER);
            payload.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len());
        }
    }
}

/// What the pool reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) number: u32,
    pub(crate) kind: u8,
    pub(crate) attachments: u16,
    /// The position behind it: what is told to [`Frames::free`] when it is done with.
    pub(crate) end: u64,
    pub(crate) place: Place,
}

/// Where the outcome is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// In the ring.
    Ring { start: NonNull<u8>, len: usize },
    /// In the worker's depot.
    Depot { offset: u64, len: u64 },
}

// SAFETY: the pointer is into a region that outlives the frame, see `Frames::next`.
unsafe impl Send for Frame {}

/// The worker wrote something that it cannot have meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Garbled;

/// The header at this position, where it is, and how many bytes from there on are published and
/// contiguous.
fn header_at(
    region: &Region,
    position: u64,
    tail: u64,
) -> Result<(Header, NonNull<u8>, usize), Garbled> {
    let unread = tail.wrapping_sub(position);
    if unread > RESULTS as u64 || unread < HEADER as u64 {
        return Err(Garbled);
    }
    let (start, contiguous) = region.result(position);
    region.reads(start, HEADER);
    // SAFETY: positions move by multiples of 16, whatever the worker writes, so this is aligned and a
    // header fits before the end of the ring. The worker could change it under our eyes, so it is
    // atomics, read exactly once each, and what was read is what is checked.
    let words = unsafe { start.cast::<[AtomicU64; 2]>().as_ref() };
    let header = Header::from(words.each_ref().map(|word| word.load(Relaxed)));
    Ok((header, start, contiguous.min(unread as usize)))
}

/// The pool's end.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    head: u64,
}

impl Frames {
    /// Whether there is something to read.
    pub(crate) fn is_empty(&self, region: &Region) -> bool {
        region.wide_word(Word::ResultTail).load(Acquire) == self.head
    }

    /// The next frame, which stays readable until it is [freed](Self::free).
    ///
    /// # Errors
    ///
    /// [`Garbled`] for anything that a worker which follows the rules does not write.
    pub(crate) fn next(&mut self, region: &Region) -> Result<Option<Frame>, Garbled> {
        // Looked at once, so that a worker which goes on writing cannot keep us here.
        let tail = region.wide_word(Word::ResultTail).load(Acquire);
        if tail == self.head {
            return Ok(None);
        }
        let mut position = self.head;
        let (mut header, mut start, mut available) = header_at(region, position, tail)?;
        if header.kind == PADDING {
            let (_, contiguous) = region.result(position);
            if header.len != contiguous as u64 || contiguous > available {
                return Err(Garbled);
            }
            position = position.wrapping_add(header.len);
            // It is published together with the frame behind it.
            (header, start, available) = header_at(region, position, tail)?;
        }
        let (place, taken) = match (header.kind, header.place) {
            (PADDING, _) => return Err(Garbled),
            (_, IN_RING) => {
                let len = usize::try_from(header.len).map_err(|_| Garbled)?;
                if len > RESULTS || padded(len) > available {
                    return Err(Garbled);
                }
                // SAFETY: within the ring, as just checked.
                (Place::Ring { start: unsafe { start.add(HEADER) }, len }, padded(len))
            }
            (_, IN_DEPOT) if padded(8) <= available => {
                // SAFETY: eight bytes within the ring, aligned. Read once, as the header is.
                let offset = unsafe { start.add(HEADER).cast::<AtomicU64>().as_ref() };
                let offset = offset.load(Relaxed);
                (Place::Depot { offset, len: header.len }, padded(8))
            }
            _ => return Err(Garbled),
        };
        self.head = position.wrapping_add(taken as u64);
        let Header { number, kind, attachments, .. } = header;
        Ok(Some(Frame { number, kind, attachments, end: self.head, place }))
    }

    /// Puts back a frame that was just read.
    pub(crate) fn unread(&mut self, position: u64) {
        self.head = position;
    }

    /// Where reading goes on.
    pub(crate) fn position(&self) -> u64 {
        self.head
    }

    /// Everything before this position may be written over.
    pub(crate) fn free(region: &Region, position: u64) {
        region.wide_word(Word::ResultHead).store(position, Release);
    }

    /// How many large results have been read and copied.
    pub(crate) fn count_large(region: &Region) {
        let word = region.wide_word(Word::LargeRead);
        // We are the only one to write it, but a worker that has gone wild.
        word.store(word.load(Relaxed).wrapping_add(1), Release);
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
