//! A courier is an end of a pipe of messages.
//!
//! The descriptors of a message are parked when it is sent, and fetched when it was received; where, and why
//! there, says `shared/windows/mod.rs`. A message is
//!
//! ```text
//!   bytes  0..4    how many descriptors there are
//!          4..8    where they are: VAULT, or RECEIVER
//!          8..     the number of each there, of eight bytes
//!                  what the message says
//! ```
//!
//! # Who closes what
//!
//! | when                                                        | what was parked is                    |
//! |-------------------------------------------------------------|---------------------------------------|
//! | it cannot be sent                                           | closed by the sender                  |
//! | it is received                                              | fetched by the receiver               |
//! | the last handle of the end where it would arrive is dropped | closed by whoever drops it            |
//! | the receiver dies, and it is parked there                   | closed by the system                  |
//! | whoever has that handle dies, or is killed before fetching  | kept in the vault until the program ends |

use super::{MAX_DESCRIPTORS, Message};
use crate::shared::descriptor::{BorrowedDescriptor, Descriptor, OwnedDescriptor};
use crate::shared::life::Stamp;
use crate::shared::windows::handle::{self, Number};
use crate::shared::windows::pipe::{self, Kind};
use crate::shared::windows::{process, vault};
use once_cell::sync::OnceCell;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::io;
use std::os::windows::io::{
    AsHandle, AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle, RawHandle,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Where the descriptors of a message are.
const VAULT: u32 = 0;
const RECEIVER: u32 = 1;

/// What comes before the numbers of the descriptors.
const HEAD: usize = 8;
const NUMBER: usize = size_of::<Number>();

/// How many bytes a message may have beside.
const MAX_BYTES: usize = 4096;

const MAX_LEN: usize = HEAD + MAX_DESCRIPTORS * NUMBER + MAX_BYTES;

/// One end. Any number of threads and processes may have the same end; clones are cheap, and an end
/// travels as a part of a value.
#[derive(Clone, Debug)]
pub(crate) struct Courier(Arc<End>);

#[derive(Debug)]
struct End {
    descriptor: Descriptor,
    /// The stamp of the one process that receives what is sent here, if it is known.
    receiver: AtomicU64,
    /// That process, to put handles into.
    opened: OnceCell<OwnedHandle>,
    /// Whether it is believed where handles are.
    trusts: AtomicBool,
}

impl Courier {
    /// Both ends of a new connection.
    pub(crate) fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = pipe::pair(Kind::Messages)?;
        Ok((Self::from(one), Self::from(other)))
    }

    fn new(descriptor: Descriptor, receiver: u64) -> Self {
        let (opened, trusts) = (OnceCell::new(), AtomicBool::new(false));
        Self(Arc::new(End { descriptor, receiver: AtomicU64::new(receiver), opened, trusts }))
    }

    /// Sends a message of at least one byte, and waits for room.
    ///
    /// # Errors
    ///
    /// The other end is closed (`BrokenPipe`); the message is too long; there are too many
    /// descriptors.
    pub(crate) fn send(
        &self,
        bytes: &[u8],
        descriptors: &[BorrowedDescriptor<'_>],
    ) -> io::Result<()> {
        self.0.send(bytes, descriptors, true)
    }

    /// The same, but fails with `WouldBlock` if there is no room.
    pub(crate) fn try_send(
        &self,
        bytes: &[u8],
        descriptors: &[BorrowedDescriptor<'_>],
    ) -> io::Result<()> {
        self.0.send(bytes, descriptors, false)
    }

    /// Waits for a message; `None` when the other end is closed.
    ///
    /// # Errors
    ///
    /// This process can have no more handles: those that came are lost.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> io::Result<Option<Message>> {
        self.0.receive(buffer, None)
    }

    /// The same, but fails with `WouldBlock` if there is no message.
    pub(crate) fn try_receive(&self, buffer: &mut [u8]) -> io::Result<Option<Message>> {
        self.0.receive(buffer, Some(Duration::ZERO))
    }

    /// Copies the beginning of the next message, which stays where it is; `None` when the other end is
    /// closed. Fails with `WouldBlock` if there is no message.
    pub(crate) fn peek(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let mut message = [0; MAX_LEN];
        let Some(len) = pipe::peek(self.borrow(), &mut message)? else { return Ok(None) };
        let Parts { bytes, .. } = parts(&message[..len])?;
        let len = bytes.len().min(buffer.len());
        buffer[..len].copy_from_slice(&bytes[..len]);
        Ok(Some(len))
    }

    /// Whether the other end is closed, at this moment, even if something is left to receive.
    pub(crate) fn has_ended(&self) -> bool {
        pipe::has_ended(self.borrow())
    }

    /// Says that the process with this number, which has not ended, and no other, receives what is sent
    /// here, and believes it.
    pub(crate) fn leads_to(&self, process: u32) {
        self.0.receiver.store(Stamp::of(process).to_bits(), Ordering::Relaxed);
    }

    /// Says that the same process receives it as what is sent there.
    pub(crate) fn leads_where(&self, other: &Self) {
        let process = other.0.receiver.load(Ordering::Relaxed);
        self.0.receiver.store(process, Ordering::Relaxed);
    }

    /// Says that whoever sends to this end is believed.
    pub(crate) fn trusts(&self) {
        self.0.trusts.store(true, Ordering::Relaxed);
    }

    pub(crate) fn borrow(&self) -> BorrowedDescriptor<'_> {
        self.0.descriptor.borrow()
    }
}

