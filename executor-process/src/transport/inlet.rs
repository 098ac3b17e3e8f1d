//! The way to the worker: tasks in slots, arguments in the slot, in a ring, or in a depot.
//!
//! The pool numbers the tasks that it sends to a worker from 0. Task `n` is described in slot
//! `n % SLOTS`. The worker takes them in order, and passes over those that have nothing left to start.
//!
//! | step                                                            | by     | makes visible by       |
//! |-----------------------------------------------------------------|--------|------------------------|
//! | writes the argument and the descriptor of task n                | pool   |                        |
//! | offers its items                                                | pool   | claim word (release)   |
//! | publishes it                                                    | pool   | `TaskTail` (release)   |
//! | takes task n: starts its first item                             | worker | claim word             |
//! | reads the descriptor and the argument                           | worker |                        |
//! | publishes the outcome of its last item                          | worker | `ResultTail`           |
//! | uses slot and argument bytes for other tasks                    | pool   |                        |
//!
//! The pool writes to a slot only if all items of the task that was in it have been recalled or have
//! sent their outcomes; the worker reads a descriptor only after it has started an item. So nobody
//! reads what is being written. Checked by `models/rings.rs`, `tests/process_faults/` and the soak.

use super::claim::Claim;
use super::region::{DATA, Region, Word};
use executor_core::wire::Call;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::{Acquire, Release};

/// The longest argument that has room in the slot itself.
pub(crate) const INLINE: usize = 24;

/// The longest argument that goes through the ring.
pub(crate) const MAX_RING: usize = 64 * 1024;

/// What the worker needs to know of a task.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Descriptor {
    /// The function, counted from the image's anchor.
    pub(crate) function: u64,
    /// Its trampoline, likewise.
    pub(crate) trampoline: u64,
    /// The length of the argument, or of all items with their lengths.
    pub(crate) len: u64,
    pub(crate) place: u8,
    pub(crate) flags: u8,
    /// How many attachments travel in a message for it.
    pub(crate) attachments: u16,
    /// The number of that message.
    pub(crate) message: u32,
    /// The argument itself, or in the first eight bytes where it is.
    pub(crate) inline: [u8; INLINE],
}

/// Values of [`Descriptor::place`].
pub(crate) const IN_SLOT: u8 = 0;
pub(crate) const IN_RING: u8 = 1;
pub(crate) const IN_DEPOT: u8 = 2;

/// A bit of [`Descriptor::flags`]: the argument is a batch, each item after its length.
pub(crate) const FRAMED: u8 = 1;
/// A bit of [`Descriptor::flags`]: the pool wants to know when the task is started.
pub(crate) const ANNOUNCE: u8 = 2;

const DESCRIPTOR_AT: usize = size_of::<u64>();
const _FITS: () = assert!(DESCRIPTOR_AT + size_of::<Descriptor>() <= super::region::SLOT);

/// The claim word of a task.
pub(crate) fn claim(region: &Region, number: u32) -> Claim<'_> {
    Claim::new(region.claim(number), number)
}

fn descriptor(region: &Region, number: u32) -> NonNull<Descriptor> {
    // SAFETY: within the slot, see `_FITS`.
    unsafe { region.slot(number).add(DESCRIPTOR_AT).cast() }
}

/// An argument as it is to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument<'a> {
    Bytes(&'a [u8]),
    /// In the depot, at this offset, so long.
    Depot(u64, u64),
}

/// What to send.
#[derive(Debug)]
pub(crate) struct Shipment<'a> {
    pub(crate) function: u64,
    pub(crate) trampoline: u64,
    pub(crate) argument: Argument<'a>,
    pub(crate) items: usize,
    pub(crate) flags: u8,
    pub(crate) attachments: u16,
    pub(crate) message: u32,
}

/// The pool's end.
#[derive(Debug, Default)]
pub(crate) struct Inlet {
    /// The number of the next task.
    tail: u32,
    /// Where the next argument goes in the ring, counted from the beginning of time.
    data_tail: u64,
    /// Up to where the ring has been freed.
    data_head: u64,
}

impl Inlet {
    /// The number that the next task will have.
    pub(crate) fn next(&self) -> u32 {
        self.tail
    }

    /// Where in the ring the arguments end: what [`free`](Self::free) is told when they are done with.
    pub(crate) fn position(&self) -> u64 {
        self.data_tail
    }

    /// Arguments up to this position will not be read any more.
    pub(crate) fn free(&mut self, position: u64) {
        debug_assert!(self.data_head <= position && position <= self.data_tail);
        self.data_head = position;
    }

    /// Whether there is room for an argument of `len` bytes now.
    pub(crate) fn has_room(&self, region: &Region, len: usize) -> bool {
        len <= INLINE || self.data_tail + self.skip(region, len) + len as u64 <= self.limit()
    }

