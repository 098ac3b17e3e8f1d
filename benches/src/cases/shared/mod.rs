//! What processes share besides pools, one file per kind.
//!
//! Only ours, Python's, and the least that the system or a thread needs for the same take part, so the
//! cases here are not generic: each is what ours does, and `contestants/shared/` has the others.
//! Everything is warmed up, and the answer is checked.

pub mod lock;
pub mod manager;
pub mod pipe;
pub mod process;
pub mod queue;

use super::{Spec, sum_below};
use crate::contestant::Trouble;
use std::fmt::Display;

/// What went wrong.
pub(crate) fn gave_up(error: impl Display) -> Trouble {
    Trouble::GaveUp(error.to_string())
}
