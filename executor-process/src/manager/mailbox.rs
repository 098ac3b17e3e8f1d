//! [`Mailbox`]: one connection between a process that calls and the manager.
//!
//! # Protocol
//!
//! The two sides take turns. The one whose turn it is reads what the other has written, writes, and
//! passes the turn on; a request is followed by its response, always. The memory holds one message of
//! up to [`ROOM`] bytes; a longer one is in a file without a name, whose descriptor goes along.
//!
//! | word            | written by                     | meaning                                      |
//! |-----------------|--------------------------------|----------------------------------------------|
//! | `turn`          | the side whose turn it is      | whose turn it is: [`CALLER`] or [`SERVER`]   |
//! | `bells`         | see `transport/bell.rs`        | whether a side sleeps                        |
//! | all others      | the side whose turn it is      | the message                                  |
//!
//! Whoever waits for his turn looks for a while, then sleeps in `recvmsg` on the socket that belongs to
//! the connection. What comes through it:
//!
//! | message        | when                                                                    |
//! |----------------|-------------------------------------------------------------------------|
//! | descriptors    | before the turn is passed on with a message that has them               |
//! | wake-up        | after the turn was passed on to a side that sleeps                      |
//! | refusal        | instead of everything else, from a server that cannot serve              |
//! | the end        | the other process has ended, however                                    |
//!
//! The bells' protocol is model-checked (`models/bell.rs`); the end is noticed by whoever sleeps, and
//! whoever is awake sleeps soon.

use crate::shared::courier::{Courier, MAX_DESCRIPTORS};
use crate::shared::descriptor::{Descriptor, attached, descriptors_of};
use crate::shared::segment::{Layout, Segment};
use crate::transport::bell::Bell;
use crate::transport::memory::MemoryFile;
use executor_core::wire::Attached;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::{Duration, Instant};

use crate::atomic::{AtomicU32, AtomicU64};

/// How many bytes a message in the memory may have. A file costs some fifty microseconds; memory that
/// no message has needed costs nothing.
const ROOM: usize = 256 * 1024;

/// How large a buffer for messages is kept for the next one: large enough for all that have room, however it
/// has grown. New memory costs more than copying.
pub(super) const MAX_BUFFER: usize = 2 * ROOM;

/// How long to look for one's turn before sleeping. Being woken takes some twenty of these.
const PATIENCE: Duration = Duration::from_micros(50);

const CALLER: u32 = 0;
const SERVER: u32 = 1;

#[repr(C)]
struct Words {
    turn: AtomicU32,
    /// The caller's, the server's.
    bells: [AtomicU32; 2],
    kind: AtomicU32,
    /// How many descriptors the message has; the first is that of its bytes if they are `FAR`.
    descriptors: AtomicU32,
    far: AtomicU32,
    len: AtomicU64,
    /// Of a request: the object, the function, what calls it.
    address: [AtomicU64; 3],
    bytes: [AtomicU8; ROOM],
}

// SAFETY: atomics only.
unsafe impl Layout for Words {
    const KIND: [u8; 8] = *b"mailbox1";
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

/// Why there is no message.
#[derive(Debug)]
pub(super) enum NoLetter {
    /// The other side has gone.
    Gone,
    /// It does not want to, for this reason.
    Refused(String),
    /// There was one, but it could not be taken in.
    Lost(io::Error),
}

/// One side of a connection.
#[derive(Debug)]
pub(super) struct Mailbox {
    words: Segment<Words>,
    courier: Courier,
    /// Which side we are.
    side: u32,
    /// Descriptors that have come for a message that has not been read.
    arrived: Vec<OwnedFd>,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Words").field("turn", &self.turn).finish_non_exhaustive()
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
        Ok((Self { words, courier, side: CALLER, arrived: Vec::new() }, memory, theirs))
    }

    /// The server's side.
    pub(super) fn open(memory: OwnedFd, courier: Courier) -> io::Result<Self> {
        let words = Segment::open(Descriptor::from(memory))?;
        Ok(Self { words, courier, side: SERVER, arrived: Vec::new() })
    }

