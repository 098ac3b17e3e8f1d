//! A message comes out.

use super::append::{JUMP, JUMP_LEN, KIND, KIND_BITS, MESSAGE, WITH_DESCRIPTORS, WORD, in_turn};
use super::control::Place;
use super::ring::{LONGEST, Rings, Span, discard};
use super::{Log, TakeError};
use crate::atomic::{AtomicU64, fence};
use crate::shared::descriptor::OwnedDescriptor;
use crate::shared::memory::page_size;
use crate::shared::waiting::Waiting;
use std::io;
use std::sync::atomic::Ordering::{Relaxed, Release, SeqCst};

/// The memory of a message that is longer than this is given back when it was taken.
const KEPT: u64 = 16 * LONGEST;

/// What a process knows of the consumers' end.
#[derive(Debug, Default)]
pub(super) struct Consumer {
    rings: Rings,
    /// As many messages are known to have been appended, at least.
    appended: u64,
}

/// What was taken, besides the bytes.
struct Found {
    descriptors: io::Result<Vec<OwnedDescriptor>>,
    had_descriptors: bool,
}

impl Log {
    /// Takes a message, and waits only for its turn to do so.
    pub(super) fn take_with(
        &self,
        buffer: &mut Vec<u8>,
        waiting: &mut Waiting,
    ) -> Result<Vec<OwnedDescriptor>, TakeError> {
        let control = &*self.0.control;
        let mut consumer = in_turn(&self.0.consumer, waiting).ok_or(TakeError::Empty)?;
        // Whatever the last one left behind is a valid state, if it is dead too.
        let Some(_taken) = control.head.lock.acquire(|| Waiting::limited(waiting.left())) else {
            return Err(TakeError::Empty);
        };
        let found = self.take_in_turn(&mut consumer, buffer);
        control.head.lock.release();
        drop(consumer);
        let found = found?;
        control.filled.wake_one_if(|| !self.is_empty());
        if control.limit() != u64::MAX || found.had_descriptors {
            fence(SeqCst);
            control.drained.wake_one();
        }
        found.descriptors.map_err(TakeError::Incomplete)
    }

    /// The same for whoever has the lock.
    fn take_in_turn(
        &self,
        consumer: &mut Consumer,
        buffer: &mut Vec<u8>,
    ) -> Result<Found, TakeError> {
        let control = &*self.0.control;
        let (count, place) = control.head.state();
        if consumer.appended <= count {
            // In this order: what is closed gets no more.
            let is_closed = control.is_closed();
            consumer.appended = control.tail.count();
            if consumer.appended == count {
                return Err(if is_closed { TakeError::Closed } else { TakeError::Empty });
            }
            if consumer.appended < count {
                consumer.appended = 0;
                return Err(TakeError::Broken(nonsense()));
            }
        }
        let (number, behind) =
            self.read_record(consumer, buffer, place).map_err(TakeError::Broken)?;
        self.pass(count, place, behind);
        // Only now, so that whoever dies between the two has taken the whole message.
        let descriptors = number.map_or(Ok(Vec::new()), |number| self.0.lane.receive(number));
        Ok(Found { descriptors, had_descriptors: number.is_some() })
    }

    /// Copies the bytes of the message at this place, or in the ring to which it leads. Says what
    /// number its descriptors have, and where the next record is.
    fn read_record(
        &self,
        consumer: &mut Consumer,
        buffer: &mut Vec<u8>,
        from: Place,
    ) -> io::Result<(Option<u64>, Place)> {
        let mut place = from;
        loop {
            let ring = consumer.rings.get(self.0.control.descriptor(), place.ring)?;
            let at = place.index(place.position);
            let word = ring.word(at).load(Relaxed);
            let number = match word & KIND {
                MESSAGE => None,
                WITH_DESCRIPTORS => Some(ring.word(at + WORD).load(Relaxed)),
                JUMP => {
                    if place.position == place.start && place.start != from.start {
                        return Err(nonsense()); // a message lies at the beginning of each ring
                    }
                    let offset = ring.word(at + WORD).load(Relaxed);
                    let len = ring.word(at + 2 * WORD).load(Relaxed);
                    let position = place.position.wrapping_add(JUMP_LEN);
                    place = Place { position, start: position, ring: Span { offset, len }, ..from };
                    continue;
                }
                _ => return Err(nonsense()),
            };
            let head = if number.is_none() { WORD } else { 2 * WORD };
            let len = word >> KIND_BITS;
            if len > place.ring.len - head {
                return Err(nonsense());
            }
            ring.read(at + head, len as usize, buffer)?;
            place.position = place.position.wrapping_add(head + len.next_multiple_of(WORD));
            return Ok((number, place));
        }
    }

    /// Lets a message pass, and gives back what memory is not needed any more.
    fn pass(&self, count: u64, from: Place, to: Place) {
        let (control, file) = (&*self.0.control, self.0.control.descriptor());
        if to.ring == from.ring {
            control.head.pass(count, to);
        } else if let Some(spare) = self.room_for_spare(from.ring) {
            control.head.pass(count, to);
            // Who dies here leaves a ring behind that nobody uses. It is gone with the log.
            spare.store(from.ring.offset, Release);
        } else {
            // The jump is still needed if we die now.
            let jump = (to.start.wrapping_sub(JUMP_LEN), to.start);
            let (start, end) = (from.index(jump.0), from.index(jump.1));
            discard(file, from.ring, end, start);
            control.head.pass(count, to);
            let page = page_size() as u64;
            discard(file, from.ring, start / page * page, end.next_multiple_of(page));
        }
        let start = from.position.max(to.start);
        if to.position.saturating_sub(start) > KEPT {
            discard(file, to.ring, to.index(start), to.index(to.position));
        }
        control.freed.store(to.position, Release);
    }

    /// Where to say that a ring can be used again, if so.
    fn room_for_spare(&self, ring: Span) -> Option<&AtomicU64> {
        let mut spares = self.0.control.spare_rings.iter();
        spares.find(|spare| ring.len == LONGEST && spare.load(Relaxed) == 0)
    }
}

fn nonsense() -> io::Error {
    io::Error::other("there is nonsense in the shared memory of a queue")
}
