//! [`Stream`]: what a process has for its standard input, output and error.

use crate::bootstrap::line;
use crate::shared::descriptor::OwnedDescriptor;
use std::fs::File;
use std::io;
#[cfg(unix)]
use std::os::fd::{AsFd, OwnedFd};
#[cfg(windows)]
use std::os::windows::io::{AsHandle, OwnedHandle};
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
    /// An open file, or whatever else a descriptor, or on Windows a handle, is of.
    #[cfg_attr(windows, doc(alias = "Handle"))]
    Descriptor(OwnedDescriptor),
}

#[cfg(unix)]
impl From<OwnedFd> for Stream {
    fn from(descriptor: OwnedFd) -> Self {
        Self::Descriptor(descriptor)
    }
}

#[cfg(windows)]
impl From<OwnedHandle> for Stream {
    fn from(handle: OwnedHandle) -> Self {
        Self::Descriptor(handle)
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
    pub(super) fn input(&self, pipes: &mut Pipes) -> io::Result<Option<OwnedDescriptor>> {
        Ok(match self {
            // Without an input of ours the child's is empty.
            Self::Inherit => own_input(),
            Self::Null => None,
            Self::Piped => {
                let (ours, theirs) = line::pipe_to_child()?;
                pipes.stdin = Some(ours.into());
                Some(theirs)
            }
            Self::Descriptor(descriptor) => Some(descriptor.try_clone()?),
        })
    }

    /// What the child writes to; and our end of it, if it is a pipe.
    pub(super) fn output(&self) -> io::Result<(Stdio, Option<OwnedDescriptor>)> {
        Ok(match self {
            Self::Inherit => (Stdio::inherit(), None),
            Self::Null => (Stdio::null(), None),
            Self::Piped => {
                let (ours, theirs) = line::pipe_from_child()?;
                (theirs.into(), Some(ours))
            }
            Self::Descriptor(descriptor) => (descriptor.try_clone()?.into(), None),
        })
    }
}

/// Our own standard input, if there is one.
#[cfg(unix)]
fn own_input() -> Option<OwnedDescriptor> {
    io::stdin().as_fd().try_clone_to_owned().ok()
}

#[cfg(windows)]
fn own_input() -> Option<OwnedDescriptor> {
    io::stdin().as_handle().try_clone_to_owned().ok()
}
