//! The parent, as Windows tells of it.

use crate::shared::courier::Courier;
use crate::shared::windows::process;
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};

#[derive(Debug)]
pub(super) struct Watched {
    /// Open from the start, since the number of a process that has ended may be given to another. `None` if it
    /// had ended already.
    parent: Option<OwnedHandle>,
    /// What the parent has told us to be does not end before we do.
    _line: Option<Courier>,
}

impl Watched {
    pub(super) fn new(parent: u32, line: Option<Courier>) -> Self {
        Self { parent: process::open(parent).ok(), _line: line }
    }

    pub(super) fn is_alive(&self, _parent: u32) -> bool {
        self.parent.as_ref().is_some_and(|parent| !process::has_ended(parent.as_handle()))
    }

    pub(super) fn sentinel(&self, _parent: u32) -> Option<BorrowedHandle<'_>> {
        self.parent.as_ref().map(AsHandle::as_handle)
    }
}