/// The kinds of descriptors, and their numbers, of which the system never has too many on their way.
pub(crate) fn is_crowded(_error: &io::Error) -> bool {
    false
}

/// What a message is made of.
struct Parts<'m> {
    /// Where the handles are.
    place: u32,
    /// Their numbers there.
    numbers: &'m [[u8; NUMBER]],
    /// What it says.
    bytes: &'m [u8],
}

fn parts(message: &[u8]) -> io::Result<Parts<'_>> {
    let nonsense = || io::Error::other("there is nonsense in a message");
    let (count, rest) = message.split_first_chunk::<4>().ok_or_else(nonsense)?;
    let (place, rest) = rest.split_first_chunk::<4>().ok_or_else(nonsense)?;
    let count = u32::from_le_bytes(*count) as usize;
    if count > MAX_DESCRIPTORS {
        return Err(nonsense());
    }
    let (numbers, bytes) = rest.split_at_checked(count * NUMBER).ok_or_else(nonsense)?;
    Ok(Parts { place: u32::from_le_bytes(*place), numbers: numbers.as_chunks().0, bytes })
}

impl End {
    fn send(
        &self,
        bytes: &[u8],
        descriptors: &[BorrowedDescriptor<'_>],
        waits: bool,
    ) -> io::Result<()> {
        if descriptors.len() > MAX_DESCRIPTORS || bytes.len() > MAX_BYTES {
            return Err(io::Error::other("too many handles in one value"));
        }
        let (place, process) = match descriptors {
            [] => (VAULT, None),
            _ => match Stamp::from_bits(self.receiver.load(Ordering::Relaxed)) {
                None => (VAULT, Some(vault::get()?)),
                Some(receiver) => (RECEIVER, Some(self.open(receiver)?)),
            },
        };
        let mut message = Vec::with_capacity(HEAD + descriptors.len() * NUMBER + bytes.len());
        message.extend((descriptors.len() as u32).to_le_bytes());
        message.extend(place.to_le_bytes());
        let parked = Parked::new(descriptors, process);
        let parked = parked.map_err(|error| match process {
            Some(process) if process::has_ended(process) => io::ErrorKind::BrokenPipe.into(),
            _ => error,
        })?;
        message.extend(parked.numbers.iter().flat_map(|number| number.to_le_bytes()));
        message.extend(bytes);
        pipe::write(self.descriptor.borrow(), &message, waits)?;
        parked.are_sent();
        Ok(())
    }

    /// The process at the other end.
    fn open(&self, receiver: Stamp) -> io::Result<BorrowedHandle<'_>> {
        let open = || {
            let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
            let process = process::open_for_handles(receiver.pid()).map_err(|_| gone())?;
            let started = process::start_time(process.as_handle())?;
            if Stamp::new(receiver.pid(), started) == receiver { Ok(process) } else { Err(gone()) }
        };
        self.opened.get_or_try_init(open).map(AsHandle::as_handle)
    }

