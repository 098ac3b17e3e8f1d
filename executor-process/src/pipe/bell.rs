//! Sleeping on one side of a pipe until the other side does something, or is gone.
//!
//! What is slept for lies in shared memory: a message for a receiver, room for a sender. While both
//! sides are awake nobody makes a system call for it. Who sleeps does so on a socket, the *cord*, whose
//! other end the other side has: a byte that arrives there, a *bell*, says "look", and the end of the
//! cord says that nobody of the other side is left, however they have ended.
//!
//! # States
//!
//! Each side of a direction has one word in shared memory, [`Sleepers`]: how many of that side have
//! lain down and have not been rung for.
//!
//! ```text
//!   sleeper (any number of them)             the other side
//!   word += 1                                publish something
//!   fence                                    fence
//!   look once more                           word > 0?
//!     something there: get up                  lower it; won: send as many bells
//!     nothing: sleep until a bell comes
//!       something there: get up
//!       nothing: take the bell, lie down anew
//! ```
//!
//! To get up is to lower the word by one; if it is zero, somebody has rung for this sleeper, and the
//! bell is taken instead. If that is still on its way it is *owed*: the end takes it before somebody next
//! lies down.
//!
//! A message is for one receiver, so it rings for one; room is for every sender, so it rings for all.
//!
//! # Invariants
//!
//! Let S be the sleepers that are alive, and B the bells in the cord, or about to be, that are not owed.
//!
//! 1. word + B >= S. Lying down and getting up change both sides by one, ringing turns the word into B.
//!    So a sleeper is counted in the word, and what is published next rings; or there is a bell, which
//!    wakes all who sleep, to look for themselves.
//! 2. Of the two fences one is first: either the sleeper sees what was published, or the other side sees
//!    the sleeper.
//! 3. A bell is taken by somebody who has found nothing, and looks again afterwards, or by somebody who
//!    was counted in the word and is not any more. So no bell is used up while somebody else needs it to
//!    find what it was rung for.
//! 4. The word and B grow beyond S only by the death of sleepers, by one for each. The price of such a
//!    one is a spurious look for each sleep.
//! 5. The end of the cord is acted on after a last look, so everything sent before it is received.
//!
//! Checked by the models in `models/pipe.rs`, 4 by `side.rs`, `bells_do_not_pile_up`.
//!
//! If somebody is killed between lowering the word and ringing, or between taking a bell and looking,
//! one sleeper is not counted any more. It wakes by itself: sleep comes in slices.

use crate::atomic::{AtomicU32, fence};
use crate::shared::waiting::Waiting;
use std::sync::atomic::Ordering::{AcqRel, Relaxed, SeqCst};
use std::time::Duration;

/// One side's end of the socket between the two sides.
pub(crate) trait Cord {
    /// Sends so many bells to the other side. If there is no room for them, bells enough are there.
    fn ring(&self, bells: u32);

    /// Takes a bell from the other side, if there is one.
    fn take(&self) -> Taken;

    /// Sleeps until there is a bell, or the other side is gone, at most so long. Says whether it is so,
    /// and may be wrong.
    fn sleep(&self, limit: Duration) -> bool;
}

/// What [`Cord::take`] has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Bell,
    Nothing,
    /// Nobody of the other side is left, and there are no bells.
    End,
}

/// Why a sleep has ended without finding anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vain {
    TimedOut,
    /// Nobody of the other side is left.
    End,
}

/// The word of one side, in shared memory. Nobody sleeps when it is zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sleepers<'w>(pub(crate) &'w AtomicU32);

/// The bells that are owed to one end in one process.
#[derive(Debug)]
pub(crate) struct Owed(AtomicU32);

impl Owed {
    pub(crate) fn none() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Takes those that have come by now.
    pub(crate) fn collect(&self, cord: &impl Cord) {
        // Another thread may do the same, so each says first that it takes one.
        while lower(&self.0) {
            if cord.take() != Taken::Bell {
                self.0.fetch_add(1, Relaxed);
                return;
            }
        }
    }
}

impl Sleepers<'_> {
    /// Something was published for one of them.
    #[inline]
    pub(crate) fn ring_one(self, cord: &impl Cord) {
        if self.are_any() && lower(self.0) {
            cord.ring(1);
        }
    }

    /// Something was published for all of them.
    #[inline]
    pub(crate) fn ring_all(self, cord: &impl Cord) {
        if self.are_any() {
            match self.0.swap(0, AcqRel) {
                0 => {}
                all => cord.ring(all),
            }
        }
    }

    #[inline]
    fn are_any(self) -> bool {
        fence(SeqCst);
        self.0.load(Relaxed) > 0
    }

    /// Sleeps until `look` finds something.
    pub(crate) fn sleep<T>(
        self,
        cord: &impl Cord,
        owed: &Owed,
        waiting: &mut Waiting,
        mut look: impl FnMut() -> Option<T>,
    ) -> Result<T, Vain> {
        owed.collect(cord);
        'anew: loop {
            self.lie_down();
            if let Some(found) = look() {
                self.get_up(cord, owed);
                return Ok(found);
            }
            let vain = loop {
                let Some(slice) = waiting.next_slice() else { break Vain::TimedOut };
                let stirred = cord.sleep(slice);
                if let Some(found) = look() {
                    self.get_up(cord, owed);
                    return Ok(found);
                }
                if stirred {
                    match cord.take() {
                        Taken::Bell => continue 'anew,
                        Taken::Nothing => {} // somebody else was faster
                        Taken::End => break Vain::End,
                    }
                }
            };
            self.get_up(cord, owed);
            return look().ok_or(vain);
        }
    }

    /// One more sleeps, or is about to. It must look once more before it does.
    pub(crate) fn lie_down(self) {
        self.0.fetch_add(1, SeqCst);
        fence(SeqCst);
    }

    /// One sleeps no more, and has not taken a bell since it lay down.
    pub(crate) fn get_up(self, cord: &impl Cord, owed: &Owed) {
        if !lower(self.0) && cord.take() == Taken::Nothing {
            owed.0.fetch_add(1, Relaxed);
        }
    }
}

/// Takes one from a count, if it is not zero.
fn lower(count: &AtomicU32) -> bool {
    let mut now = count.load(Relaxed);
    while now > 0 {
        match count.compare_exchange_weak(now, now - 1, AcqRel, Relaxed) {
            Ok(_) => return true,
            Err(changed) => now = changed,
        }
    }
    false
}
