//! Handles of processes.

use super::Sentinel;
use crate::shared::descriptor::OwnedDescriptor;
use crate::shared::windows::handle::{milliseconds, wait};
use std::io;
use std::os::windows::io::{AsHandle, BorrowedHandle};
use std::process::Child;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Waits until the process has ended; says whether it has.
pub(in super::super) fn ready(process: BorrowedHandle<'_>, limit: Option<Duration>) -> bool {
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    loop {
        // The system's longest time is some fifty days.
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if wait(process, milliseconds(left)) {
            return true;
        }
        if left == Some(Duration::ZERO) {
            return false;
        }
    }
}

/// What a sentinel is made from. Nothing is needed before there is a process.
#[derive(Debug)]
pub(in super::super) struct Prepared;

/// Prepares a sentinel. The child has to keep nothing.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(in super::super) fn prepare() -> io::Result<(Prepared, Option<OwnedDescriptor>)> {
    Ok((Prepared, None))
}

impl Prepared {
    /// The sentinel of a process.
    #[expect(clippy::unused_self, reason = "elsewhere it is used up")]
    pub(in super::super) fn finish(self, process: &Child) -> io::Result<Sentinel> {
        Ok(Sentinel(Arc::new(process.as_handle().try_clone_to_owned()?)))
    }
}
