//! [`Outcome`]: how a round ends, and what its parties are told.

use super::OUTCOME;
use executor_core::BrokenBarrier;

/// How a round can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Outcome {
    Met = 2,
    TimedOut = 3,
    Aborted = 4,
    Reset = 5,
    ActionPanicked = 6,
    PartyDied = 7,
}

impl Outcome {
    pub(super) fn from_bits(bits: u32) -> Self {
        match bits & OUTCOME {
            2 => Self::Met,
            3 => Self::TimedOut,
            4 => Self::Aborted,
            5 => Self::Reset,
            6 => Self::ActionPanicked,
            _ => Self::PartyDied,
        }
    }

    /// What whoever waited is told.
    pub(super) fn into_result(self) -> Result<(), BrokenBarrier> {
        match self {
            Self::Met => Ok(()),
            Self::TimedOut => Err(BrokenBarrier::TimedOut),
            Self::Aborted => Err(BrokenBarrier::Aborted),
            Self::Reset => Err(BrokenBarrier::Reset),
            Self::ActionPanicked => Err(BrokenBarrier::ActionPanicked),
            Self::PartyDied => Err(BrokenBarrier::PartyDied),
        }
    }
}
