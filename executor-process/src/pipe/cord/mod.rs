//! The connection between the two sides of a direction: [`SystemCord`], one of its ends.
//!
//! | what                                        | file         |
//! |---------------------------------------------|--------------|
//! | a pair of sockets                           | `unix.rs`    |
//! | a pipe                                      | `windows.rs` |

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::{SystemCord, watch};
#[cfg(windows)]
pub(super) use windows::{SystemCord, watch};

use crate::shared::descriptor::BorrowedDescriptor;

/// Something that one can wait for together with others: see [`watch`].
#[derive(Clone, Copy)]
pub(super) enum Watched<'w> {
    Descriptor(BorrowedDescriptor<'w>),
    Cord(&'w SystemCord),
}

/// What [`watch`] has seen of one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Nothing,
    /// It is ready. At a cord there is a bell.
    Something,
    /// Nobody of the other side of the cord is left.
    End,
}
