//! Waits whose time has passed, and completions that came too late.

use crate::future::Future;
use crate::state::FutureState;
use std::error::Error;
use std::fmt;

/// The result was not there in time. The future is in it, unharmed.
///
/// Python's `TimeoutError` of `Future.result`. A task's own failures are never of this type.
pub struct StillRunning<T>(pub(crate) Future<T>);

impl<T> StillRunning<T> {
    /// The future, to wait for again.
    pub fn into_future(self) -> Future<T> {
        self.0
    }
}

impl<T> fmt::Debug for StillRunning<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StillRunning").field(&self.0).finish()
    }
}

impl<T> fmt::Display for StillRunning<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the task is still {}", self.0.state())
    }
}

impl<T> Error for StillRunning<T> {}

/// The task was not over in time; the wait has changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFinished;

impl fmt::Display for NotFinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the task has not finished in time")
    }
}

impl Error for NotFinished {}

/// The time of `as_completed_timeout` or `join_all_timeout` has passed with futures unfinished.
///
/// The futures that were not handed out are in it.
pub struct Unfinished<F> {
    pub(crate) futures: Vec<F>,
    pub(crate) unfinished: usize,
    pub(crate) total: usize,
}

impl<F> Unfinished<F> {
    /// How many futures were not finished.
    pub fn unfinished(&self) -> usize {
        self.unfinished
    }

    /// How many futures there were, each counted once.
    pub fn total(&self) -> usize {
        self.total
    }

    /// The futures that were not handed out, in the order they were given.
    ///
    /// From `as_completed_timeout` the unfinished ones, from `join_all_timeout` all of them.
    pub fn into_futures(self) -> Vec<F> {
        self.futures
    }
}

impl<F> fmt::Debug for Unfinished<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unfinished")
            .field("unfinished", &self.unfinished())
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

impl<F> fmt::Display for Unfinished<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (of {}) futures unfinished", self.unfinished(), self.total)
    }
}

impl<F> Error for Unfinished<F> {}

/// A promise was completed a second time, or set running too late. The first outcome stands.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidState<T = ()> {
    state: FutureState,
    value: T,
}

impl<T> InvalidState<T> {
    pub(crate) fn new(state: FutureState, value: T) -> Self {
        Self { state, value }
    }

    /// The state that the future is in.
    pub fn state(&self) -> FutureState {
        self.state
    }

    /// The value that was not used.
    pub fn into_inner(self) -> T {
        self.value
    }

    pub(crate) fn map<U>(self, f: impl FnOnce(T) -> U) -> InvalidState<U> {
        InvalidState { state: self.state, value: f(self.value) }
    }
}

impl<T> fmt::Debug for InvalidState<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvalidState").field("state", &self.state).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for InvalidState<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the future is already {}", self.state)
    }
}

impl<T> Error for InvalidState<T> {}
