//! [`Log`]: a growing sequence of messages in shared memory, to which many processes append and from
//! which many take. Queues and pipes are made of it.
//!
//! | what                                              | file          |
//! |---------------------------------------------------|---------------|
//! | the handle, and waiting                           | here          |
//! | the words at the beginning of the memory          | `control.rs`  |
//! | who sleeps, and is woken                          | `bench.rs`    |
//! | the memory of the messages                        | `ring.rs`     |
//! | one message goes in                               | `append.rs`   |
//! | one message comes out                             | `take.rs`     |
//! | descriptors, which travel beside the messages     | `lane.rs`     |
//! | values as messages                                | `letter.rs`   |
//!
//! # Layout
//!
//! One file without a name, which only grows:
//!
//! ```text
//!   0          64 KiB                  end of the newest ring
//!   | control  | ring | larger ring | ... |
//! ```
//!
//! A *ring* is a power of two of bytes. Messages are *records* in it, one behind the other, each at
//! a multiple of eight and starting with a word that says what it is and how long; the bytes of one
//! may go round the end of the ring. A producer that finds no room in its ring writes a *jump*
//! there, the place and size of another ring at the end of the file, twice as large or as large as
//! the message needs, and goes on in that. Consumers follow, and give the memory of rings that they
//! have left behind back to the system, or keep a few for the producers to use again. Rings do not
//! grow beyond 8 MiB but for messages that need it, and such a ring is left as soon as a message
//! comes that does not. So a small backlog uses the same few pages again and again, and a large one
//! has as much memory as it needs, for as long as it needs it.
//!
//! # Who may change what, and what if he dies
//!
//! Producers have one lock, consumers another, so that one of each never wait for each other.
//! Behind each lock is an [`End`](control::End): the count of messages that have passed it, and two
//! copies of its [`Place`](control::Place) in the rings. The copy that counts is that of the
//! count's lowest bit. Whoever has the lock
//!
//! 1. writes, or reads, the record, where nobody else writes or reads;
//! 2. writes the place behind it to the copy that does not count;
//! 3. adds one to the count, by one store, which makes the other copy the one that counts.
//!
//! Before step 3 nothing has happened; after it everything has. So whoever inherits a lock from the
//! dead finds nothing to mend, and the counts are exact at every moment. A producer that is killed
//! leaves its message, or not; a consumer that is killed has taken its message, or left it.
//!
//! `freed` is how far the consumers are, for the producers to see where there is room; it may lag
//! behind. `spare_rings` are rings that consumers have left and producers may use instead of new
//! ones; if they do, it is cleared when that is published, by whoever appends next if need be.
//! `closed` is set under the producers' lock, so that no message follows it. What memory consumers
//! give back they give back before the count changes, but for the page with the jump; who is killed
//! in between two stores costs that page, or the spare ring, until the log is gone.
//!
//! # Descriptors
//!
//! They ride beside the messages, through a socket of which everybody who has the log has both
//! ends. A producer gives a message that has some a number that was never given before, sends them
//! with that number, writes it into the record and publishes. A consumer first takes the message,
//! then receives until it has its number. What it finds before that was sent by a producer that
//! died before it could publish, or for a consumer that died before it could receive. The socket
//! holds some two hundred messages; when it is full, so is the log for messages with descriptors,
//! until one is taken.
//!
//! # Sleeping
//!
//! See `bench.rs`. Nobody holds a lock while he sleeps for messages or for room.
//!
//! # Trust
//!
//! Every number read from the memory is checked before it is used, and the bytes of a message are
//! copied before anything looks at them. A process that has gone wild can make the others lose
//! messages, receive nonsense, be told that the log is broken, or wait; it cannot make them read or
//! write anywhere else.
//!
//! # Checked by
//!
//! | what                                                     | where                           |
//! |----------------------------------------------------------|---------------------------------|
//! | publication, counts, the death of either side            | `models/log.rs`                 |
//! | nobody sleeps while there is something for him           | `models/log.rs`                 |
//! | rings grow, are followed and are given back              | `log/tests.rs`                  |
//! | descriptors find their messages                          | `log/tests.rs`                  |
//! | noise in place of any word                               | `log/tests.rs`                  |
//! | producers and consumers killed at any moment             | `tests/shared_queues/kills.rs`  |