    /// Tells the other side why it is not served any more.
    pub(super) fn refuse(self, reason: &str) {
        refuse(&self.courier, reason);
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
            let mut file = MemoryFile::anonymous(bytes.len() as u64)?;
            file.write_all(bytes)?;
            descriptors.insert(0, Descriptor::from(OwnedFd::from(file)));
        } else {
            // SAFETY: so many bytes are there, and the other side leaves them alone while it is our
            // turn; should it not, they are garbled, which its reader must expect.
            unsafe {
                let start = words.bytes.as_ptr().cast_mut().cast::<u8>();
                start.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            }
        }
        for some in descriptors.chunks(MAX_DESCRIPTORS) {
            let some = some.iter().map(Descriptor::as_fd).collect::<Vec<BorrowedFd<'_>>>();
            self.courier.send(&[DESCRIPTORS], &some)?;
        }
        if let Some(Address { object, function, trampoline }) = address {
            for (word, value) in words.address.iter().zip([object, function, trampoline]) {
                word.store(value, Relaxed);
            }
        }
        words.kind.store(kind, Relaxed);
        words.len.store(bytes.len() as u64, Relaxed);
        words.far.store(far.into(), Relaxed);
        words.descriptors.store(descriptors.len() as u32, Relaxed);
        let other = 1 - self.side;
        words.turn.store(other, Release);
        if Bell(&words.bells[other as usize]).ring() {
            let _whoever_is_gone_needs_no_waking = self.courier.send(&[WAKE], &[]);
        }
        Ok(())
    }

    /// Waits for our turn and reads the message.
    pub(super) fn receive(&mut self) -> Result<Letter, NoLetter> {
        self.wait()?;
        while self.arrived.len() < self.words.descriptors.load(Relaxed) as usize {
            self.receive_message()?;
        }
        let words = &*self.words;
        let (kind, far) = (words.kind.load(Relaxed), words.far.load(Relaxed) != 0);
        let len = usize::try_from(words.len.load(Relaxed)).unwrap_or(usize::MAX);
        let mut descriptors = std::mem::take(&mut self.arrived);
        let bytes = if far {
            if descriptors.is_empty() {
                return Err(NoLetter::Lost(io::Error::other("a long message without its file")));
            }
            read(File::from(descriptors.remove(0)), len).map_err(NoLetter::Lost)?
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

    fn is_our_turn(&self) -> bool {
        self.words.turn.load(Acquire) == self.side
    }

    /// Waits for our turn, at first without sleeping.
    fn wait(&mut self) -> Result<(), NoLetter> {
        const LOOKS: u32 = 64;
        for _ in 0..LOOKS {
            if self.is_our_turn() {
                return Ok(());
            }
            std::hint::spin_loop();
        }
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            std::thread::yield_now(); // there may be more processes than processors
            if self.is_our_turn() {
                return Ok(());
            }
        }
        self.bell().lie_down();
        if self.is_our_turn() && !self.bell().get_up() {
            return Ok(());
        }
        loop {
            match self.receive_message() {
                Ok(false) => {}
                // Whoever sends a wake-up has passed the turn on; he may have been killed before.
                Ok(true) | Err(NoLetter::Gone) if self.is_our_turn() => return Ok(()),
                Ok(true) => return Err(NoLetter::Gone),
                Err(error) => return Err(error),
            }
        }
    }

    fn bell(&self) -> Bell<'_> {
        Bell(&self.words.bells[self.side as usize])
    }

    /// Receives one message through the socket; says whether it was the wake-up.
    fn receive_message(&mut self) -> Result<bool, NoLetter> {
        let mut buffer = [0; MAX_MESSAGE];
        match self.courier.receive(&mut buffer) {
            Ok(Some(message)) => match buffer[0] {
                WAKE => Ok(true),
                DESCRIPTORS => {
                    self.arrived.extend(message.descriptors);
                    Ok(false)
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
}

/// Tells whoever has the other end of a connection why it is not served.
pub(super) fn refuse(courier: &Courier, reason: &str) {
    let mut message = vec![REFUSAL];
    message.extend(reason.bytes().take(MAX_MESSAGE - 1));
    let _it_is_gone = courier.try_send(&message, &[]);
}

/// The content of a file that the other side has made.
fn read(mut file: File, len: usize) -> io::Result<Vec<u8>> {
    if file.metadata()?.len() < len as u64 {
        return Err(io::Error::other("a long message whose file is too short"));
    }
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(io::Error::other)?;
    file.take(len as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
