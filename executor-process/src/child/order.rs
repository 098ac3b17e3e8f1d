//! [`Order`]: what a child is told, and what it answers.
//!
//! ```text
//!   message 1:  heading    descriptors: memory, input?, to keep open?, attachments ...
//!   message 2:  one byte   more attachments                                    (and so on)
//!   memory:     order | argument
//! ```
//!
//! All of it is in the line before the child is started, so nobody waits; or right after, where the process
//! must be there to be handed descriptors. The child answers with one message at most, a [`Report`].

use super::own::Identification;
use crate::bootstrap::identity::Identity;
use crate::shared::courier::{Courier, MAX_DESCRIPTORS};
use crate::shared::descriptor::{
    BorrowedDescriptor, Descriptor, OwnedDescriptor, attached, descriptors_of,
};
use crate::shared::memory::{self, Mapping};
use executor_core::wire::{Attached, Incoming, decode, encode, write_to};
use executor_core::{CodecError, Portable};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::io;
use std::ops::Deref;

/// What a child is to do, and as whom.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) identity: Identity,
    /// Offsets in the image.
    pub(super) function: u64,
    pub(super) trampoline: u64,
    pub(super) own: Identification,
    /// The parent's name.
    pub(super) parent: String,
}

/// What is in the memory and among the descriptors.
#[derive(Debug, Serialize, Deserialize)]
struct Heading {
    /// How long the order is.
    order: u64,
    /// How long it is with the argument.
    total: u64,
    descriptors: usize,
    has_input: bool,
    has_keep: bool,
}

/// Long enough for any heading.
const HEADING: usize = 64;

/// What goes along with an order.
#[derive(Debug, Default)]
pub(super) struct Enclosed {
    /// What is to be the standard input.
    pub(super) input: Option<OwnedDescriptor>,
    /// What is to be kept open to the end.
    pub(super) keep: Option<OwnedDescriptor>,
}

/// An order with all that goes along, to be sent.
#[derive(Debug)]
pub(super) struct Parcel {
    heading: Vec<u8>,
    descriptors: Vec<Descriptor>,
    /// How many of the descriptors belong to the argument.
    attachments: usize,
}

/// Packs an order, with the encoded argument and what it has beside it.
///
/// # Errors
///
/// The argument has something beside it that does not travel; or the system has no memory or descriptors.
pub(super) fn pack(
    order: &Order,
    enclosed: Enclosed,
    argument: &[u8],
    beside: Attached,
) -> Result<Parcel, SendError> {
    let attachments = descriptors_of(beside).map_err(refuse)?;
    let order = encoded(order);
    let (start, total) = (order.len() as u64, (order.len() + argument.len()) as u64);
    let memory = memory::filled(&[&order, argument]).map_err(SendError::System)?;
    let Enclosed { input, keep } = enclosed;
    let (has_input, has_keep, count) = (input.is_some(), keep.is_some(), attachments.len());
    let mut descriptors = vec![memory];
    descriptors.extend(input.into_iter().chain(keep).map(Descriptor::from));
    descriptors.extend(attachments);
    let heading =
        Heading { order: start, total, descriptors: descriptors.len(), has_input, has_keep };
    Ok(Parcel { heading: encoded(&heading), descriptors, attachments: count })
}

impl Parcel {
    /// Puts it on a line.
    ///
    /// # Errors
    ///
    /// The argument has too much beside it; or the system has no descriptors.
    pub(super) fn send(&self, line: &Courier) -> Result<(), SendError> {
        let Self { heading, descriptors, attachments } = self;
        let descriptors: Vec<BorrowedDescriptor<'_>> =
            descriptors.iter().map(Descriptor::borrow).collect();
        let mut message = &heading[..];
        for some in descriptors.chunks(MAX_DESCRIPTORS) {
            line.try_send(message, some).map_err(|error| match error.kind() {
                io::ErrorKind::WouldBlock => refuse("it has too many handles in it".to_owned()),
                _ if *attachments == 0 => SendError::System(error),
                _ => refuse(format!("its {attachments} handles: {error}")),
            })?;
            message = b"+";
        }
        Ok(())
    }
}

fn refuse(reason: String) -> SendError {
    SendError::Argument(CodecError::new("send the argument", reason))
}

/// Why an order was not sent.
#[derive(Debug)]
pub(super) enum SendError {
    Argument(CodecError),
    System(io::Error),
}

/// A value of ours, which encodes.
fn encoded<T: Portable>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = write_to(&mut bytes, |output| Ok::<_, Infallible>(encode(value, output)));
    let Ok(written) = written;
    written.expect("numbers and texts encode");
    bytes
}

/// What a child has received.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) order: Order,
    pub(super) enclosed: Enclosed,
    pub(super) argument: Argument,
}

/// An argument that has not been decoded yet.
#[derive(Debug)]
pub(super) struct Argument {
    memory: Content,
    start: usize,
    beside: Attached,
}

/// Memory that somebody has filled, and let go of.
#[derive(Debug)]
struct Content(Mapping);

impl Content {
    /// # Safety
    ///
    /// Nobody writes to it any more.
    unsafe fn map(memory: &Descriptor, len: usize) -> io::Result<Self> {
        memory::map(memory, 0, len).map(Self)
    }
}

impl Deref for Content {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: so many bytes are mapped, and do not change, as `map` demands.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr(), self.0.len()) }
    }
}

impl Argument {
    /// Decodes it, and gives the memory back.
    pub(super) fn decode<A: Portable>(self) -> Result<A, CodecError> {
        decode(Incoming::private(&self.memory[self.start..]), self.beside)
    }
}