    fn limit(&self) -> u64 {
        self.data_head + DATA as u64
    }

    /// How many bytes before the end of the ring are too few for the argument.
    fn skip(&self, region: &Region, len: usize) -> u64 {
        let (_, contiguous) = region.data(self.data_tail);
        if contiguous < len { contiguous as u64 } else { 0 }
    }

    /// Passes over a number whose slot is in use. The worker passes over it as well, since the slot
    /// is not offered under this number.
    pub(crate) fn skip_number(&mut self) {
        self.tail = self.tail.wrapping_add(1);
    }

    /// Publishes a task. Its slot is free and there is room for its argument.
    pub(crate) fn publish(&mut self, region: &Region, shipment: &Shipment<'_>) -> u32 {
        let number = self.tail;
        let mut inline = [0; INLINE];
        let mut put = |position: u64| inline[..8].copy_from_slice(&position.to_ne_bytes());
        let (place, len) = match shipment.argument {
            Argument::Bytes(bytes) if bytes.len() <= INLINE => {
                inline[..bytes.len()].copy_from_slice(bytes);
                (IN_SLOT, bytes.len() as u64)
            }
            Argument::Bytes(bytes) => {
                debug_assert!(self.has_room(region, bytes.len()));
                self.data_tail += self.skip(region, bytes.len());
                put(self.data_tail);
                let (start, _) = region.data(self.data_tail);
                region.writes(start, bytes.len());
                // SAFETY: `has_room` and `skip`: so many contiguous bytes of the ring, which the
                // worker does not read before they are published.
                unsafe { start.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) };
                self.data_tail += bytes.len() as u64;
                (IN_RING, bytes.len() as u64)
            }
            Argument::Depot(offset, len) => {
                put(offset);
                (IN_DEPOT, len)
            }
        };
        let descriptor_of = Descriptor {
            function: shipment.function,
            trampoline: shipment.trampoline,
            len,
            place,
            flags: shipment.flags,
            attachments: shipment.attachments,
            message: shipment.message,
            inline,
        };
        let place = descriptor(region, number);
        region.writes(place.cast(), size_of::<Descriptor>());
        // SAFETY: the slot is free, so the worker does not read the descriptor meanwhile.
        unsafe { place.write(descriptor_of) };
        claim(region, number).offer(shipment.items);
        self.tail = number.wrapping_add(1);
        region.word(Word::TaskTail).store(self.tail, Release);
        number
    }
}

/// The worker's end.
#[derive(Debug, Default)]
pub(crate) struct Outbound {
    next: u32,
}

/// A task of which the worker has started the first item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) number: u32,
    pub(crate) descriptor: Descriptor,
}

impl Outbound {
    /// Whether there is anything that has not been taken or passed over.
    pub(crate) fn is_empty(&self, region: &Region) -> bool {
        region.word(Word::TaskTail).load(Acquire) == self.next
    }

    /// Takes the next task that has an item to start, and starts it.
    pub(crate) fn take(&mut self, region: &Region) -> Option<Taken> {
        while !self.is_empty(region) {
            let number = self.next;
            self.next = number.wrapping_add(1);
            if claim(region, number).start_next().is_some() {
                let place = descriptor(region, number);
                region.reads(place.cast(), size_of::<Descriptor>());
                // SAFETY: an item of the task has been started and its outcome not been published,
                // so the pool leaves the slot alone.
                let descriptor = unsafe { place.read() };
                return Some(Taken { number, descriptor });
            }
        }
        None
    }
}

impl Taken {
    /// The argument, unless it is in the depot.
    ///
    /// # Safety
    ///
    /// The outcome of the task's last item has not been published, and is not while the slice lives.
    pub(crate) unsafe fn argument<'a>(
        &'a self,
        region: &'a Region,
    ) -> Result<&'a [u8], (u64, u64)> {
        let Descriptor { len, place, inline, .. } = &self.descriptor;
        let mut position = [0; 8];
        position.copy_from_slice(&inline[..8]);
        let position = u64::from_ne_bytes(position);
        match *place {
            IN_SLOT => Ok(&inline[..*len as usize]),
            IN_RING => {
                let (start, _) = region.data(position);
                region.reads(start, *len as usize);
                // SAFETY: the pool wrote so many bytes there before it published the task, and
                // leaves them alone until the outcome of the last item is published.
                Ok(unsafe { std::slice::from_raw_parts(start.as_ptr(), *len as usize) })
            }
            _ => Err((position, *len)),
        }
    }

    /// What to call.
    pub(crate) fn call(&self) -> Call {
        let address = |offset| crate::bootstrap::image::address(offset);
        let Descriptor { function, trampoline, .. } = self.descriptor;
        // SAFETY: the pool made the offsets from a `Call` of the same image, which the handshake
        // has made sure of.
        unsafe { Call::from_addresses(address(function), address(trampoline)) }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
