//! Why something cannot be done with a process.

use super::order::SendError;
use super::process::Process;
use executor_core::{CodecError, Exit};
use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a [`Process`] could not be started.
///
/// Unless it is [`AlreadyStarted`](Self::AlreadyStarted), the process is as it was, and can be started
/// later.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// A process is started once. Make another one.
    AlreadyStarted,
    /// This process is a daemon, and daemons have no children.
    Daemonic,
    /// A process started from this program would not know what it is for, and run its `main`.
    NotInitialized,
    /// The function is in a shared library, which may lie elsewhere in another process.
    NotInProgram,
    /// This program is ending: it has left `main`, or called `exit`.
    Ending,
    /// The argument cannot be sent.
    Argument(CodecError),
    /// The program cannot be started.
    Program {
        /// The file that was to be run.
        program: PathBuf,
        /// In this directory, if not in the current one.
        directory: Option<PathBuf>,
        /// What the system says.
        error: io::Error,
    },
    /// The system has no memory, descriptor or thread left for it.
    System(io::Error),
}

impl From<SendError> for StartError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Argument(error) => Self::Argument(error),
            SendError::System(error) => Self::System(error),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyStarted => write!(f, "the process was started before"),
            Self::Daemonic => write!(
                f,
                "this process is a daemon, and daemons cannot have children, which would be left \
                 behind when it is ended with its parent; start it without `daemon(true)`"
            ),
            Self::NotInitialized => write!(
                f,
                "call concurrent_futures::init() first in main: without it, or the feature \
                 `constructor`, the process would run the whole program again"
            ),
            Self::NotInProgram => write!(
                f,
                "the function is in a shared library, not in the program itself, and would not be \
                 found in another process; wrap it in a function of the program"
            ),
            Self::Ending => write!(f, "this program is ending, and starts no more processes"),
            Self::Argument(error) => write!(f, "the argument cannot be sent: {error}"),
            Self::Program { program, directory: None, error } => {
                write!(f, "the program {} cannot be started: {error}", program.display())
            }
            Self::Program { program, directory: Some(directory), error } => {
                let (program, directory) = (program.display(), directory.display());
                write!(f, "the program {program} cannot be started in {directory}: {error}")
            }
            Self::System(error) => write!(f, "no means to start a process: {error}"),
        }
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Argument(error) => Some(error),
            Self::Program { error, .. } | Self::System(error) => Some(error),
            _ => None,
        }
    }
}

/// Why a [`Process`] cannot be waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// It was not started.
    NotStarted,
    /// It belongs to the process from which this one was forked.
    NotOurs,
    /// It has ended, and never called the function.
    NeverBegan {
        /// How it ended.
        exit: Exit,
        /// Why, in words.
        reason: String,
    },
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted => write!(f, "the process was not started"),
            Self::NotOurs => f.write_str(NOT_OURS),
            Self::NeverBegan { reason, .. } => write!(f, "the process could not begin: {reason}"),
        }
    }
}

impl Error for JoinError {}

/// What a process made by `fork` is told.
const NOT_OURS: &str =
    "it is a child of the process from which this one was forked, not of this one";

/// Why a [`Process`] cannot be sent a signal.
#[derive(Debug)]
#[non_exhaustive]
pub enum SignalError {
    /// It was not started.
    NotStarted,
    /// It belongs to the process from which this one was forked.
    NotOurs,
    /// The system does not let us.
    System(io::Error),
}

impl fmt::Display for SignalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted => write!(f, "the process was not started"),
            Self::NotOurs => f.write_str(NOT_OURS),
            Self::System(error) => write!(f, "the process cannot be sent a signal: {error}"),
        }
    }
}

impl Error for SignalError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::System(error) => Some(error),
            _ => None,
        }
    }
}

/// A [`Process`] was closed while it was running. Gives it back.
#[derive(Debug)]
pub struct CloseError(Process);

impl CloseError {
    pub(super) fn new(process: Process) -> Self {
        Self(process)
    }

    /// The process, which goes on running.
    pub fn into_process(self) -> Process {
        self.0
    }
}

impl fmt::Display for CloseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.name();
        write!(f, "the process {name} is still running; join or terminate it before closing it")
    }
}

impl Error for CloseError {}
