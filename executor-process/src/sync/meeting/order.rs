//! [`Order`]: what is done under the lock of a meeting.

use super::outcome::Outcome;
use super::seat::WAITING;
use super::{BROKEN, ENDING, Meeting, OPEN, OUTCOME, SEATS};
use crate::shared::futex;
use crate::shared::life::Stamp;
use crate::shared::lock::Taken;
use crate::shared::waiting::Waiting;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

/// Holds the lock of a meeting that is in order.
pub(super) struct Order<'m>(pub(super) &'m Meeting);

impl Meeting {
    /// Takes the lock, and puts in order what a dead holder of it may have left.
    pub(super) fn order(&self) -> Order<'_> {
        let taken = self.lock.acquire(Waiting::forever).expect("there is no end of that");
        let order = Order(self);
        if taken == Taken::Released {
            return order;
        }
        let state = self.state.load(SeqCst);
        if state & !OUTCOME == ENDING {
            order.end(Outcome::from_bits(state));
            return self.order();
        }
        let waiting = self.used().iter().filter(|seat| seat.is_waiting()).count();
        self.arrived.store(waiting as u32, SeqCst);
        if self.has_dead() {
            order.end(Outcome::PartyDied);
            return self.order();
        }
        order
    }
}

impl Order<'_> {
    pub(super) fn is(&self, state: u32) -> bool {
        self.0.state.load(SeqCst) & !OUTCOME == state
    }

    /// Takes a seat, in which the caller waits from now on. `None` if there is none.
    pub(super) fn take_seat(&self) -> Option<usize> {
        let Meeting { seats, arrived, actor, parties, limit, .. } = self.0;
        let own = Stamp::own().to_bits();
        // Those who came before have not left a gap, as a rule.
        let before = arrived.load(Relaxed);
        let in_order = (0..SEATS).map(|index| (index + before as usize) % SEATS);
        let is_free = |index: &usize| seats[*index].stamp.load(SeqCst) == 0;
        // A dead one who waits is left to be found by `end_for_the_dead`.
        let is_left = |index: &usize| !seats[*index].is_waiting() && seats[*index].is_dead();
        let number = in_order.clone().find(is_free).or_else(|| in_order.clone().find(is_left))?;
        seats[number].stamp.store(own, SeqCst);
        limit.fetch_max(number as u32 + 1, SeqCst);
        if before + 1 == parties.load(Relaxed) {
            actor.store(own, SeqCst);
        }
        seats[number].word.store(WAITING, SeqCst);
        arrived.store(before + 1, SeqCst);
        Some(number)
    }

    /// Ends the round: everybody who waits is told how.
    pub(super) fn end(self, outcome: Outcome) {
        let meeting = self.0;
        let outcome_bits = outcome as u32;
        // From here on whoever inherits the lock does the same.
        meeting.state.store(ENDING | outcome_bits, SeqCst);
        for seat in meeting.used().iter().filter(|seat| seat.is_waiting()) {
            seat.word.store(outcome_bits, SeqCst);
        }
        meeting.actor.store(0, SeqCst);
        meeting.arrived.store(0, SeqCst);
        meeting.turn.fetch_add(1, SeqCst);
        let next = match outcome {
            Outcome::Met | Outcome::Reset => OPEN,
            _ => BROKEN | outcome_bits,
        };
        meeting.state.store(next, SeqCst);
        drop(self);
        futex::wake(&meeting.turn, u32::MAX);
    }
}

impl Drop for Order<'_> {
    fn drop(&mut self) {
        // In models a killed process unwinds, but does nothing any more.
        #[cfg(loom)]
        if std::thread::panicking() {
            return;
        }
        self.0.lock.release();
    }
}