    fn receive(&self, buffer: &mut [u8], limit: Option<Duration>) -> io::Result<Option<Message>> {
        let mut message = [0; MAX_LEN];
        let len = pipe::read(self.descriptor.borrow(), &mut message, limit)?;
        let Some(len) = len else { return Ok(None) };
        let Parts { place, numbers, bytes } = parts(&message[..len])?;
        let len = bytes.len().min(buffer.len());
        buffer[..len].copy_from_slice(&bytes[..len]);
        let numbers = numbers.iter().map(|&number| Number::from_le_bytes(number));
        Ok(Some(Message { len, descriptors: self.collect(place, numbers)? }))
    }

    /// The descriptors of a message that was received.
    fn collect(
        &self,
        place: u32,
        mut numbers: impl ExactSizeIterator<Item = Number>,
    ) -> io::Result<Vec<OwnedDescriptor>> {
        if numbers.len() == 0 {
            return Ok(Vec::new());
        }
        if place == RECEIVER {
            if !self.trusts.load(Ordering::Relaxed) {
                return Err(io::Error::other("a handle that is said to be here, and is not"));
            }
            let here = |number: Number| {
                let handle = std::ptr::without_provenance_mut(number as usize);
                // SAFETY: the sender, whom we have been told to believe, has made it for us.
                unsafe { OwnedHandle::from_raw_handle(handle as RawHandle) }
            };
            return Ok(numbers.map(here).collect());
        }
        let vault = vault::get()?;
        let mut descriptors = Vec::with_capacity(numbers.len());
        while let Some(number) = numbers.next() {
            match handle::fetch(number, vault) {
                Ok(descriptor) => descriptors.push(descriptor),
                Err(error) => {
                    numbers.for_each(|number| handle::close(number, vault));
                    let reason = format!("a handle that came cannot be had: {error}");
                    return Err(io::Error::other(reason));
                }
            }
        }
        Ok(descriptors)
    }
}

/// Handles that are parked for a message, and closed there if it is not sent.
struct Parked<'p> {
    numbers: Vec<Number>,
    process: Option<BorrowedHandle<'p>>,
}

impl<'p> Parked<'p> {
    fn new(
        descriptors: &[BorrowedDescriptor<'_>],
        process: Option<BorrowedHandle<'p>>,
    ) -> io::Result<Self> {
        let mut parked = Self { numbers: Vec::with_capacity(descriptors.len()), process };
        if let Some(process) = process {
            for &descriptor in descriptors {
                parked.numbers.push(handle::park(descriptor, process)?);
            }
        }
        Ok(parked)
    }

    fn are_sent(mut self) {
        self.numbers.clear();
    }
}

impl Drop for Parked<'_> {
    fn drop(&mut self) {
        if let Some(process) = self.process {
            self.numbers.iter().for_each(|&number| handle::close(number, process));
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        // What is on its way here will never arrive if this is the last handle.
        if !self.descriptor.is_the_last() || handle::count(self.descriptor.borrow()) != Some(1) {
            return;
        }
        loop {
            match self.receive(&mut [0], Some(Duration::ZERO)) {
                Ok(Some(message)) => message.descriptors.into_iter().for_each(release),
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {}
                Ok(None) | Err(_) => return,
            }
        }
    }
}

/// Drops a descriptor that has come for nobody. It may be an end with something on its way.
fn release(descriptor: OwnedDescriptor) {
    if pipe::is_of_messages(descriptor.as_handle()) {
        drop(Courier::from(descriptor));
    }
}

impl AsHandle for Courier {
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.borrow()
    }
}

impl AsRawHandle for Courier {
    fn as_raw_handle(&self) -> RawHandle {
        self.borrow().as_raw_handle()
    }
}

impl From<OwnedHandle> for Courier {
    fn from(descriptor: OwnedHandle) -> Self {
        Self::new(descriptor.into(), 0)
    }
}

