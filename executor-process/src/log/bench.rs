//! [`Bench`]: where those sleep who wait for a message, or for room, or for anything that may have
//! happened.
//!
//! # States
//!
//! `flag` is 1 if somebody may sleep who has not been woken, else 0. `turn` counts the wake-ups,
//! and is the word on which they sleep.
//!
//! ```text
//!   sleeper                                waker
//!   read turn                              make something happen
//!   flag := 1                              fence
//!   fence                                  flag is 1, and swapping it for 0 finds 1?
//!   look once more                           add one to turn
//!     nothing: sleep while turn is as read    wake one
//!     flag := 1
//!   look
//! ```
//!
//! Whoever has slept cannot know whether others still do, so it sets the flag again before it
//! looks. Whoever has found something and sees that there is more passes the wake-up on.
//!
//! # Invariants
//!
//! 1. Of the two fences one is first: either the sleeper sees what has happened, or the waker sees
//!    the flag. So nothing happens that all of them sleep through: `models/log.rs`,
//!    `no_wake_up_is_lost`.
//! 2. While the flag is 0 and somebody sleeps, a wake-up is on its way to somebody, who looks, and
//!    sets the flag. Whatever else happens meanwhile wakes nobody; it is passed on by the one who
//!    was woken: `two_sleep`, `somebody_else_is_faster`.
//! 3. One wake-up wakes one, and there is no system call if nobody sleeps, but for one after each
//!    time that somebody has slept.
//! 4. A waker that is killed before it has woken anybody, or a sleeper that is killed when it was
//!    woken, costs the others a slice of sleep. Nothing has to be put right: no sleepers are
//!    counted.

use crate::atomic::{AtomicU32, fence};
use crate::shared::futex;
use crate::shared::waiting::Waiting;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, SeqCst};

/// The words. Nobody sleeps when they are zero.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Bench {
    turn: AtomicU32,
    flag: AtomicU32,
}

/// What [`Bench::sit_down`] has read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn(u32);

impl Bench {
    /// An empty one.
    #[cfg(all(test, loom))]
    pub(crate) fn new() -> Self {
        Self { turn: AtomicU32::new(0), flag: AtomicU32::new(0) }
    }

    /// Says that the caller is about to sleep. It must look once more before it does.
    pub(crate) fn sit_down(&self) -> Turn {
        let turn = self.turn.load(Acquire);
        self.flag.store(1, Relaxed);
        fence(SeqCst);
        Turn(turn)
    }

    /// Sleeps for a slice of time, or until woken. The caller looks in either case, and calls
    /// [`wake_one`](Self::wake_one) if there is more than it takes.
    ///
    /// Returns `false`, without sleeping, if the time is over.
    pub(crate) fn sleep(&self, turn: Turn, waiting: &mut Waiting) -> bool {
        let slept = waiting.sleep(&self.turn, turn.0);
        // Also if it has not slept: the flag may have been cleared for it.
        self.flag.store(1, Relaxed);
        fence(SeqCst);
        slept
    }

    /// Something has happened of which one can make use. The caller has passed a `SeqCst` fence since.
    #[inline]
    pub(crate) fn wake_one(&self) {
        self.wake_one_if(|| true);
    }

    /// Passes a wake-up on if `more` says that there is use for it, by a look that is not older
    /// than this call.
    #[inline]
    pub(crate) fn wake_one_if(&self, more: impl FnOnce() -> bool) {
        if self.flag.load(Relaxed) != 0 && more() {
            self.wake(1);
        }
    }

    /// Something has happened that concerns everybody.
    pub(crate) fn wake_all(&self) {
        fence(SeqCst);
        if self.flag.load(Relaxed) != 0 {
            self.wake(u32::MAX);
        }
    }

    #[cold]
    fn wake(&self, count: u32) {
        if self.flag.swap(0, AcqRel) != 0 {
            self.turn.fetch_add(1, AcqRel);
            futex::wake(&self.turn, count);
        }
    }
}
