//! The seats: which processes hold how many permits.

use super::Permits;
use super::value::RETURNED;
use crate::atomic::AtomicU64;
use crate::shared::life::Stamp;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

/// How many processes can hold permits for themselves at the same time.
pub(crate) const SEATS: usize = if cfg!(loom) { 3 } else { 254 };

/// A place in the table. Its layout is in `mod.rs`.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Seat {
    pub(super) stamp: AtomicU64,
    pub(super) held: AtomicU64,
}

impl Seat {
    #[cfg(any(test, loom))]
    pub(super) fn new() -> Self {
        Self { stamp: AtomicU64::new(0), held: AtomicU64::new(0) }
    }

    /// How many permits its process holds, if the last deed is entered.
    fn count(&self) -> u64 {
        self.held.load(SeqCst) & 0xffff_ffff
    }
}

/// The number of a process's seat in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeatNumber(u8);

impl SeatNumber {
    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl Permits {
    /// The seat of this process: the one it has, or a free one. `None` if all are taken.
    pub(crate) fn sit_down(&self) -> Option<SeatNumber> {
        let own = Stamp::own();
        let stamps = || self.seats.iter().map(|seat| Stamp::from_bits(seat.stamp.load(SeqCst)));
        let number = |index| SeatNumber(u8::try_from(index).expect("fewer seats than that"));
        if let Some(index) = stamps().position(|stamp| stamp == Some(own)) {
            return Some(number(index));
        }
        // First those that nobody has ever had: to find out about the dead is dear.
        for index in 0..SEATS {
            let stamp = &self.seats[index].stamp;
            if stamp.load(SeqCst) == 0
                && stamp.compare_exchange(0, own.to_bits(), SeqCst, Relaxed).is_ok()
            {
                return Some(number(index));
            }
        }
        self.return_from_dead();
        (0..SEATS).find(|&index| self.inherit(index, own)).map(number)
    }

    /// Takes the seat of a dead process, if it holds nothing.
    fn inherit(&self, index: usize, heir: Stamp) -> bool {
        let seat = &self.seats[index];
        let stamp = seat.stamp.load(SeqCst);
        if Stamp::from_bits(stamp).is_none_or(Stamp::is_alive) {
            return false;
        }
        while self.settled().is_none() {}
        // The dead do nothing more, so what it holds stays zero.
        seat.count() == 0
            && seat.stamp.compare_exchange(stamp, heir.to_bits(), SeqCst, Relaxed).is_ok()
    }

    /// Returns what dead processes hold. Says whether there was any.
    #[cold]
    pub(crate) fn return_from_dead(&self) -> bool {
        // A deed that is not entered yet may be all that a dead process has left.
        while self.settled().is_none() {}
        let mut found = false;
        for (index, seat) in self.seats.iter().enumerate() {
            if seat.count() > 0
                && let Some(holder) = Stamp::from_bits(seat.stamp.load(SeqCst))
                && !holder.is_alive()
            {
                found |= self.return_from(SeatNumber(index as u8), holder);
            }
        }
        found
    }

    fn return_from(&self, number: SeatNumber, dead: Stamp) -> bool {
        let seat = &self.seats[number.index()];
        loop {
            let Some(value) = self.settled() else { continue };
            let held = seat.count();
            if held == 0 || Stamp::from_bits(seat.stamp.load(SeqCst)) != Some(dead) {
                return false;
            }
            // If it has not changed by the exchange, what was read above has not either.
            let bound = self.bound() as u64;
            let free = (value.free() + held).min(bound).max(value.free());
            let next = self.deed(value, number, RETURNED, free);
            if self.value.compare_exchange(value.0, next.0, SeqCst, Relaxed).is_ok() {
                self.enter(next);
                self.wake(next, held as usize);
                return true;
            }
        }
    }

    /// How many permits are held by processes for themselves.
    pub(crate) fn held(&self) -> u64 {
        self.seats.iter().map(Seat::count).sum()
    }
}
