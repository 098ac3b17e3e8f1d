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
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::Stdio;

/// A new line: our end, and what is to be the child's standard input.
pub(crate) fn lay() -> io::Result<(Courier, Stdio)> {
    let (ours, theirs) = Courier::pair()?;
    let ours = match ours.as_fd().as_raw_fd() {
        0..=2 => Courier::from(above_stdio(ours.as_fd().try_clone_to_owned()?)?),
        _ => ours,
    };
    Ok((ours, Stdio::from(theirs.as_fd().try_clone_to_owned()?)))
}

/// The child's end. Called once, before anything reads from standard input.
///
/// # Errors
///
/// This process was not started with a line.
pub(crate) fn pick_up() -> io::Result<Courier> {
    let input = stdin();
    if FileType::from_raw_mode(fstat(input)?.st_mode) != FileType::Socket {
        return Err(io::Error::other("standard input is not the line to the parent"));
    }
    let line = fcntl_dupfd_cloexec(input, 3)?;
    dup2_stdin(open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)?;
    Ok(Courier::from(line))
}

/// The same with a number that is not that of a standard stream, for descriptors that are kept. In a
/// program that has closed those, new ones get their numbers, and what it prints would go there.
pub(crate) fn above_stdio(descriptor: OwnedFd) -> io::Result<OwnedFd> {
    match descriptor.as_raw_fd() {
        0..=2 => Ok(fcntl_dupfd_cloexec(&descriptor, 3)?),
        _ => Ok(descriptor),
    }
}

/// A pipe whose ends are such descriptors.
pub(crate) fn pipe() -> io::Result<(PipeReader, PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    Ok((above_stdio(reader.into())?.into(), above_stdio(writer.into())?.into()))
}