impl Serialize for Courier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.0.descriptor, self.0.receiver.load(Ordering::Relaxed)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Courier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (descriptor, receiver) = Deserialize::deserialize(deserializer)?;
        Ok(Self::new(descriptor, receiver))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message as somebody would write it who has gone wild.
    fn raw(count: u32, place: u32, numbers: &[u64]) -> Vec<u8> {
        let mut bytes = [count.to_le_bytes(), place.to_le_bytes()].concat();
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        bytes.push(b'.');
        bytes
    }

    fn write(end: &Courier, message: &[u8]) {
        assert_eq!(pipe::write(end.borrow(), message, false).unwrap(), message.len());
    }

    #[test]
    fn what_is_never_received_is_closed() {
        let (here, there) = Courier::pair().unwrap();
        let (inner, on_its_way) = Courier::pair().unwrap();
        let (innermost, inside) = Courier::pair().unwrap();
        inner.send(b"inside", &[inside.borrow()]).unwrap();
        here.send(b"an end", &[on_its_way.borrow()]).unwrap();
        drop((on_its_way, inside));
        assert!(!inner.has_ended() && !innermost.has_ended(), "they are on their way");
        drop(there.clone());
        assert!(!inner.has_ended() && !innermost.has_ended(), "one that could receive is left");
        drop(there);
        assert!(inner.has_ended() && innermost.has_ended());
        drop(here);
    }

    #[test]
    fn what_cannot_be_sent_is_closed() {
        let (here, there) = Courier::pair().unwrap();
        let (ours, theirs) = Courier::pair().unwrap();
        drop(there);
        here.send(b".", &[theirs.borrow()]).unwrap_err();
        assert_eq!(handle::count(theirs.borrow()), Some(1));
        drop(theirs);
        assert!(ours.has_ended());
    }

    #[test]
    fn only_who_is_trusted_says_that_something_is_here() {
        let (here, there) = Courier::pair().unwrap();
        let victim = handle::event(false).unwrap();
        let number = victim.as_raw_handle().addr() as Number;
        write(&here, &raw(1, RECEIVER, &[number]));
        there.receive(&mut [0]).unwrap_err();
        assert_eq!(handle::count(victim.as_handle()), Some(1), "it is still ours");
        there.trusts();
        here.leads_to(std::process::id());
        here.send(b".", &[victim.as_handle()]).unwrap();
        assert_eq!(there.receive(&mut [0]).unwrap().unwrap().descriptors.len(), 1);
        assert_eq!(handle::count(victim.as_handle()), Some(1), "and what has come was dropped");
    }

    #[test]
    fn nonsense_is_an_error() {
        let (here, there) = Courier::pair().unwrap();
        let messages = [
            vec![1],
            vec![1; 8],
            raw(2, VAULT, &[1]),
            raw(u32::MAX, VAULT, &[]),
            raw(1, VAULT, &[0xdead_beec]),
            raw(3, VAULT, &[0, u64::MAX, 1 << 40]),
        ];
        for message in messages {
            write(&here, &message);
            there.receive(&mut [0]).unwrap_err();
        }
        here.send(b"sense", &[]).unwrap();
        let mut buffer = [0; 2];
        assert_eq!(there.receive(&mut buffer).unwrap().unwrap().len, 2);
        assert_eq!(&buffer, b"se");
        here.send(b"more", &[]).unwrap();
        assert_eq!(there.peek(&mut buffer).unwrap(), Some(2));
        assert_eq!(&buffer, b"mo");
    }

    /// As many as there may be, again and again: no handle is left over.
    #[test]
    fn handles_do_not_add_up() {
        let (here, there) = Courier::pair().unwrap();
        let event = handle::event(false).unwrap();
        for _ in 0..20 {
            here.send(b".", &[event.as_handle(); MAX_DESCRIPTORS]).unwrap();
            let count = MAX_DESCRIPTORS as u32;
            assert_eq!(handle::count(event.as_handle()), Some(1 + count));
            drop(there.receive(&mut [0]).unwrap());
            assert_eq!(handle::count(event.as_handle()), Some(1));
        }
    }
}
