//! A line is a pair of sockets.

use crate::shared::courier::Courier;
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{dup2_stdin, stdin};
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::Stdio;

/// Whether what is sent before the child is started waits for it.
pub(crate) const TAKES_ALL_AT_ONCE: bool = true;

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

/// Our end and the child's of a pipe to which the child writes.
pub(crate) fn pipe_from_child() -> io::Result<(OwnedFd, OwnedFd)> {
    let (ours, theirs) = pipe()?;
    Ok((ours.into(), theirs.into()))
}

/// The same of one from which it reads.
pub(crate) fn pipe_to_child() -> io::Result<(OwnedFd, OwnedFd)> {
    let (theirs, ours) = pipe()?;
    Ok((ours.into(), theirs.into()))
}
