//! What goes wrong with semaphores and barriers, of threads and of processes alike.

use std::error::Error;
use std::fmt;

/// A bounded semaphore was released more often than acquired. Its count is unchanged.
///
/// Python's `ValueError` ("Semaphore released too many times").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyReleases;

impl fmt::Display for TooManyReleases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the semaphore was released more often than acquired")
    }
}

impl Error for TooManyReleases {}

/// A wait at a barrier that did not end with everybody there, and why.
///
/// Python's `BrokenBarrierError`, which does not say why. After each of these but `Reset` the barrier is
/// broken until somebody resets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BrokenBarrier {
    /// The wait of one party, this or another, took longer than its timeout.
    TimedOut,
    /// Somebody called `abort`.
    Aborted,
    /// Somebody called `reset` during the wait. The barrier is not broken.
    Reset,
    /// The action panicked, in the thread that ran it.
    ActionPanicked,
    /// A party died in the barrier. Only between processes.
    PartyDied,
}

impl fmt::Display for BrokenBarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => "the barrier is broken: not everybody came in time",
            Self::Aborted => "the barrier is broken: it was aborted",
            Self::Reset => "the barrier was reset during the wait",
            Self::ActionPanicked => "the barrier is broken: its action panicked",
            Self::PartyDied => "the barrier is broken: a process died in it",
        })
    }
}

impl Error for BrokenBarrier {}

/// A barrier for nobody was asked for.
///
/// Python's `ValueError` ("parties must be > 0").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZeroParties;

impl fmt::Display for ZeroParties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a barrier needs at least one party")
    }
}

impl Error for ZeroParties {}
