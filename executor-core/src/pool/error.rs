//! What goes wrong with a [`Pool`](super::Pool): of its own, not of its tasks.

use crate::error::{SubmitError, TaskError};
use std::error::Error;
use std::fmt;

/// Why a blocking call of a [`Pool`](crate::Pool) has no value: [`apply`](crate::Pool::apply),
/// [`map`](crate::Pool::map) or [`starmap`](crate::Pool::starmap).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PoolError {
    /// Nothing was run: the pool is closed, terminated or broken, or an option makes no sense.
    Refused(SubmitError),
    /// The task failed; of a list of them, the one that failed first.
    Failed(TaskError),
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => fmt::Display::fmt(error, f),
            Self::Failed(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl Error for PoolError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Refused(error) => error.source(),
            Self::Failed(error) => error.source(),
        }
    }
}

impl From<SubmitError> for PoolError {
    fn from(error: SubmitError) -> Self {
        Self::Refused(error)
    }
}

impl From<TaskError> for PoolError {
    fn from(error: TaskError) -> Self {
        Self::Failed(error)
    }
}

/// Why [`Pool::join`](crate::Pool::join) did not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// The pool still accepts work, so the wait might never end. Python's `ValueError: Pool is still
    /// running`.
    StillOpen,
    /// This thread is running a task or a callback of the pool: it would wait for itself.
    FromWithin,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StillOpen => "the pool is still open: call close or terminate before join",
            Self::FromWithin => {
                "a task or callback of the pool cannot join it: that would never end"
            }
        })
    }
}

impl Error for JoinError {}

/// The result is not there yet. The handle is in it if the call had consumed it.
///
/// Python's `multiprocessing.TimeoutError` of `get`, and its `ValueError` of `successful`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NotReady<H = ()>(pub(crate) H);

impl<H> NotReady<H> {
    /// The handle, to wait for again.
    pub fn into_inner(self) -> H {
        self.0
    }
}

impl<H> fmt::Debug for NotReady<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NotReady")
    }
}

impl<H> fmt::Display for NotReady<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the result is not ready")
    }
}

impl<H> Error for NotReady<H> {}
