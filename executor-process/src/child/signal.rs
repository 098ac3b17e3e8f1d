//! [`Signal`]: what a process can be sent.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use crate::exit::exit_of;
#[cfg(unix)]
pub(super) use unix::send;
#[cfg(windows)]
pub(super) use windows::{exit_of, send};

/// In order of force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Interrupt,
    Terminate,
    Kill,
}
