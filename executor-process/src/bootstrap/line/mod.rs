//! The line: a connection between a process and a child that it starts, by which descriptors travel.
//!
//! The child finds its end where its standard input would be. So it needs no name to connect to, which
//! somebody else could find, and no descriptor that other children might inherit; and from the first
//! moment each side sees when the other is gone. The child puts its end away at once, and has an
//! empty standard input, or the one that is sent to it, from then on.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::{
    TAKES_ALL_AT_ONCE, above_stdio, lay, pick_up, pipe, pipe_from_child, pipe_to_child,
};
#[cfg(windows)]
pub(crate) use windows::{TAKES_ALL_AT_ONCE, lay, pick_up, pipe_from_child, pipe_to_child};
