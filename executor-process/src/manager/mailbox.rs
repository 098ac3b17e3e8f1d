//! [`Mailbox`]: one connection between a process that calls and the manager.
//!
//! The two sides take turns, as `turn.rs` says; here are the memory in which they write, and the socket.
//! Of the memory all words beside those of the turns belong to the side whose turn it is. It holds one
//! message of up to [`ROOM`] bytes; a longer one is in a file without a name, whose descriptor goes along.

use super::turn::{Came, Post, Side, Turns};
use crate::shared::courier::{Courier, MAX_DESCRIPTORS};
use crate::shared::descriptor::{
    BorrowedDescriptor, Descriptor, OwnedDescriptor, attached, descriptors_of,
};
use crate::shared::memory;
use crate::shared::segment::{Layout, Segment};
use executor_core::wire::Attached;
use std::io;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use crate::atomic::{AtomicU32, AtomicU64};

pub(super) use super::turn::NoLetter;

/// How many bytes a message in the memory may have. A file costs some fifty microseconds; memory that
/// no message has needed costs nothing.
const ROOM: usize = 256 * 1024;

/// How large a buffer for messages is kept for the next one: large enough for all that have room, however it
/// has grown. New memory costs more than copying.
pub(super) const MAX_BUFFER: usize = 2 * ROOM;

/// How long to look for one's turn before sleeping. Being woken takes some twenty of these.
const PATIENCE: Duration = Duration::from_micros(50);

#[repr(C)]
struct Words {
    turns: Turns,
    kind: AtomicU32,
    /// Whether the first descriptor is that of the bytes.
    far: AtomicU32,
    len: AtomicU64,
    /// Of a request: the object, the function, what calls it.
    address: [AtomicU64; 3],
    bytes: [AtomicU8; ROOM],
}

// SAFETY: atomics only.
unsafe impl Layout for Words {
    const KIND: [u8; 8] = *b"mailbox2";
}

/// Which object, and what to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) object: u64,
    pub(super) function: u64,
    pub(super) trampoline: u64,
}

/// A message that has come.
#[derive(Debug)]
pub(super) struct Letter {
    /// Of a response: what the bytes are.
    pub(super) kind: u32,
    pub(super) bytes: Vec<u8>,
    pub(super) attached: Attached,
}

/// One side of a connection.
#[derive(Debug)]
pub(super) struct Mailbox {
    words: Segment<Words>,
    /// Which side we are.
    side: Side,
    line: Line,
}

/// Its end of the socket.
#[derive(Debug)]
struct Line {
    courier: Courier,
    /// Descriptors that have come for a message that has not been read.
    arrived: Vec<OwnedDescriptor>,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Words").field("turns", &self.turns).finish_non_exhaustive()
    }
}

/// What the first byte of a message through the socket says.
const WAKE: u8 = b'w';
const DESCRIPTORS: u8 = b'd';
const REFUSAL: u8 = b'r';

/// A refusal, and its text at most.
const MAX_MESSAGE: usize = 1024;

impl Mailbox {
    /// A new connection: the caller's side, and what the server needs for its own.
    pub(super) fn create() -> io::Result<(Self, Descriptor, Courier)> {
        let words = Segment::<Words>::create()?;
        let (courier, theirs) = Courier::pair()?;
        let memory = words.descriptor().clone();
        Ok((Self { words, side: Side::Caller, line: Line::new(courier) }, memory, theirs))
    }

    /// The server's side.
    pub(super) fn open(memory: OwnedDescriptor, courier: Courier) -> io::Result<Self> {
        let words = Segment::open(Descriptor::from(memory))?;
        Ok(Self { words, side: Side::Server, line: Line::new(courier) })
    }

    /// The other side is the server that has this token.
    pub(super) fn leads_where(&self, token: &Courier) {
        self.line.courier.leads_where(token);
    }

    /// Tells the other side why it is not served any more.
    pub(super) fn refuse(self, reason: &str) {
        refuse(&self.line.courier, reason);
    }

