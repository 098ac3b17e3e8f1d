//! [`Meeting`]: where the parties of a barrier wait for each other.
//!
//! # States
//!
//! All is changed by whoever has `lock`, but for what is said below.
//!
//! | `state`       | meaning                                                          |
//! |---------------|------------------------------------------------------------------|
//! | OPEN          | parties arrive, and wait                                         |
//! | ACTING        | all are there; the last to arrive, `actor`, runs the action      |
//! | ENDING + how  | the round is over, and the parties are being told how            |
//! | BROKEN + how  | nobody can wait until the next reset                             |
//!
//! Whoever arrives takes a seat: the [`Stamp`](crate::shared::life::Stamp) of its process, and a word that
//! says WAITING. A round ends in that everybody who waits finds the *outcome* in his own word, so it makes
//! no difference how late he looks, and what happens meanwhile. Then `turn` changes, on which all sleep.
//! A party leaves its seat by itself, without the lock, by putting zero first in the word and then in the
//! stamp.
//!
//! The outcomes: all were there; or a timeout, an abort, a reset, a panic of the action, the death of a
//! party. Those but the first and the reset break the barrier. ACTING, timeouts do not count, and nobody
//! is let in.
//!
//! # The dead
//!
//! Each who waits looks, after each slice of sleep, whether the process in the next seat in which
//! somebody waits is alive, and so is the actor. So somebody looks after each, and each looks after two.
//! Whoever finds a dead one ends the round.
//!
//! Whoever waits looks after the lock as well: the process that had it may have been about to tell him.
//! Who inherits the lock from a dead process puts in order what that one may have left: a round that is
//! ENDING is brought to its end; else the number of those who wait is counted again, and if a dead process
//! is among them the round is over.
//!
//! # Where
//!
//! | what                                                   | file         |
//! |--------------------------------------------------------|--------------|
//! | waiting, and looking after the others                  | here         |
//! | what is done under the lock                            | `order.rs`   |
//! | the seats                                              | `seat.rs`    |
//! | the outcomes                                           | `outcome.rs` |
//!
//! # Invariants
//!
//! - One outcome for all who waited in the round, by one store of `state`, and each finds it:
//!   `models/meeting.rs`.
//! - The action is run once in a round in which all are there, and nobody leaves before it is over:
//!   `models/meeting.rs`, `tests/shared_sync/barrier.rs`.
//! - Nobody waits for ever for one who is dead: `models/meeting.rs`, `tests/shared_sync/death.rs`.

mod order;
mod outcome;
mod seat;

use crate::atomic::{AtomicU32, AtomicU64};
use crate::shared::lock::RobustLock;
use crate::shared::waiting::Waiting;
use executor_core::BrokenBarrier;
use order::Order;
use outcome::Outcome;
use seat::{Seat, is_dead};
use std::hint;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::time::Duration;

/// How many parties there can be.
pub(crate) const MAX_PARTIES: usize = if cfg!(loom) { 3 } else { 1024 };

/// Those who wait, and those of earlier rounds who have not looked yet.
const SEATS: usize = 2 * MAX_PARTIES;

/// In the state, with an outcome in the lower half for the last two.
const OPEN: u32 = 0;
const ACTING: u32 = 1 << 16;
const ENDING: u32 = 2 << 16;
const BROKEN: u32 = 3 << 16;
const OUTCOME: u32 = 0xffff;

/// How often to look before sleeping.
const LOOKS: u32 = if cfg!(loom) { 0 } else { 100 };

/// The place, in shared memory. All zero but `parties` to begin with.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Meeting {
    lock: RobustLock,
    /// Nobody if zero.
    actor: AtomicU64,
    /// The timeout for waits that name none, in nanoseconds, plus one; zero if there is none.
    pub(crate) timeout: AtomicU64,
    pub(crate) parties: AtomicU32,
    state: AtomicU32,
    turn: AtomicU32,
    /// How many wait in this round.
    arrived: AtomicU32,
    /// No seat from this one on has ever been taken.
    limit: AtomicU32,
    _padding: AtomicU32,
    seats: [Seat; SEATS],
}

impl Meeting {
    #[cfg(loom)]
    pub(crate) fn new(parties: u32) -> Self {
        let [actor, timeout] = [0, 0].map(AtomicU64::new);
        let [parties, state, turn, arrived, limit, padding] =
            [parties, 0, 0, 0, 0, 0].map(AtomicU32::new);
        let seats = std::array::from_fn(|_| Seat::new());
        let lock = RobustLock::new();
        Self {
            lock,
            actor,
            timeout,
            parties,
            state,
            turn,
            arrived,
            limit,
            _padding: padding,
            seats,
        }
    }

    /// The seats that may be taken.
    fn used(&self) -> &[Seat] {
        &self.seats[..SEATS.min(self.limit.load(SeqCst) as usize)]
    }

