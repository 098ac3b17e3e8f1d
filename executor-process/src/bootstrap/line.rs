//! The line: a connection between a process and a child that it starts, by which descriptors travel.
//!
//! The child finds its end where its standard input would be. So it needs no name to connect to, which
//! somebody else could find, and no descriptor that other children might inherit; and from the first
//! moment each side sees when the other is gone. The child puts its end away at once, and has an
//! empty standard input, or the one that is sent to it, from then on.

use crate::shared::courier::Courier;
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{dup2_stdin, stdin};
use std::io;
use std::os::fd::OwnedFd;
use std::process::Stdio;

/// A new line: our end, and what is to be the child's standard input.
pub(crate) fn lay() -> io::Result<(Courier, Stdio)> {
    let (ours, theirs) = Courier::pair()?;
    Ok((ours, Stdio::from(OwnedFd::from(theirs))))
}

/// The child's end. Called once, before anything reads from standard input.
///
/// # Errors
///
/// This process was not started with a line.
pub(crate) fn pick_up() -> io::Result<Courier> {
    // SAFETY: nobody closes standard input, here or elsewhere.
    let input = unsafe { stdin() };
    if FileType::from_raw_mode(fstat(input)?.st_mode) != FileType::Socket {
        return Err(io::Error::other("standard input is not the line to the parent"));
    }
    let line = fcntl_dupfd_cloexec(input, 3)?;
    dup2_stdin(open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)?;
    Ok(Courier::from(line))
}
