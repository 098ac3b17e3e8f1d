//! The bell of the keeper: what wakes it, besides the ends of processes.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::{Bell, Ear, pair};
#[cfg(windows)]
pub(super) use windows::{Bell, Ear, pair};