mod append;
pub(crate) mod bench;
pub(crate) mod control;
mod lane;
pub(crate) mod letter;
mod ring;
mod take;
#[cfg(all(test, not(loom)))]
mod tests;

use crate::atomic::AtomicU32;
use crate::shared::descriptor::{Descriptor, OwnedDescriptor};
use crate::shared::patience::Patience;
use crate::shared::segment::Segment;
use crate::shared::waiting::Waiting;
use append::Producer;
use control::Control;
use lane::Lane;
use parking_lot::Mutex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use take::Consumer;

/// A handle of a sequence of messages; see the [module](self).
///
/// Clones share the mappings of this process. It travels as part of a value, as any handle does.
#[derive(Clone)]
pub(crate) struct Log(Arc<Inner>);

struct Inner {
    control: Segment<Control>,
    lane: Lane,
    /// What this process knows of the producers' end. Locked before the lock that all processes share.
    producer: Mutex<Producer>,
    /// The same of the consumers' end.
    consumer: Mutex<Consumer>,
    /// Of those who wait for room here, and of those who wait for messages.
    for_room: Patience,
    for_messages: Patience,
}

/// Why a message was not appended.
#[derive(Debug)]
pub(crate) enum AppendError {
    /// There is no room, or there was none until the time was over: as many messages as the log may
    /// have, or as many with descriptors as can be on their way.
    Full,
    /// The log is closed.
    Closed,
    /// This message cannot be sent. Others can.
    Refused(io::Error),
    /// There is nonsense in the shared memory, or it cannot be mapped.
    Broken(io::Error),
}

/// Why no message was taken.
#[derive(Debug)]
pub(crate) enum TakeError {
    /// There is none, or there was none until the time was over.
    Empty,
    /// There is none, and the log is closed.
    Closed,
    /// A message was taken, but its descriptors did not arrive; its bytes are there.
    Incomplete(io::Error),
    /// There is nonsense in the shared memory, or it cannot be mapped.
    Broken(io::Error),
}

impl Log {
    /// An empty log, to which any number of messages can be appended, or so many.
    ///
    /// # Errors
    ///
    /// There is no memory, or no descriptor, to be had. It takes three.
    pub(crate) fn new(limit: Option<u64>) -> io::Result<Self> {
        let control = Segment::<Control>::create_growing()?;
        control.begin(limit.unwrap_or(u64::MAX));
        ring::make(control.descriptor(), ring::FIRST)?;
        Ok(Self::with(control, Lane::new()?))
    }

    fn with(control: Segment<Control>, lane: Lane) -> Self {
        let (producer, consumer) = (Mutex::default(), Mutex::default());
        let (for_room, for_messages) = (Patience::new(), Patience::new());
        Self(Arc::new(Inner { control, lane, producer, consumer, for_room, for_messages }))
    }

    /// How many messages there may be; `u64::MAX` if any number.
    pub(crate) fn limit(&self) -> u64 {
        self.0.control.limit()
    }

    /// How many messages have ever been appended. Exact.
    pub(crate) fn appended(&self) -> u64 {
        self.0.control.tail.count()
    }

    /// How many messages there are. A hint where others append and take.
    pub(crate) fn len(&self) -> u64 {
        // In this order, so that the difference is never less than nothing.
        let taken = self.0.control.head.count();
        self.0.control.tail.count().saturating_sub(taken)
    }