    /// Writes a message and passes the turn on. It is our turn.
    pub(super) fn send(
        &mut self,
        address: Option<Address>,
        kind: u32,
        bytes: &[u8],
        attached: Attached,
    ) -> io::Result<()> {
        let mut descriptors = descriptors_of(attached).map_err(io::Error::other)?;
        let words = &*self.words;
        let far = bytes.len() > ROOM;
        if far {
            descriptors.insert(0, memory::filled(&[bytes])?);
        } else {
            // SAFETY: so many bytes are there, and the other side leaves them alone while it is our
            // turn; should it not, they are garbled, which its reader must expect.
            unsafe {
                let start = words.bytes.as_ptr().cast_mut().cast::<u8>();
                start.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            }
        }
        if let Some(Address { object, function, trampoline }) = address {
            for (word, value) in words.address.iter().zip([object, function, trampoline]) {
                word.store(value, Relaxed);
            }
        }
        words.kind.store(kind, Relaxed);
        words.len.store(bytes.len() as u64, Relaxed);
        words.far.store(far.into(), Relaxed);
        words.turns.pass(self.side, &self.line, &descriptors)
    }

    /// Waits for our turn and reads the message.
    pub(super) fn receive(&mut self) -> Result<Letter, NoLetter> {
        self.words.turns.take(self.side, &mut self.line)?;
        let words = &*self.words;
        let (kind, far) = (words.kind.load(Relaxed), words.far.load(Relaxed) != 0);
        let len = usize::try_from(words.len.load(Relaxed)).unwrap_or(usize::MAX);
        let mut descriptors = std::mem::take(&mut self.line.arrived);
        let bytes = if far {
            if descriptors.is_empty() {
                return Err(NoLetter::Lost(io::Error::other("a long message without its file")));
            }
            let file = Descriptor::from(descriptors.remove(0));
            memory::read(&file, len).map_err(NoLetter::Lost)?
        } else {
            if len > ROOM {
                return Err(NoLetter::Lost(io::Error::other("a message longer than the memory")));
            }
            let mut bytes = Vec::with_capacity(len);
            // SAFETY: `len` bytes of the memory can be read, and there is room for them; then so many
            // bytes are initialised. Should the other side write to them out of turn, they are garbled.
            unsafe {
                let start = words.bytes.as_ptr().cast::<u8>();
                start.copy_to_nonoverlapping(bytes.as_mut_ptr(), len);
                bytes.set_len(len);
            }
            bytes
        };
        Ok(Letter { kind, bytes, attached: attached(descriptors) })
    }

    /// What the message that was just received is about. For the server.
    pub(super) fn address(&self) -> Address {
        let [object, function, trampoline] =
            [0, 1, 2].map(|word| self.words.address[word].load(Relaxed));
        Address { object, function, trampoline }
    }
}

impl Line {
    /// Either side does what the other says.
    fn new(courier: Courier) -> Self {
        courier.trusts();
        Self { courier, arrived: Vec::new() }
    }
}

impl Post for Line {
    type Descriptor = Descriptor;

    fn send(&self, descriptors: &[Descriptor]) -> io::Result<()> {
        for some in descriptors.chunks(MAX_DESCRIPTORS) {
            let some = some.iter().map(Descriptor::borrow).collect::<Vec<BorrowedDescriptor<'_>>>();
            self.courier.send(&[DESCRIPTORS], &some)?;
        }
        Ok(())
    }

    fn wake(&self) {
        let _whoever_is_gone_needs_no_waking = self.courier.send(&[WAKE], &[]);
    }

    fn look(&self, is_our_turn: impl Fn() -> bool) -> bool {
        const LOOKS: u32 = 64;
        for _ in 0..LOOKS {
            if is_our_turn() {
                return true;
            }
            std::hint::spin_loop();
        }
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            std::thread::yield_now(); // there may be more processes than processors
            if is_our_turn() {
                return true;
            }
        }
        false
    }

    fn receive(&mut self) -> Result<Came, NoLetter> {
        let mut buffer = [0; MAX_MESSAGE];
        match self.courier.receive(&mut buffer) {
            Ok(Some(message)) => match buffer[0] {
                WAKE => Ok(Came::WakeUp),
                DESCRIPTORS => {
                    self.arrived.extend(message.descriptors);
                    Ok(Came::Descriptors)
                }
                _ => {
                    let reason = String::from_utf8_lossy(&buffer[1..message.len]);
                    Err(NoLetter::Refused(reason.into_owned()))
                }
            },
            Ok(None) => Err(NoLetter::Gone),
            Err(error) => Err(NoLetter::Lost(error)),
        }
    }

    fn arrived(&self) -> usize {
        self.arrived.len()
    }
}

/// Tells whoever has the other end of a connection why it is not served.
pub(super) fn refuse(courier: &Courier, reason: &str) {
    let mut message = vec![REFUSAL];
    message.extend(reason.bytes().take(MAX_MESSAGE - 1));
    let _it_is_gone = courier.try_send(&message, &[]);
}
