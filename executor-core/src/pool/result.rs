//! [`AsyncResult`]: the handle to what an asynchronous call of a pool returns.

use super::error::NotReady;
use crate::error::TaskError;
use crate::future::Future;
use crate::map::Helper;
use crate::state::{self, DONE};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// The result of [`apply_async`](crate::Pool::apply_async), or the list of results of
/// [`map_async`](crate::Pool::map_async), now or later.
///
/// A [`Future`] in `multiprocessing.Pool`'s terms; Python's `AsyncResult` and `MapResult`. Where it
/// differs from a `Future`: it cannot be cancelled by itself, and it is not [`ready`](Self::ready)
/// until the callback has run. It does not borrow from the pool; when the pool is terminated (as it is
/// when dropped) every result that is not ready becomes [`TaskError::Terminated`], so that no
/// [`get`](Self::get) waits in vain.
///
/// Dropping it changes nothing about the task. It can be awaited in any async runtime.
///
/// ```
/// use executor_core::{InlineExecutor, Pool};
/// use std::time::Duration;
///
/// let pool = Pool::new(InlineExecutor::new())?;
/// let result = pool.apply_async(|n: u64| n * n, 7)?;
/// assert!(result.wait_timeout(Duration::from_secs(10)));
/// assert!(result.ready());
/// assert_eq!(result.successful(), Ok(true));
/// assert_eq!(result.get()?, 49);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "errors and panics of the task are only seen through its result"]
pub struct AsyncResult<T> {
    future: Future<T>,
    /// For a map in this process.
    helper: Option<Helper>,
}

impl<T> AsyncResult<T> {
    pub(super) fn new(future: Future<T>, helper: Option<Helper>) -> Self {
        Self { future, helper }
    }

    /// Blocks until the result is there, and returns the value, or why there is none.
    ///
    /// Consumes the handle, since the value can be moved out only once. Inside a task of the same
    /// thread pool, work that nobody has started is done here and now, so that this never deadlocks.
    /// Python's `AsyncResult.get`.
    ///
    /// # Errors
    ///
    /// The [`TaskError`] that the task ended with; of a map, that of the item that failed first.
    /// [`TaskError::WorkerDied`] if its process died, [`TaskError::Terminated`] if the pool was
    /// terminated: where Python waits for ever. [`TaskError::InCallback`] inside the callback of this
    /// very result.
    pub fn get(self) -> Result<T, TaskError> {
        self.wait();
        self.future.result().map_err(in_pool_terms)
    }

    /// [`get`](Self::get), waiting for at most `timeout`.
    ///
    /// `Duration::MAX` waits for ever. Python's `get(timeout)`.
    ///
    /// # Errors
    ///
    /// [`NotReady`], with the handle in it, if the time has passed; the task goes on.
    pub fn get_timeout(self, timeout: Duration) -> Result<Result<T, TaskError>, NotReady<Self>> {
        if self.future.wait_timeout(timeout) {
            Ok(self.future.result().map_err(in_pool_terms))
        } else {
            Err(NotReady(self))
        }
    }

    /// Blocks until the result is there. Python's `AsyncResult.wait`.
    pub fn wait(&self) {
        if let Some(helper) = &self.helper {
            helper.help(|| self.ready());
        }
        self.future.wait();
    }

    /// Blocks until the result is there or `timeout` has passed; says whether it is there.
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.future.wait_timeout(timeout)
    }

    /// Whether the result is there and the callback has run. Never blocks. Python's
    /// `AsyncResult.ready`.
    ///
    /// False inside the callback, unlike [`Future::done`].
    pub fn ready(&self) -> bool {
        state::phase(self.future.raw().load()) == DONE
    }

    /// Whether the task returned a value. Never blocks. Python's `AsyncResult.successful`.
    ///
    /// # Errors
    ///
    /// [`NotReady`] if that is not known yet.
    pub fn successful(&self) -> Result<bool, NotReady> {
        match self.future.peek() {
            Some(outcome) if self.ready() => Ok(outcome.is_ok()),
            _ => Err(NotReady(())),
        }
    }
}

/// What an executor calls the end of a task, as its pool's users see it.
///
/// A result has neither `cancel` nor `kill`, so only the pool can have done either.
pub(super) fn in_pool_terms(error: TaskError) -> TaskError {
    match error {
        TaskError::Cancelled | TaskError::Killed => TaskError::Terminated,
        other => other,
    }
}

/// As [`Future`] does, and with the same errors as [`get`](AsyncResult::get).
impl<T> std::future::Future for AsyncResult<T> {
    type Output = Result<T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.future).poll(cx).map(|outcome| outcome.map_err(in_pool_terms))
    }
}

/// Shows identity, state and the type of the result, never the result itself. Never blocks.
impl<T> fmt::Debug for AsyncResult<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsyncResult").field(&self.future).finish()
    }
}
