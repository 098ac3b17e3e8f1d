//! The iterators over queues.

use executor_core::{GetError, TryGetError};

/// Gets items, waiting for them, until the queue is shut down and empty.
///
/// From `iter` of the queues, and `for item in &queue`. What it yields is a `Result`, since an item
/// that was put may not arrive; a queue that is broken is the last that it tells.
#[derive(Debug)]
#[must_use = "iterators are lazy: it gets nothing until it is asked for an item"]
pub struct Iter<'a, Q> {
    pub(super) queue: &'a Q,
    pub(super) broken: bool,
}

/// [`Iter`] that holds a handle of the queue. From `for item in queue`.
#[derive(Debug)]
#[must_use = "iterators are lazy: it gets nothing until it is asked for an item"]
pub struct IntoIter<Q> {
    pub(super) queue: Q,
    pub(super) broken: bool,
}

/// Gets the items that are there, without waiting. From `try_iter` of the queues.
///
/// After it has ended it may find items again.
#[derive(Debug)]
#[must_use = "iterators are lazy: it gets nothing until it is asked for an item"]
pub struct TryIter<'a, Q> {
    pub(super) queue: &'a Q,
    pub(super) broken: bool,
}

/// What an iterator makes of what `get` returned.
pub(super) fn next<T>(got: Result<T, GetError>, broken: &mut bool) -> Option<Result<T, GetError>> {
    match got {
        Err(GetError::Closed) => None,
        Err(GetError::Broken(_)) if std::mem::replace(broken, true) => None,
        got => Some(got),
    }
}

/// What an iterator that does not wait makes of what `try_get` returned.
pub(super) fn try_next<T>(
    got: Result<T, TryGetError>,
    broken: &mut bool,
) -> Option<Result<T, GetError>> {
    let got = got.map_err(|error| match error {
        TryGetError::NotReceived(error) => GetError::NotReceived(error),
        TryGetError::Lost => GetError::Lost,
        TryGetError::Broken(error) => GetError::Broken(error),
        // Nothing is there, and that is the end.
        _ => GetError::Closed,
    });
    next(got, broken)
}
