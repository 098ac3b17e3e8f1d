//! [`Permits`]: the count of a semaphore, who waits for it, and which processes hold how much of it.
//!
//! # Layout
//!
//! `value` is the whole truth about the free permits, in one word:
//!
//! ```text
//!   63         41 40     33 32  31    30      29        0
//!   |  sequence  |   seat  |  deed  | SLEEPERS |   free   |
//! ```
//!
//! `seats` is a table of processes. A seat is the [`Stamp`](crate::shared::life::Stamp) of the process,
//! and how many permits its guards hold, beside the sequence number of the last deed that was written
//! there:
//!
//! ```text
//!   63                     32 31                       0
//!   |        sequence        |           held           |
//! ```
//!
//! # Taking and giving with a seat
//!
//! A permit must not be lost if its taker is killed between the count and the table, so the count says
//! itself who changed it last and how: the *deed*. In one compare-and-swap a process takes a permit off
//! the count and writes its seat, the deed and a new number there. Then it enters the deed in its seat.
//! Whoever changes the count next sees to it first that the deed before is entered, by one
//! compare-and-swap from what was in the seat to what it must be. The number in the seat tells whether
//! that has happened. So at most one deed is not entered yet, and everybody can do that; and while the
//! count with its number has not changed, what is in the seats has not either, once that deed is entered.
//!
//! Deeds: one permit [taken](value::TAKEN), one [given back](value::GIVEN) (or handed over to nobody), everything of a
//! dead process [returned](value::RETURNED). What [`Permits::take`] and [`Permits::give`] do without a seat is
//! none, and nobody's: such permits are never returned.
//!
//! Numbers are used again after eight million deeds. A deed never has the number that is in its own seat,
//! so entering is never mistaken for done. A process that is stopped in the middle of entering, for just
//! a multiple of that many deeds, could enter one twice.
//!
//! # Sleeping
//!
//! SLEEPERS says that somebody may sleep, or is about to. Who wants to sleep reads `turn`, sets the bit in
//! a count of zero, with a new number even if it is set already, and sleeps unless `turn` has changed. Who
//! gives permits and finds the bit changes `turn`, and wakes as many as there are permits. The bit stays,
//! since others may sleep as well; if nobody was there to be woken, and nothing has happened to the count
//! since, the giver removes it.
//!
//! # The dead
//!
//! Who finds no permit, at once or after a slice of sleep, looks through the table for dead processes that
//! hold some, and returns those to the count. The seat of a dead process that holds nothing can be taken
//! by another.
//!
//! # Where
//!
//! | what                                        | file       |
//! |---------------------------------------------|------------|
//! | taking, giving, deeds, sleeping             | here       |
//! | the word                                    | `value.rs` |
//! | the table, and what the dead have left      | `seats.rs` |
//!
//! # Invariants
//!
//! - Free permits, those held by seats and those held by nobody add up to what there was and what was
//!   released, whoever is killed at whatever moment: `models/permits.rs`, `tests/shared_sync/death.rs`.
//! - Nobody sleeps while there is a permit for him: `models/permits.rs`.

mod seats;
#[cfg(all(test, not(loom)))]
mod tests;
mod value;

pub(crate) use seats::{SEATS, SeatNumber};
pub(crate) use value::MAX_PERMITS;

use crate::atomic::{AtomicU32, AtomicU64};
use crate::shared::futex;
use crate::shared::waiting::Waiting;
use executor_core::TooManyReleases;
use seats::Seat;
use std::hint;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use value::{FREE, GIVEN, SEQUENCES, SLEEPERS, TAKEN, Value};

/// How often to look before sleeping.
const LOOKS: u32 = if cfg!(loom) { 0 } else { 100 };

/// The permits, in shared memory. All zero: none.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Permits {
    value: AtomicU64,
    turn: AtomicU32,
    /// How many permits there may be.
    bound: AtomicU32,
    seats: [Seat; SEATS],
}

impl Permits {
    /// Some, and how many there may be. For memory that nobody else knows yet.
    pub(crate) fn fill(&self, free: usize, bound: usize) {
        self.value.store((free as u64).min(FREE), Relaxed);
        self.bound.store(bound.min(MAX_PERMITS) as u32, SeqCst);
    }

    #[cfg(any(test, loom))]
    pub(crate) fn new(free: usize, bound: usize) -> Self {
        let seats = std::array::from_fn(|_| Seat::new());
        let [turn, bound] = [0, bound as u32].map(AtomicU32::new);
        Self { value: AtomicU64::new(free as u64), turn, bound, seats }
    }

    pub(crate) fn free(&self) -> usize {
        Value(self.value.load(SeqCst)).free() as usize
    }

    pub(crate) fn bound(&self) -> usize {
        self.bound.load(Relaxed) as usize
    }

    /// Takes a permit if there is one, for the process in that seat or for nobody.
    #[inline]
    pub(crate) fn try_take(&self, seat: Option<SeatNumber>) -> bool {
        self.take_one(seat) || (self.return_from_dead() && self.take_one(seat))
    }

    /// Waits for a permit and takes it. `false` if the time is over.
    #[inline]
    pub(crate) fn take(&self, seat: Option<SeatNumber>, waiting: impl FnOnce() -> Waiting) -> bool {
        self.take_one(seat) || self.take_slowly(seat, &mut waiting())
    }

