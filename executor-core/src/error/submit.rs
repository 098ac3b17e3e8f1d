//! Why a task was not accepted: [`SubmitError`] and its forms that give something back.

use super::{BrokenPool, TaskError};
use crate::options::TaskOption;
use crate::task::Task;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why an executor did not accept a task. Nothing was run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SubmitError {
    /// The executor was shut down.
    ShutDown,
    /// The executor broke for good; the cause says why. Make a new one.
    Broken(Arc<BrokenPool>),
    /// The queue is full. Only from `try_submit`; `submit` waits for room instead.
    Full,
    /// The executor cannot honour this option.
    Unsupported(TaskOption),
    /// An argument of the call makes no sense, such as a chunk size of zero; the text says which.
    InvalidArgument(&'static str),
    /// The argument could not be encoded; the cause says why.
    Codec(TaskError),
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShutDown => write!(f, "cannot submit after shutdown"),
            Self::Broken(broken) => write!(f, "cannot submit to a broken pool: {broken}"),
            Self::Full => write!(f, "the queue is full"),
            Self::Unsupported(option) => write!(f, "this executor does not support {option}"),
            Self::InvalidArgument(what) => write!(f, "invalid argument: {what}"),
            Self::Codec(error) => write!(f, "the task cannot travel to a worker: {error}"),
        }
    }
}

impl Error for SubmitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Broken(broken) => Some(&**broken),
            Self::Codec(error) => Some(error),
            _ => None,
        }
    }
}

/// Equal in kind and cause.
impl PartialEq for SubmitError {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Broken(a), Self::Broken(b)) => a == b,
            (Self::Unsupported(a), Self::Unsupported(b)) => a == b,
            (Self::InvalidArgument(a), Self::InvalidArgument(b)) => a == b,
            (Self::Codec(a), Self::Codec(b)) => a == b,
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }
}

/// A task that an executor did not accept, given back by
/// [`Executor::execute`](crate::Executor::execute).
///
/// Dropping it fails the task's future as abandoned.
#[derive(Debug)]
pub struct Rejected {
    /// The task, untouched.
    pub task: Task,
    /// Why it was not accepted.
    pub reason: SubmitError,
}

impl Rejected {
    /// Gives back `task` for `reason`.
    pub fn new(task: Task, reason: SubmitError) -> Self {
        Self { task, reason }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {} was rejected", self.task.id())
    }
}

impl Error for Rejected {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.reason)
    }
}

/// Why `try_submit` did not accept a task, with the argument given back.
#[derive(Debug)]
pub struct TrySubmitError<A> {
    reason: SubmitError,
    argument: Option<A>,
}

impl<A> TrySubmitError<A> {
    pub(crate) fn new(reason: SubmitError, argument: Option<A>) -> Self {
        Self { reason, argument }
    }

    /// Why.
    pub fn reason(&self) -> &SubmitError {
        &self.reason
    }

    /// Whether the queue was full, so that trying again later may work.
    pub fn is_full(&self) -> bool {
        matches!(self.reason, SubmitError::Full)
    }

    /// The argument.
    ///
    /// `None` only if the executor did not give back the task it was given, which the executors of
    /// this project always do.
    pub fn into_argument(self) -> Option<A> {
        self.argument
    }
}

impl<A> fmt::Display for TrySubmitError<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.reason, f)
    }
}

impl<A: fmt::Debug> Error for TrySubmitError<A> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.reason.source()
    }
}

impl<A> From<TrySubmitError<A>> for SubmitError {
    fn from(error: TrySubmitError<A>) -> Self {
        error.reason
    }
}
