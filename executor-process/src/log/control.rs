//! The words at the beginning of the memory of a log.

use super::bench::Bench;
use super::ring::{FIRST, Span};
use crate::atomic::{AtomicU32, AtomicU64};
use crate::shared::lock::RobustLock;
use crate::shared::segment::Layout;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// All of them, apart by what is written by whom, and by two lines, since processors fetch lines in
/// pairs.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Control {
    /// How many messages there may be. Written before anybody else sees it.
    limit: AtomicU64,
    /// 1 when it is closed. Written under the lock of the tail.
    closed: AtomicU64,
    /// Those who wait for messages.
    pub(crate) filled: Bench,
    /// Those who wait for room.
    pub(crate) drained: Bench,
    /// For what is made of logs and sleeps in another way. Zero at the beginning.
    pub(crate) spare: [AtomicU32; 2],
    _apart: [u64; 11],
    /// Where messages go in.
    pub(crate) tail: End,
    /// Where they come out.
    pub(crate) head: End,
    /// How far the consumers have come, for producers. May lag behind. Written under the lock of
    /// the head.
    pub(crate) freed: AtomicU64,
    /// The offsets of rings of the [`LONGEST`](super::ring::LONGEST) kind that were left and can be
    /// used again, or 0. Whoever has the lock of the head may write an offset over 0, whoever has
    /// that of the tail 0 over an offset.
    pub(crate) spare_rings: [AtomicU64; 3],
    /// The last number that was given to a message with descriptors. Written under the lock of the
    /// tail.
    pub(crate) numbered: AtomicU64,
}

// SAFETY: `repr(C)`, and atomics, structures of them, and plain numbers that nobody looks at.
unsafe impl Layout for Control {
    const KIND: [u8; 8] = *b"log     ";
}

impl Control {
    /// Fills in what is not zero at the beginning.
    pub(crate) fn begin(&self, limit: u64) {
        self.limit.store(limit, Relaxed);
        let end = FIRST.offset + FIRST.len;
        let first = Place { position: 0, start: 0, ring: FIRST, end };
        self.tail.places[0].write(first);
        self.head.places[0].write(first);
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit.load(Relaxed)
    }

    /// The caller has the lock of the tail.
    pub(crate) fn close(&self) {
        self.closed.store(1, Release);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Acquire) != 0
    }
}

/// Where messages go in, or come out. See the [module of the log](super) for how it changes.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct End {
    pub(crate) lock: RobustLock,
    places: [Words; 2],
    _apart: [u64; 4],
    count: AtomicU64,
    _far_apart: [u64; 15],
}

/// Where one of the ends is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// How many bytes have gone by, in all rings.
    pub(crate) position: u64,
    /// The position at which the ring begins, or began.
    pub(crate) start: u64,
    pub(crate) ring: Span,
    /// Where the rings that there are end. Of the tail only.
    pub(crate) end: u64,
}

impl Place {
    /// Where a position lies in the ring.
    pub(super) fn index(&self, position: u64) -> u64 {
        position.wrapping_sub(self.start) & self.ring.len.wrapping_sub(1)
    }
}

/// A [`Place`] in shared memory.
#[derive(Debug)]
#[repr(C)]
struct Words {
    position: AtomicU64,
    start: AtomicU64,
    offset: AtomicU64,
    len: AtomicU64,
    end: AtomicU64,
}

impl Words {
    fn write(&self, place: Place) {
        self.position.store(place.position, Relaxed);
        self.start.store(place.start, Relaxed);
        self.offset.store(place.ring.offset, Relaxed);
        self.len.store(place.ring.len, Relaxed);
        self.end.store(place.end, Relaxed);
    }

    fn read(&self) -> Place {
        Place {
            position: self.position.load(Relaxed),
            start: self.start.load(Relaxed),
            ring: Span { offset: self.offset.load(Relaxed), len: self.len.load(Relaxed) },
            end: self.end.load(Relaxed),
        }
    }
}

impl End {
    /// One that nothing has passed.
    #[cfg(all(test, loom))]
    pub(crate) fn new() -> Self {
        let zero = || AtomicU64::new(0);
        let words =
            || Words { position: zero(), start: zero(), offset: zero(), len: zero(), end: zero() };
        Self {
            lock: RobustLock::new(),
            places: [words(), words()],
            _apart: [0; 4],
            count: zero(),
            _far_apart: [0; 15],
        }
    }

    /// How many messages have passed. What they are is visible too.
    #[inline]
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Acquire)
    }

    /// The count, and the place that belongs to it. The caller has the lock.
    #[inline]
    pub(crate) fn state(&self) -> (u64, Place) {
        let count = self.count();
        (count, self.places[(count & 1) as usize].read())
    }

    /// Lets a message pass. The caller has the lock, and `count` and the former place from
    /// [`state`](Self::state).
    #[inline]
    pub(crate) fn pass(&self, count: u64, behind: Place) {
        let next = count.wrapping_add(1);
        self.places[(next & 1) as usize].write(behind);
        self.count.store(next, Release);
    }
}

const _: () = assert!(cfg!(loom) || size_of::<End>() == 256);
