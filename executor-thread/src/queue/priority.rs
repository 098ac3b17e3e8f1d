//! [`PriorityQueue`]: the smallest first, and [`Prioritized`] for what has no order of its own.

use super::heap::Heap;
use super::iter::{IntoIter, Iter, TryIter};
use super::methods::queue_methods;
use super::shared::{NotGot, NotPut, Shared};
use crate::patience::Patience;
use executor_core::{
    GetError, GetTimeoutError, NotJoined, PutError, PutTimeoutError, TooManyDone, TryGetError,
    TryPutError,
};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A queue between threads from which the smallest item is got first, and of equal ones that which was
/// put first.
///
/// A handle: clones are the same queue, and any thread may put and get through any of them. Items that
/// have no order, or another one, are put as [`Prioritized`]; the largest come first as
/// [`Reverse`](std::cmp::Reverse). Python's `queue.PriorityQueue`, which leaves the order of equal
/// items open.
///
/// # Panics
///
/// If `Ord::cmp` of the items panics, so do `put` and `get`, and the queue is as it was before: nothing
/// in it is lost or out of order, and other threads go on. The item that was to be put is dropped.
/// `cmp` is called with the queue locked, so it must not use the queue.
///
/// ```
/// use executor_thread::queue::PriorityQueue;
///
/// let queue = PriorityQueue::new();
/// for word in ["pear", "apple", "quince"] {
///     queue.put(word)?;
/// }
/// queue.shutdown();
/// assert_eq!(queue.iter().collect::<Vec<_>>(), ["apple", "pear", "quince"]);
/// # Ok::<(), executor_core::PutError<&str>>(())
/// ```
pub struct PriorityQueue<T> {
    shared: Arc<Shared<Heap<T>>>,
}

queue_methods!(PriorityQueue, Heap<T>, Ord);

/// An item of a [`PriorityQueue`] that is ordered by a priority beside it, the smallest first.
///
/// Comparisons, also `==`, look at the priority only. In place of Python's `(priority, item)`, which
/// compares the items too when the priorities are equal.
///
/// ```
/// use executor_thread::queue::{Prioritized, PriorityQueue};
///
/// let queue = PriorityQueue::new();
/// queue.put(Prioritized::new(2, "write"))?;
/// queue.put(Prioritized::new(1, "read"))?;
/// queue.put(Prioritized::new(2, "answer"))?;
/// queue.shutdown();
/// let order: Vec<_> = queue.iter().map(|entry| entry.item).collect();
/// assert_eq!(order, ["read", "write", "answer"]);
/// # Ok::<(), executor_core::PutError<Prioritized<i32, &str>>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Prioritized<P, T> {
    /// What is compared.
    pub priority: P,
    /// What is not.
    pub item: T,
}

impl<P, T> Prioritized<P, T> {
    /// An item with a priority.
    pub fn new(priority: P, item: T) -> Self {
        Self { priority, item }
    }
}

impl<P: Ord, T> Ord for Prioritized<P, T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.priority.cmp(&other.priority)
    }
}

impl<P: Ord, T> PartialOrd for Prioritized<P, T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<P: Ord, T> PartialEq for Prioritized<P, T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<P: Ord, T> Eq for Prioritized<P, T> {}