    #[cold]
    fn take_slowly(&self, seat: Option<SeatNumber>, waiting: &mut Waiting) -> bool {
        for _ in 0..LOOKS {
            if Value(self.value.load(Relaxed)).free() > 0 && self.take_one(seat) {
                return true;
            }
            hint::spin_loop();
        }
        loop {
            let turn = self.turn.load(SeqCst);
            if self.take_one(seat) {
                return true;
            }
            if !self.announce_sleep() {
                continue;
            }
            if !waiting.sleep(&self.turn, turn) {
                return self.try_take(seat);
            }
            // Where permits are given there is no need to look for the dead, which is dear.
            if cfg!(loom) || self.turn.load(Relaxed) == turn {
                self.return_from_dead();
            }
        }
    }

    /// One attempt to take, which fails only if there is no permit.
    #[inline]
    fn take_one(&self, seat: Option<SeatNumber>) -> bool {
        self.change(seat, TAKEN, |free| free.checked_sub(1)).is_some()
    }

    /// Gives back a permit that is held in that seat.
    ///
    /// If somebody has released it before, without being asked, it is free already.
    pub(crate) fn give_back(&self, seat: SeatNumber) {
        let bound = self.bound() as u64;
        let changed = self.change(Some(seat), GIVEN, |free| Some(bound.min(free + 1).max(free)));
        if let Some(after) = changed {
            self.wake(after, 1);
        }
    }

    /// Makes a permit that is held in that seat nobody's: somebody else will give it back.
    pub(crate) fn hand_over(&self, seat: SeatNumber) {
        let _always = self.change(Some(seat), GIVEN, Some);
    }

    /// Adds permits that are nobody's. None if there would be too many.
    #[inline]
    pub(crate) fn give(&self, count: usize) -> Result<(), TooManyReleases> {
        let bound = self.bound() as u64;
        let more = |free: u64| free.checked_add(count as u64).filter(|sum| *sum <= bound);
        let after = self.change(None, 0, more).ok_or(TooManyReleases)?;
        self.wake(after, count);
        Ok(())
    }

    /// Changes the count, for a seat or for nobody, and says what it is then. `None` if `free` does.
    #[inline]
    fn change(
        &self,
        seat: Option<SeatNumber>,
        deed: u64,
        free: impl Fn(u64) -> Option<u64>,
    ) -> Option<Value> {
        loop {
            let Some(value) = self.settled() else { continue };
            let free = free(value.free())?;
            let next = match seat {
                None => value.next(free),
                Some(seat) => self.deed(value, seat, deed, free),
            };
            let changed = self.value.compare_exchange(value.0, next.0, SeqCst, Relaxed);
            if changed.is_ok() {
                if next.deed() != 0 {
                    self.enter(next);
                }
                return Some(next);
            }
        }
    }

    /// What the count is after a deed.
    fn deed(&self, value: Value, seat: SeatNumber, deed: u64, free: u64) -> Value {
        let entered = self.seats[seat.index()].held.load(Relaxed) >> 32;
        let next = (value.sequence() + 1) % SEQUENCES;
        // The number that is in the seat would look as if this deed were entered already.
        let next = if next == entered { (next + 1) % SEQUENCES } else { next };
        value.followed_by(next, free).done(deed, seat)
    }

    /// The count, the last deed being entered. `None` if it has changed meanwhile.
    #[inline]
    fn settled(&self) -> Option<Value> {
        let value = Value(self.value.load(SeqCst));
        (value.deed() == 0 || self.enter(value)).then_some(value)
    }

    /// Enters the deed in its seat, unless that is done. `false` if the count has changed meanwhile.
    #[inline]
    fn enter(&self, value: Value) -> bool {
        let Some(seat) = self.seats.get(value.seat()) else { return true };
        let held = seat.held.load(SeqCst);
        if held >> 32 == value.sequence() {
            return true;
        }
        // Only while the count is the same is what was read what the deed is to change.
        if self.value.load(SeqCst) != value.0 {
            return false;
        }
        let count = held & 0xffff_ffff;
        let count = match value.deed() {
            TAKEN => count + 1,
            GIVEN => count.saturating_sub(1),
            _ => 0,
        };
        let entered = value.sequence() << 32 | count;
        // If it fails, somebody else has done it.
        let _done = seat.held.compare_exchange(held, entered, SeqCst, Relaxed);
        true
    }

    /// Says that somebody is about to sleep. `false` if the count is not zero.
    fn announce_sleep(&self) -> bool {
        loop {
            let Some(value) = self.settled() else { continue };
            if value.free() > 0 {
                return false;
            }
            let next = value.next(0).0 | SLEEPERS;
            if self.value.compare_exchange(value.0, next, SeqCst, Relaxed).is_ok() {
                return true;
            }
        }
    }

    /// Wakes as many as there are permits given, by which the count became `after`.
    #[inline]
    fn wake(&self, after: Value, count: usize) {
        if after.has_sleepers() && count > 0 {
            self.wake_some(after, count);
        }
    }

    #[cold]
    fn wake_some(&self, after: Value, count: usize) {
        self.turn.fetch_add(1, SeqCst);
        let woken = futex::wake(&self.turn, u32::try_from(count).unwrap_or(u32::MAX));
        // Where nobody sleeps by the kernel's means, nobody counts them.
        let counted = cfg!(any(target_os = "linux", target_os = "android", loom));
        if woken == 0 && counted {
            let silent = after.0 & !SLEEPERS;
            let _unless_changed = self.value.compare_exchange(after.0, silent, SeqCst, Relaxed);
        }
    }
}
