//! [`as_completed`]: iterate over futures in the order in which they are done.

use crate::error::Unfinished;
use crate::watch::{Waitable, Watched};
use std::fmt;
use std::iter::FusedIterator;
use std::time::{Duration, Instant};

/// Yields each of the futures as soon as it is over, and blocks while none is.
///
/// Those that are over already come first. Takes futures of any executors, by value or by reference;
/// several handles of one future are yielded once. Every future yielded has its result ready.
/// Costs the same per future however many there are. Python's `concurrent.futures.as_completed`.
///
/// ```
/// use executor_core::{Executor, InlineExecutor, as_completed};
///
/// let pool = InlineExecutor::new();
/// let futures = [3, 1, 2].map(|n: u64| pool.submit(|n: u64| n * 10, n).unwrap());
/// let mut results = Vec::new();
/// for future in as_completed(futures) {
///     results.push(future.result()?);
/// }
/// assert_eq!(results.len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn as_completed<W: Waitable>(futures: impl IntoIterator<Item = W>) -> AsCompleted<W> {
    AsCompleted { watched: Watched::new(futures) }
}

/// [`as_completed`] with a time limit, counted from this call.
///
/// Futures that are over are yielded even after the time has passed, so a timeout of zero yields
/// what is there. If some are not, the last item is [`Unfinished`], which says how many of how many
/// and gives them back.
pub fn as_completed_timeout<W: Waitable>(
    futures: impl IntoIterator<Item = W>,
    timeout: Duration,
) -> AsCompletedTimeout<W> {
    let deadline = Instant::now().checked_add(timeout);
    AsCompletedTimeout { watched: Some(Watched::new(futures)), deadline }
}

/// The iterator that [`as_completed`] returns.
#[must_use = "iterators do nothing unless consumed"]
pub struct AsCompleted<W: Waitable> {
    watched: Watched<W>,
}

impl<W: Waitable> AsCompleted<W> {
    /// Adds a future to those that are still to come.
    ///
    /// For working with a bounded number of tasks at a time: submit the next one whenever one is done.
    /// One that is still to come is not added twice. `next` may have returned `None` before.
    ///
    /// ```
    /// use executor_core::{Executor, InlineExecutor, as_completed};
    ///
    /// let pool = InlineExecutor::new();
    /// let mut numbers = 1..=100_u64;
    /// let first = numbers.by_ref().take(4).map(|n| pool.submit(|n| n, n).unwrap());
    /// let mut completed = as_completed(first);
    /// let mut sum = 0;
    /// while let Some(future) = completed.next() {
    ///     if let Some(n) = numbers.next() {
    ///         completed.push(pool.submit(|n| n, n)?); // never more than four
    ///     }
    ///     sum += future.result()?;
    /// }
    /// assert_eq!(sum, 5050);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn push(&mut self, future: W) {
        self.watched.push(future);
    }
}

impl<W: Waitable> Iterator for AsCompleted<W> {
    type Item = W;

    fn next(&mut self) -> Option<W> {
        let index = self.watched.next(None)?;
        Some(self.watched.take(index))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.watched.remaining(), Some(self.watched.remaining()))
    }
}

impl<W: Waitable> ExactSizeIterator for AsCompleted<W> {}

impl<W: Waitable> fmt::Debug for AsCompleted<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted").field("remaining", &self.watched.remaining()).finish()
    }
}

/// The iterator that [`as_completed_timeout`] returns.
#[must_use = "iterators do nothing unless consumed"]
pub struct AsCompletedTimeout<W: Waitable> {
    /// `None` after the error.
    watched: Option<Watched<W>>,
    deadline: Option<Instant>,
}

impl<W: Waitable> Iterator for AsCompletedTimeout<W> {
    type Item = Result<W, Unfinished<W>>;

    fn next(&mut self) -> Option<Self::Item> {
        let watched = self.watched.as_mut()?;
        if let Some(index) = watched.next(self.deadline) {
            return Some(Ok(watched.take(index)));
        }
        let watched = self.watched.take()?;
        if watched.remaining() == 0 {
            return None;
        }
        let (unfinished, total) = (watched.remaining(), watched.total());
        let futures: Vec<_> = watched.into_rest().into_iter().map(|(_, handle)| handle).collect();
        Some(Err(Unfinished { futures, unfinished, total }))
    }
}

impl<W: Waitable> FusedIterator for AsCompletedTimeout<W> {}

impl<W: Waitable> fmt::Debug for AsCompletedTimeout<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let remaining = self.watched.as_ref().map_or(0, Watched::remaining);
        f.debug_struct("AsCompletedTimeout").field("remaining", &remaining).finish_non_exhaustive()
    }
}
