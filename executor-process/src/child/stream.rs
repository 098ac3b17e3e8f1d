//! [`Stream`]: what a process has for its standard input, output and error.

use crate::bootstrap::line;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{ChildStderr, ChildStdin, ChildStdout, Stdio};

/// What a [`Process`](super::Process) reads from or writes to as one of its standard streams.
///
/// [`std::process::Stdio`] with a name for each kind, since a process that could not be started can be
/// started again.
#[derive(Debug)]
#[non_exhaustive]
pub enum Stream {
    /// That of this process.
    Inherit,
    /// Empty to read from; what is written to it is lost.
    Null,
    /// A pipe, of which this process has the other end: see
    /// [`Process::take_stdout`](super::Process::take_stdout).
    Piped,
    /// An open file, or whatever else a descriptor is of.
    Descriptor(OwnedFd),
}

impl From<OwnedFd> for Stream {
    fn from(descriptor: OwnedFd) -> Self {
        Self::Descriptor(descriptor)
    }
}

impl From<File> for Stream {
    fn from(file: File) -> Self {
        Self::Descriptor(file.into())
    }
}

/// Our ends of the pipes to a process.
#[derive(Debug, Default)]
pub(super) struct Pipes {
    pub(super) stdin: Option<ChildStdin>,
    pub(super) stdout: Option<ChildStdout>,
    pub(super) stderr: Option<ChildStderr>,
}

impl Stream {
    /// What the child reads, if anything. It is sent to it, since the line takes the place.
    pub(super) fn input(&self, pipes: &mut Pipes) -> io::Result<Option<OwnedFd>> {
        Ok(match self {
            // Without an input of ours the child's is empty.
            Self::Inherit => io::stdin().as_fd().try_clone_to_owned().ok(),
            Self::Null => None,
            Self::Piped => {
                let (theirs, ours) = line::pipe()?;
                pipes.stdin = Some(OwnedFd::from(ours).into());
                Some(theirs.into())
            }
            Self::Descriptor(descriptor) => Some(descriptor.try_clone()?),
        })
    }

    /// What the child writes to; and our end of it, if it is a pipe.
    pub(super) fn output(&self) -> io::Result<(Stdio, Option<OwnedFd>)> {
        Ok(match self {
            Self::Inherit => (Stdio::inherit(), None),
            Self::Null => (Stdio::null(), None),
            Self::Piped => {
                let (ours, theirs) = line::pipe()?;
                (theirs.into(), Some(ours.into()))
            }
            Self::Descriptor(descriptor) => (descriptor.try_clone()?.into(), None),
        })
    }
}
