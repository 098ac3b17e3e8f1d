//! [`Turns`]: whose turn it is at a connection, and waiting for one's own.
//!
//! The two sides take turns. The one whose turn it is reads what the other has written, writes, and
//! passes the turn on; a request is followed by its response, always.
//!
//! # States
//!
//! | word            | written by                     | meaning                                      |
//! |-----------------|--------------------------------|----------------------------------------------|
//! | `turn`          | the side whose turn it is      | whose turn it is                             |
//! | `bells`         | see `transport/bell.rs`        | whether a side sleeps                        |
//! | `descriptors`   | the side whose turn it is      | how many descriptors the message has         |
//!
//! Whoever waits for his turn looks for a while, then sleeps until something comes through the socket that
//! belongs to the connection:
//!
//! | what           | when                                                                    |
//! |----------------|-------------------------------------------------------------------------|
//! | descriptors    | before the turn is passed on with a message that has them               |
//! | wake-up        | after the turn was passed on to a side that sleeps                      |
//! | refusal        | instead of everything else, from a server that cannot serve             |
//! | the end        | after all others, when the other process has ended, however             |
//!
//! ```text
//!   the side whose turn it is                the side that waits
//!   write the message                        turn is ours? take it
//!   send its descriptors                     lie down
//!   turn := the other's                      turn is ours?
//!   the other sleeps?                          yes: get up; a wake-up is on its way? receive it
//!     yes: send a wake-up                      no: receive a wake-up, or the end
//!                                                turn is ours? take it
//!                                                it is not: lie down anew
//!                                            descriptors missing? receive them
//!                                            read the message
//! ```
//!
//! A wake-up says no more than "look". It may be late: its sender is slow, meanwhile the other side has
//! taken that turn without it, has passed the next one on, and sleeps again.
//!
//! # Invariants
//!
//! The models named here are in `models/mailbox.rs`. Those with a death explore one at every step.
//!
//! 1. What is written before the turn is passed on is read after it was taken, and nobody touches it in
//!    between. All models, in which loom watches the message.
//! 2. Nobody sleeps through his turn: whoever lies down looks once more, and whoever has passed the turn
//!    on looks at the bell afterwards. `no_turn_is_lost`.
//! 3. Whoever is rung for receives the wake-up before he uses his turn or lies down anew. So at most one
//!    is unread, and sending it never blocks. All models, whose socket refuses a second one.
//! 4. Descriptors are in the socket before the turn is passed on, so they are found by whoever has it,
//!    and the socket is empty when the message is read. `descriptors_come_first`,
//!    `a_server_dies_with_descriptors`, `a_caller_dies_with_descriptors`.
//! 5. At the end the turn decides: the one whose turn it is takes the message, for its sender died, if
//!    at all, after it was complete. `a_server_dies`, `a_caller_dies`.
//! 6. Whoever waits notices the end, and whoever is awake waits soon. The same, and `a_server_refuses`.

use crate::atomic::AtomicU32;
use crate::transport::bell::Bell;
use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The two sides of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Side {
    /// The first turn is his.
    Caller = 0,
    Server = 1,
}

/// What came through the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    WakeUp,
    /// They are kept with those that [`Post::arrived`].
    Descriptors,
}

/// Why there is no message.
#[derive(Debug)]
pub(crate) enum NoLetter {
    /// The other side has gone.
    Gone,
    /// It does not want to, for this reason.
    Refused(String),
    /// There was one, but it could not be taken in.
    Lost(io::Error),
}

/// What one side has beside the words: its end of the socket, and what has come through it.
pub(crate) trait Post {
    type Descriptor;

    /// Sends descriptors, in several messages if they are many.
    fn send(&self, descriptors: &[Self::Descriptor]) -> io::Result<()>;

    /// Sends a wake-up, unless the other side has gone.
    fn wake(&self);

    /// Looks for a while, whether it is worth it or not; says whether the turn was seen to be ours.
    fn look(&self, is_our_turn: impl Fn() -> bool) -> bool;

    /// Waits for something to come. What was sent before the end comes before the end.
    fn receive(&mut self) -> Result<Came, NoLetter>;

    /// How many descriptors have come for the next message.
    fn arrived(&self) -> usize;
}

/// The words, in shared memory. All of them are zero at first.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Turns {
    turn: AtomicU32,
    /// The caller's, the server's.
    bells: [AtomicU32; 2],
    descriptors: AtomicU32,
}

impl Turns {
    /// Passes the turn on from this side, whose turn it is, with the message that it has written.
    ///
    /// # Errors
    ///
    /// The descriptors could not be sent. It is still our turn, but some of them may be on their way: the
    /// connection must not be used any more.
    pub(crate) fn pass<P: Post>(
        &self,
        side: Side,
        post: &P,
        descriptors: &[P::Descriptor],
    ) -> io::Result<()> {
        if !descriptors.is_empty() {
            post.send(descriptors)?;
        }
        self.descriptors.store(descriptors.len() as u32, Relaxed);
        let other = side.other();
        self.turn.store(other as u32, Release);
        if self.bell(other).ring() {
            post.wake();
        }
        Ok(())
    }

    /// Waits for this side's turn, and for the descriptors of the message that came with it.
    pub(crate) fn take(&self, side: Side, post: &mut impl Post) -> Result<(), NoLetter> {
        if !post.look(|| self.is_of(side)) {
            self.sleep(side, post)?;
        }
        while post.arrived() < self.descriptors.load(Relaxed) as usize {
            post.receive()?;
        }
        Ok(())
    }

    fn is_of(&self, side: Side) -> bool {
        self.turn.load(Acquire) == side as u32
    }

    fn sleep(&self, side: Side, post: &mut impl Post) -> Result<(), NoLetter> {
        let bell = self.bell(side);
        loop {
            bell.lie_down();
            if self.is_of(side) && !bell.get_up() {
                return Ok(());
            }
            let came = loop {
                match post.receive() {
                    Ok(Came::Descriptors) => {}
                    other => break other,
                }
            };
            match came {
                // The other side may have been killed after it had passed the turn on.
                Ok(_) | Err(NoLetter::Gone) if self.is_of(side) => return Ok(()),
                // A late one.
                Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn bell(&self, side: Side) -> Bell<'_> {
        Bell(&self.bells[side as usize])
    }
}

impl Side {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Caller => Self::Server,
            Self::Server => Self::Caller,
        }
    }
}

#[cfg(all(test, loom))]
impl Turns {
    pub(crate) fn new() -> Self {
        let [turn, descriptors] = [0; 2].map(AtomicU32::new);
        Self { turn, bells: [0; 2].map(AtomicU32::new), descriptors }
    }

    /// Whose turn it is at last. No step of a process.
    pub(crate) fn latest(&self) -> Side {
        if self.turn.peek() == 0 { Side::Caller } else { Side::Server }
    }
}