    /// Arrives, and waits for the others, for so long at most. Returns how many were there before.
    ///
    /// The last to arrive runs the action, and unwinds if that does.
    pub(crate) fn wait<A: FnOnce()>(
        &self,
        limit: Option<Duration>,
        action: Option<A>,
    ) -> Result<usize, BrokenBarrier> {
        let mut waiting = Waiting::limited(limit);
        let (order, seat) = self.arrive()?;
        let index = order.0.arrived.load(Relaxed) - 1;
        if index + 1 < self.parties.load(Relaxed) {
            drop(order);
            self.sleep(seat, &mut waiting);
        } else if let Some(action) = action {
            self.state.store(ACTING, SeqCst);
            drop(order);
            self.act(seat, action);
        } else {
            order.end(Outcome::Met);
        }
        self.seats[seat].leave().map(|()| index as usize)
    }

    /// Takes a seat, if need be after the end of an action or when one is free.
    fn arrive(&self) -> Result<(Order<'_>, usize), BrokenBarrier> {
        let mut waiting = Waiting::forever();
        loop {
            let order = self.order();
            let turn = self.turn.load(SeqCst);
            let state = self.state.load(SeqCst);
            if state & !OUTCOME == BROKEN {
                Outcome::from_bits(state).into_result()?;
            } else if state == OPEN
                && let Some(seat) = order.take_seat()
            {
                return Ok((order, seat));
            }
            drop(order);
            waiting.sleep(&self.turn, turn);
            if is_dead(&self.actor) {
                self.end_for_the_dead();
            }
        }
    }

    /// Waits in a seat until the round is over.
    fn sleep(&self, number: usize, waiting: &mut Waiting) {
        let seat = &self.seats[number];
        for _ in 0..LOOKS {
            if !seat.is_waiting() {
                return;
            }
            hint::spin_loop();
        }
        // For the end of an action that takes longer than there is time.
        let mut patience = Waiting::forever();
        loop {
            let turn = self.turn.load(SeqCst);
            if !seat.is_waiting() {
                return;
            }
            if !waiting.sleep(&self.turn, turn) {
                self.end_if(|order| seat.is_waiting() && order.is(OPEN), Outcome::TimedOut);
                patience.sleep(&self.turn, turn);
            }
            if !seat.is_waiting() {
                return;
            }
            let mut others = self.used()[number + 1..].iter().chain(&self.seats[..number]);
            let next = others.find(|other| other.is_waiting());
            if next.is_some_and(Seat::is_dead) || is_dead(&self.actor) || self.lock.is_abandoned() {
                self.end_for_the_dead();
            }
        }
    }

    /// Runs the action, and ends the round unless that has happened meanwhile.
    fn act(&self, seat: usize, action: impl FnOnce()) {
        let result = panic::catch_unwind(AssertUnwindSafe(action));
        let outcome = if result.is_ok() { Outcome::Met } else { Outcome::ActionPanicked };
        self.end_if(|_| self.seats[seat].is_waiting(), outcome);
        if let Err(payload) = result {
            let _outcome = self.seats[seat].leave();
            panic::resume_unwind(payload);
        }
    }

    fn end_if(&self, condition: impl FnOnce(&Order<'_>) -> bool, outcome: Outcome) {
        let order = self.order();
        if condition(&order) {
            order.end(outcome);
        }
    }

    /// Ends the round if a dead process waits in it.
    fn end_for_the_dead(&self) {
        self.end_if(|order| order.0.has_dead(), Outcome::PartyDied);
    }

    /// Whether the parties are being told.
    #[cfg(loom)]
    pub(crate) fn is_ending(&self) -> bool {
        self.state.load(SeqCst) & !OUTCOME == ENDING
    }

    /// Whether a dead process waits.
    pub(crate) fn has_dead(&self) -> bool {
        self.used().iter().any(|seat| seat.is_waiting() && seat.is_dead())
    }

    /// Breaks the barrier. Nothing if it is broken.
    pub(crate) fn abort(&self) {
        self.end_if(|order| !order.is(BROKEN), Outcome::Aborted);
    }

    /// Makes it as new.
    pub(crate) fn reset(&self) {
        self.end_if(|_| true, Outcome::Reset);
    }

    pub(crate) fn is_broken(&self) -> bool {
        let state = self.state.load(SeqCst);
        let ends_well = [Outcome::Met, Outcome::Reset].contains(&Outcome::from_bits(state));
        match state & !OUTCOME {
            OPEN | ACTING => false,
            ENDING => !ends_well,
            _ => true,
        }
    }

    /// How many wait in this round; zero if it is being ended.
    pub(crate) fn arrived(&self) -> usize {
        self.arrived.load(SeqCst) as usize
    }
}
