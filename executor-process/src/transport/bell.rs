//! Sleeping and waking across processes: one word for each side that sleeps.
//!
//! A message through a channel wakes a sleeper, but costs microseconds on both sides. So the sleeper
//! says in shared memory when it is about to sleep, and nobody sends a message otherwise.
//!
//! ```text
//!   sleeper                                  waker
//!   word := ASLEEP                           publish something
//!   fence                                    fence
//!   look once more                           word is ASLEEP?
//!     something there: get up                  swap it to AWAKE; won: send one message
//!     nothing: receive a message
//! ```
//!
//! Invariants, checked by `no_ring_is_lost` and the other models in `models/bell.rs`:
//!
//! 1. Of the two fences one is first: either the sleeper sees what was published, or the waker sees
//!    ASLEEP. So nothing is published that the sleeper sleeps through.
//! 2. A message is sent exactly when a waker has turned the word to AWAKE. A sleeper that gets up by
//!    itself and finds it AWAKE already receives that message before it goes on. So there is at most one
//!    unreceived message, and sending it never blocks.
//!
//! The pool's reader has one more state: ASSISTED, while a thread that waits for a result looks for it
//! in the reader's place. Workers see that it is not ASLEEP and send nothing. Whoever assists puts
//! ASLEEP back and looks once more, as the sleeper did.

use crate::atomic::{AtomicU32, fence};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, SeqCst};

const AWAKE: u32 = 0;
const ASLEEP: u32 = 1;
const ASSISTED: u32 = 2;

/// The word of one sleeper.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bell<'r>(pub(crate) &'r AtomicU32);

impl Bell<'_> {
    /// The sleeper is about to sleep. It must look once more before it does.
    pub(crate) fn lie_down(self) {
        self.0.store(ASLEEP, Relaxed);
        fence(SeqCst);
    }

    /// The sleeper does not sleep after all, or was woken by something else. `true` if a waker was
    /// faster: its message is, or will be, there and must be received.
    pub(crate) fn get_up(self) -> bool {
        self.0.swap(AWAKE, AcqRel) == AWAKE
    }

    /// Something was published. `true` if the caller must now send a message to the sleeper.
    pub(crate) fn ring(self) -> bool {
        fence(SeqCst);
        self.0.load(Relaxed) == ASLEEP
            && self.0.compare_exchange(ASLEEP, AWAKE, AcqRel, Relaxed).is_ok()
    }

    /// Whether the sleeper sleeps, and nobody has woken it yet.
    pub(crate) fn is_asleep(self) -> bool {
        self.0.load(Acquire) == ASLEEP
    }

    /// Takes the sleeping reader's place; `false` if it is awake or somebody else has.
    pub(crate) fn assist(self) -> bool {
        self.0.compare_exchange(ASLEEP, ASSISTED, AcqRel, Relaxed).is_ok()
    }

    /// Gives the place back. The caller must look once more, and [`ring`](Self::ring).
    pub(crate) fn end_assist(self) {
        let _the_reader_may_have_got_up =
            self.0.compare_exchange(ASSISTED, ASLEEP, AcqRel, Relaxed);
        fence(SeqCst);
    }
}
