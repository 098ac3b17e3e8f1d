//! A message goes in.

use super::control::Place;
use super::ring::{LONGEST, Rings, Span, make};
use super::{AppendError, Log};
use crate::atomic::fence;
use crate::shared::descriptor::Descriptor;
use crate::shared::waiting::Waiting;
use parking_lot::MutexGuard;
use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use std::time::Instant;

/// What a word at the beginning of a record says: its kind, and in the other bits the length of the
/// bytes.
pub(super) const KIND: u64 = 7;
/// The bytes of a message follow.
pub(super) const MESSAGE: u64 = 1;
/// The number of its descriptors follows, then the bytes.
pub(super) const WITH_DESCRIPTORS: u64 = 2;
/// The offset and the length of the next ring follow.
pub(super) const JUMP: u64 = 3;
/// How far to shift a length.
pub(super) const KIND_BITS: u32 = 3;

pub(super) const WORD: u64 = 8;
/// How many bytes a jump takes. So many are always kept free.
pub(super) const JUMP_LEN: u64 = 3 * WORD;

/// What a process knows of the producers' end.
#[derive(Debug, Default)]
pub(super) struct Producer {
    rings: Rings,
    /// As far as the consumers are known to be, at least.
    freed: u64,
    /// As many messages are known to have been taken, at least.
    taken: u64,
}

impl Log {
    /// Appends a message, and waits only for its turn to do so.
    pub(super) fn append_with(
        &self,
        bytes: &[u8],
        descriptors: &[Descriptor],
        waiting: &mut Waiting,
    ) -> Result<(), AppendError> {
        let control = &*self.0.control;
        let mut producer = in_turn(&self.0.producer, waiting).ok_or(AppendError::Full)?;
        // Whatever the last one left behind is a valid state, if it is dead too.
        let Some(_taken) = control.tail.lock.acquire(|| Waiting::limited(waiting.left())) else {
            return Err(AppendError::Full);
        };
        let appended = self.append_in_turn(&mut producer, bytes, descriptors);
        control.tail.lock.release();
        drop(producer);
        appended?;
        fence(SeqCst);
        control.filled.wake_one();
        if control.limit() != u64::MAX || !descriptors.is_empty() {
            control.drained.wake_one_if(|| !self.is_full());
        }
        Ok(())
    }

    /// The same for whoever has the lock.
    fn append_in_turn(
        &self,
        producer: &mut Producer,
        bytes: &[u8],
        descriptors: &[Descriptor],
    ) -> Result<(), AppendError> {
        let control = &*self.0.control;
        if control.is_closed() {
            return Err(AppendError::Closed);
        }
        let (count, mut place) = control.tail.state();
        let limit = control.limit();
        if count.wrapping_sub(producer.taken) >= limit {
            producer.taken = control.head.count();
            if count.wrapping_sub(producer.taken) >= limit {
                return Err(AppendError::Full);
            }
        }
        let head = if descriptors.is_empty() { WORD } else { 2 * WORD };
        let need = (bytes.len() as u64).next_multiple_of(WORD) + head;
        let jumped = self.make_room(producer, &mut place, need).map_err(AppendError::Broken)?;
        let ring = producer.rings.get(self.0.control.descriptor(), place.ring);
        let ring = ring.map_err(AppendError::Broken)?;

        let at = place.index(place.position);
        let kind = if descriptors.is_empty() { MESSAGE } else { WITH_DESCRIPTORS };
        ring.word(at).store((bytes.len() as u64) << KIND_BITS | kind, Relaxed);
        ring.write(at + head, bytes);
        if !descriptors.is_empty() {
            let number = control.numbered.load(Relaxed).wrapping_add(1);
            control.numbered.store(number, Relaxed);
            ring.word(at + WORD).store(number, Relaxed);
            self.0.lane.send(number, descriptors).map_err(|error| match error.kind() {
                io::ErrorKind::WouldBlock => AppendError::Full,
                _ => AppendError::Refused(error),
            })?;
        }
        place.position = place.position.wrapping_add(need);
        control.tail.pass(count, place);
        if jumped {
            self.clear_spare(place);
        }
        Ok(())
    }

    /// Finds room for a record: `place` is where it can be, in the ring that is mapped then. Says
    /// whether that is another one than before.
    fn make_room(&self, producer: &mut Producer, place: &mut Place, need: u64) -> io::Result<bool> {
        let (control, file) = (&*self.0.control, self.0.control.descriptor());
        let fits = |freed: u64| {
            let used = place.position.saturating_sub(freed.max(place.start));
            used.saturating_add(need).saturating_add(JUMP_LEN) <= place.ring.len
        };
        // A ring that was made for a long message is not used for short ones.
        let is_too_long = place.ring.len > LONGEST && need < place.ring.len / 8;
        if !is_too_long {
            if fits(producer.freed) {
                return Ok(false);
            }
            producer.freed = control.freed.load(Acquire);
            if fits(producer.freed) {
                return Ok(false);
            }
        }
        self.clear_spare(*place); // the last one may have died before it did
        let mut next = next_ring(*place, need)?;
        if next.len == LONGEST {
            let spares = control.spare_rings.iter().map(|spare| spare.load(Acquire));
            next.offset = spares.max().filter(|&offset| offset != 0).unwrap_or(next.offset);
        }
        make(file, next)?;
        // Before the jump to it, so that nobody finds too late that it cannot be mapped.
        producer.rings.get(file, next)?;
        let ring = producer.rings.get(file, place.ring)?;
        let at = place.index(place.position);
        ring.word(at).store(JUMP, Relaxed);
        ring.word(at + WORD).store(next.offset, Relaxed);
        ring.word(at + 2 * WORD).store(next.len, Relaxed);
        let position = place.position.wrapping_add(JUMP_LEN);
        let end = place.end.max(next.offset + next.len);
        *place = Place { position, start: position, ring: next, end };
        Ok(true)
    }

    /// The ring in use is no spare one any more.
    fn clear_spare(&self, place: Place) {
        for spare in &self.0.control.spare_rings {
            if spare.load(Relaxed) == place.ring.offset {
                spare.store(0, Relaxed);
            }
        }
    }
}

/// A new ring behind all others, for a record of such a length.
fn next_ring(place: Place, need: u64) -> io::Result<Span> {
    let too_long = || io::Error::other("a message is too long for the memory of this system");
    let doubled = place.ring.len.saturating_mul(2).min(LONGEST);
    // Room for two of them, so that one can go in while the other comes out.
    let needed = need.checked_add(JUMP_LEN).and_then(|need| need.checked_mul(2));
    let needed = needed.and_then(u64::checked_next_power_of_two).ok_or_else(too_long)?;
    Ok(Span { offset: place.end, len: doubled.max(needed) })
}

/// Locks what the threads of this process share; `None` if the time is over.
#[inline]
pub(super) fn in_turn<'m, T>(
    mutex: &'m parking_lot::Mutex<T>,
    waiting: &Waiting,
) -> Option<MutexGuard<'m, T>> {
    if let Some(guard) = mutex.try_lock() {
        return Some(guard);
    }
    match waiting.left() {
        None => Some(mutex.lock()),
        Some(left) => match Instant::now().checked_add(left) {
            Some(deadline) => mutex.try_lock_until(deadline),
            None => Some(mutex.lock()),
        },
    }
}
