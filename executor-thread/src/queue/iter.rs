//! The iterators over queues.

/// Gets items, waiting for them, until the queue is shut down and empty.
///
/// From `iter` of the queues, and `for item in &queue`. After its end it can find no items any more.
#[derive(Clone, Debug)]
#[must_use = "iterators are lazy: it gets nothing until it is asked for an item"]
pub struct Iter<'a, Q>(pub(super) &'a Q);

/// [`Iter`] that holds a handle of the queue. From `for item in queue`.
#[derive(Clone, Debug)]
#[must_use = "iterators are lazy: it gets nothing until it is asked for an item"]
pub struct IntoIter<Q>(pub(super) Q);

/// Gets the items that are there, without waiting. From `try_iter` of the queues.
///
/// After it has ended it may find items again.
#[derive(Clone, Debug)]
#[must_use = "iterators are lazy: it gets nothing until it is asked for an item"]
pub struct TryIter<'a, Q>(pub(super) &'a Q);
