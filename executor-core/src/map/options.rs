//! [`MapOptions`].

use crate::error::SubmitError;
use std::time::{Duration, Instant};

/// Options of [`Executor::map_with`](crate::Executor::map_with).
///
/// The keyword arguments of Python's `Executor.map`, and `unordered`, as in `Pool.imap_unordered`.
///
/// ```
/// use executor_core::{Executor, InlineExecutor, MapOptions};
///
/// let pool = InlineExecutor::new();
/// let endless = pool.map_with(|n: u64| n * n, 0.., MapOptions::new().with_buffersize(4))?;
/// let first: Result<Vec<_>, _> = endless.take(5).collect();
/// assert_eq!(first?, [0, 1, 4, 9, 16]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MapOptions {
    buffersize: Option<usize>,
    chunksize: Option<usize>,
    timeout: Option<Duration>,
    unordered: bool,
}

impl MapOptions {
    /// The behaviour of plain `map`: everything submitted at once, no time limit, in order.
    pub fn new() -> Self {
        Self::default()
    }

    /// Have at most `size` items taken and not yet read, so that `items` may be endless.
    ///
    /// Items are taken in the thread that reads the results. The bound is never exceeded. After a
    /// shutdown of the executor the buffered results are still delivered, then one
    /// [`TaskError::ShutDown`](crate::TaskError::ShutDown).
    #[must_use]
    pub fn with_buffersize(mut self, size: usize) -> Self {
        self.buffersize = Some(size);
        self
    }

    /// How many items go to a worker process in one message. The results do not depend on it.
    ///
    /// Thread pools have no use for it and share the items by themselves.
    #[must_use]
    pub fn with_chunksize(mut self, size: usize) -> Self {
        self.chunksize = Some(size);
        self
    }

    /// The time for the whole map, counted from the call.
    ///
    /// When it has passed while a result is awaited, that position is
    /// [`TaskError::MapTimedOut`](crate::TaskError::MapTimedOut), everything that has not been started
    /// is cancelled, and the iterator is at its end.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Deliver results as they become ready instead of in the order of the items.
    #[must_use]
    pub fn unordered(mut self) -> Self {
        self.unordered = true;
        self
    }

    /// The buffer size, if one was set.
    pub fn buffersize(&self) -> Option<usize> {
        self.buffersize
    }

    /// The chunk size, if one was set.
    pub fn chunksize(&self) -> Option<usize> {
        self.chunksize
    }

    /// The timeout, if one was set.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Whether results come as they become ready.
    pub fn is_unordered(&self) -> bool {
        self.unordered
    }

    pub(crate) fn check(&self) -> Result<(), SubmitError> {
        if self.buffersize == Some(0) {
            return Err(SubmitError::InvalidArgument("buffersize must be at least 1"));
        }
        if self.chunksize == Some(0) {
            return Err(SubmitError::InvalidArgument("chunksize must be at least 1"));
        }
        Ok(())
    }

    /// The end of the time, from now on; none if it is too far to represent.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.timeout.and_then(|timeout| Instant::now().checked_add(timeout))
    }
}
