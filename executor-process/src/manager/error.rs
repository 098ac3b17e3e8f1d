//! [`ManagerError`].

use executor_core::{CodecError, PanicReport, TaskError};
use std::fmt;

/// Why a call to a [`Manager`](super::Manager) failed.
///
/// Python's counterparts are `RemoteError`, and the `ConnectionError`s and `EOFError` that a proxy
/// raises when the manager is gone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ManagerError {
    /// The manager's process has ended, or ends while the call is on its way. Whether the call was made
    /// is not known.
    Gone,
    /// The function panicked in the manager. The object is as the function left it.
    Panicked(PanicReport),
    /// The argument or the result did not make it from one process to the other.
    Codec(CodecError),
    /// The manager, or this process, could not do what was asked. The text says what and why.
    Refused(String),
}

impl ManagerError {
    /// What the core makes of an outcome that is no value.
    pub(super) fn from_outcome(error: TaskError) -> Self {
        match error {
            TaskError::Panicked(report) => Self::Panicked(report),
            TaskError::Codec(error) => Self::Codec((*error).clone()),
            other => Self::Refused(other.to_string()),
        }
    }

    pub(super) fn no_resources(error: &std::io::Error) -> Self {
        Self::Refused(format!("no connection to the manager can be made: {error}"))
    }
}

impl fmt::Display for ManagerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str(
                "the manager has ended; keep the `Manager` for as long as its objects are used",
            ),
            Self::Panicked(report) => write!(f, "the call in the manager {report}"),
            Self::Codec(error) => error.fmt(f),
            Self::Refused(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for ManagerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Codec(error) => Some(error),
            _ => None,
        }
    }
}
