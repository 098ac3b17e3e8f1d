//! [`Value`]: the word that counts the free permits. Its layout is in `mod.rs`.

use super::seats::SeatNumber;

/// As many permits as the word can count.
pub(crate) const MAX_PERMITS: usize = FREE as usize;

pub(super) const FREE: u64 = (1 << 30) - 1;
pub(super) const SLEEPERS: u64 = 1 << 30;
const DEED_SHIFT: u32 = 31;
const SEAT_SHIFT: u32 = 33;
pub(super) const SEQUENCE_SHIFT: u32 = 41;
pub(super) const SEQUENCES: u64 = 1 << (64 - SEQUENCE_SHIFT);

pub(super) const TAKEN: u64 = 1;
pub(super) const GIVEN: u64 = 2;
pub(super) const RETURNED: u64 = 3;

/// What is in `value`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Value(pub(super) u64);

impl Value {
    pub(super) fn free(self) -> u64 {
        self.0 & FREE
    }

    pub(super) fn has_sleepers(self) -> bool {
        self.0 & SLEEPERS != 0
    }

    pub(super) fn deed(self) -> u64 {
        self.0 >> DEED_SHIFT & 3
    }

    pub(super) fn seat(self) -> usize {
        (self.0 >> SEAT_SHIFT & 0xff) as usize
    }

    pub(super) fn sequence(self) -> u64 {
        self.0 >> SEQUENCE_SHIFT
    }

    /// The next value: so many free permits, nobody's doing.
    pub(super) fn next(self, free: u64) -> Self {
        self.followed_by((self.sequence() + 1) % SEQUENCES, free)
    }

    /// The next value, with this number.
    pub(super) fn followed_by(self, sequence: u64, free: u64) -> Self {
        Self(sequence << SEQUENCE_SHIFT | (self.0 & SLEEPERS) | free)
    }

    /// The same, as a deed of a seat.
    pub(super) fn done(self, deed: u64, seat: SeatNumber) -> Self {
        Self(self.0 | deed << DEED_SHIFT | (seat.index() as u64) << SEAT_SHIFT)
    }
}
