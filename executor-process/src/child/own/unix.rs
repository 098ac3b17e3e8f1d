//! The parent, as Unix tells of it.

use super::super::sentinel::pidfd;
use crate::shared::courier::Courier;
use once_cell::sync::OnceCell;
use rustix::process::getppid;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

#[derive(Debug)]
pub(super) struct Watched {
    /// Its other end is closed when the parent is gone.
    line: Option<Courier>,
    /// For those who have no line.
    pidfd: OnceCell<OwnedFd>,
}

impl Watched {
    pub(super) fn new(_parent: u32, line: Option<Courier>) -> Self {
        Self { line, pidfd: OnceCell::new() }
    }

    pub(super) fn is_alive(&self, parent: u32) -> bool {
        // Who has lost its parent gets another one. In a container the number may be unknown (0).
        getppid().is_none_or(|pid| pid.as_raw_nonzero().get().unsigned_abs() == parent)
    }

    pub(super) fn sentinel(&self, parent: u32) -> Option<BorrowedFd<'_>> {
        match &self.line {
            Some(line) => Some(line.as_fd()),
            None if self.is_alive(parent) => {
                self.pidfd.get_or_try_init(|| pidfd(parent)).ok().map(OwnedFd::as_fd)
            }
            None => self.pidfd.get().map(OwnedFd::as_fd),
        }
    }
}