/// Receives an order; `None` if the parent is gone.
///
/// # Errors
///
/// What came is not an order of the same build, or cannot be taken.
pub(super) fn receive(line: &Courier) -> io::Result<Option<Received>> {
    let mut buffer = [0; HEADING];
    let Some(message) = line.receive(&mut buffer)? else { return Ok(None) };
    let heading: Heading = decoded(&buffer[..message.len])?;
    let mut descriptors = message.descriptors;
    while descriptors.len() < heading.descriptors {
        let Some(message) = line.receive(&mut buffer)? else { return Ok(None) };
        descriptors.extend(message.descriptors);
    }
    let mut descriptors = descriptors.into_iter();
    let missing = || io::Error::other("the order came without what belongs to it");
    let memory = Descriptor::from(descriptors.next().ok_or_else(missing)?);
    let mut next = |is_there: bool| match is_there {
        true => descriptors.next().ok_or_else(missing).map(Some),
        false => Ok(None),
    };
    let enclosed = Enclosed { input: next(heading.has_input)?, keep: next(heading.has_keep)? };
    let beside = attached(descriptors);

    let (order, total) = (usize::try_from(heading.order), usize::try_from(heading.total));
    let (start, total) = order.ok().zip(total.ok()).ok_or_else(missing)?;
    if start > total {
        return Err(missing());
    }
    // SAFETY: the parent has written all of it before it sent it, and has let go of it; nobody else has
    // ever had it. It does not become shorter.
    let memory = unsafe { Content::map(&memory, total)? };
    let order: Order = decoded(&memory[..start])?;
    Ok(Some(Received { order, enclosed, argument: Argument { memory, start, beside } }))
}

fn decoded<T: Portable>(bytes: &[u8]) -> io::Result<T> {
    decode(Incoming::private(bytes), Attached::none()).map_err(io::Error::other)
}

/// What a child answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// The function is called now.
    Begun,
    /// It cannot be, for this reason.
    Refused(String),
}

/// How much of a reason is told.
const REASON: usize = 2000;

impl Report {
    pub(super) fn send(&self, line: &Courier) -> io::Result<()> {
        let bytes = match self {
            Self::Begun => b"+",
            Self::Refused(reason) => &[b"-", reason.as_bytes()].concat()[..],
        };
        line.try_send(&bytes[..bytes.len().min(REASON)], &[])
    }

    /// What a child has answered that has ended; `None` if nothing.
    pub(super) fn receive(line: &Courier) -> Option<Self> {
        let mut buffer = [0; REASON];
        let message = line.try_receive(&mut buffer).ok()??;
        match &buffer[..message.len] {
            b"+" => Some(Self::Begun),
            [b'-', reason @ ..] => {
                Some(Self::Refused(String::from_utf8_lossy(reason).into_owned()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> Order {
        Order {
            identity: Identity::own(),
            function: 1,
            trampoline: u64::MAX,
            own: Identification {
                name: "näme".repeat(1000),
                number: "1:2".to_owned(),
                daemon: true,
            },
            parent: String::new(),
        }
    }

    #[test]
    fn arrives_with_everything() {
        let (ours, theirs) = Courier::pair().unwrap();
        let (input, _writer) = io::pipe().unwrap();
        let (one, other) = Courier::pair().unwrap();
        let many: Vec<_> = (0..MAX_DESCRIPTORS + 5).map(|_| one.clone()).collect();
        let mut bytes = Vec::new();
        let beside = write_to(&mut bytes, |output| encode(&many, output)).unwrap();
        drop((one, many));
        let enclosed = Enclosed { input: Some(input.into()), keep: None };
        pack(&order(), enclosed, &bytes, beside).unwrap().send(&ours).unwrap();
        let received = receive(&theirs).unwrap().unwrap();
        assert_eq!(received.order.own.name, "näme".repeat(1000));
        assert_eq!(received.order.trampoline, u64::MAX);
        assert!(received.enclosed.input.is_some() && received.enclosed.keep.is_none());
        let many: Vec<Courier> = received.argument.decode().unwrap();
        assert_eq!(many.len(), MAX_DESCRIPTORS + 5);
        drop(many);
        assert!(other.has_ended(), "nobody has the other end any more");
    }

    #[test]
    fn nonsense_is_an_error() {
        let (ours, theirs) = Courier::pair().unwrap();
        ours.send(b"\xff\xff\xff", &[]).unwrap();
        receive(&theirs).unwrap_err();
        let heading = |order, total, descriptors| {
            encoded(&Heading { order, total, descriptors, has_input: false, has_keep: false })
        };
        ours.send(&heading(1, 2, 0), &[]).unwrap();
        receive(&theirs).unwrap_err();
        let memory = memory::create(10).unwrap();
        for (order, total) in [(0, 100_000), (9, 8), (1, 10), (u64::MAX, u64::MAX)] {
            ours.send(&heading(order, total, 1), &[memory.borrow()]).unwrap();
            receive(&theirs).unwrap_err();
        }
        ours.send(&heading(1, 10, 2), &[memory.borrow()]).unwrap();
        drop(ours);
        assert!(receive(&theirs).unwrap().is_none());
    }

    #[test]
    fn reports_arrive() {
        let (ours, theirs) = Courier::pair().unwrap();
        for report in [Report::Begun, Report::Refused("because".to_owned())] {
            report.send(&theirs).unwrap();
            assert_eq!(Report::receive(&ours), Some(report));
        }
        assert_eq!(Report::receive(&ours), None, "nothing yet");
        Report::Refused("x".repeat(10_000)).send(&theirs).unwrap();
        drop(theirs);
        assert!(matches!(Report::receive(&ours), Some(Report::Refused(_))));
        assert_eq!(Report::receive(&ours), None, "and nothing more");
    }
}