    /// Whether there is no message: what was appended before the call and not taken is seen.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.control.tail.count() == self.0.control.head.count()
    }

    /// How many bytes of memory are taken by the messages that there are. A hint where others
    /// append and take.
    #[inline]
    pub(crate) fn unread(&self) -> u64 {
        let (_, head) = self.0.control.head.state();
        let (_, tail) = self.0.control.tail.state();
        tail.position.saturating_sub(head.position)
    }

    /// Two words for what is made of logs and sleeps in another way. Zero at the beginning.
    #[inline]
    pub(crate) fn spare(&self) -> &[AtomicU32; 2] {
        &self.0.control.spare
    }

    /// Whether as many messages as may be are there.
    pub(crate) fn is_full(&self) -> bool {
        self.len() >= self.limit()
    }

    /// Ends the log: nothing is appended any more, and when what is there was taken that is the
    /// end. Waits only for the end of an append. Wakes everybody. Again is no error.
    pub(crate) fn close(&self) {
        let control = &*self.0.control;
        let Some(_taken) = control.tail.lock.acquire(Waiting::forever) else { return };
        control.close();
        control.tail.lock.release();
        control.filled.wake_all();
        control.drained.wake_all();
    }

    /// Whether somebody has closed it.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.control.is_closed()
    }

    /// Appends a message if there is room. Waits for nothing but the end of another append.
    ///
    /// Whoever sleeps in [`take`](Self::take) is woken. For those who sleep in another way: the
    /// message is published, and a `SeqCst` fence was passed after that, when this returns.
    pub(crate) fn try_append(
        &self,
        bytes: &[u8],
        descriptors: &[Descriptor],
    ) -> Result<(), AppendError> {
        self.append_with(bytes, descriptors, &mut Waiting::forever())
    }

    /// Appends a message, and waits for room; for so long, or for as long as it takes.
    pub(crate) fn append(
        &self,
        bytes: &[u8],
        descriptors: &[Descriptor],
        limit: Option<Duration>,
    ) -> Result<(), AppendError> {
        let mut waiting = Waiting::limited(limit);
        let mut over = false;
        loop {
            match self.append_with(bytes, descriptors, &mut waiting) {
                Err(AppendError::Full) if !over => {}
                done => return done,
            }
            // Once: what is missing may be room for descriptors, or a turn, which the count does not tell.
            if self.0.for_room.look(|| !self.is_full() || self.is_closed()) {
                match self.append_with(bytes, descriptors, &mut waiting) {
                    Err(AppendError::Full) => {}
                    done => return done,
                }
            }
            let bench = &self.0.control.drained;
            let turn = bench.sit_down();
            match self.append_with(bytes, descriptors, &mut waiting) {
                Err(AppendError::Full) => over = !bench.sleep(turn, &mut waiting),
                done => return done,
            }
        }
    }

    /// Takes the first message, if there is one. Waits for nothing but the end of another take.
    ///
    /// Its bytes replace what is in `buffer`; its descriptors are returned. Whoever sleeps in
    /// [`append`](Self::append) is woken.
    pub(crate) fn try_take(&self, buffer: &mut Vec<u8>) -> Result<Vec<OwnedDescriptor>, TakeError> {
        self.take_with(buffer, &mut Waiting::forever())
    }

    /// The same, and waits for a message; for so long, or for as long as it takes.
    pub(crate) fn take(
        &self,
        buffer: &mut Vec<u8>,
        limit: Option<Duration>,
    ) -> Result<Vec<OwnedDescriptor>, TakeError> {
        let mut waiting = Waiting::limited(limit);
        let mut over = false;
        loop {
            match self.take_with(buffer, &mut waiting) {
                Err(TakeError::Empty) if !over => {}
                done => return done,
            }
            if !self.0.for_messages.look(|| !self.is_empty() || self.is_closed()) {
                let bench = &self.0.control.filled;
                let turn = bench.sit_down();
                if self.is_empty() && !self.is_closed() {
                    over = !bench.sleep(turn, &mut waiting);
                    continue;
                }
            }
            // There was one, and others had their turn until the time was over, or were faster.
            over = waiting.left() == Some(Duration::ZERO);
        }
    }
}

impl Serialize for Log {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.0.control, &self.0.lane).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Log {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (control, lane) = Deserialize::deserialize(deserializer)?;
        Ok(Self::with(control, lane))
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("len", &self.len())
            .field("is_closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
