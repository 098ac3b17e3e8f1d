//! [`SharedFuture`]: several handles to one result.

use crate::error::{NotFinished, TaskError};
use crate::future::Future;
use crate::id::FutureId;
use crate::state::FutureState;
use crate::task_ref::TaskRef;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// A cloneable future: every holder sees the same outcome, by reference, as often as it likes.
///
/// Made by [`Future::shared`]. The value is dropped with the last handle. This is the form that
/// behaves like Python's `Future`, whose `result()` may be called repeatedly and from any thread.
///
/// ```
/// use executor_core::{Executor, InlineExecutor};
///
/// let shared = InlineExecutor::new().submit(|x: u64| x + 1, 1)?.shared();
/// let twin = shared.clone();
/// assert_eq!(shared.result(), Ok(&2));
/// assert_eq!(twin.result(), Ok(&2));
/// # Ok::<(), executor_core::SubmitError>(())
/// ```
#[must_use = "dropping the last handle detaches the task and loses the result"]
pub struct SharedFuture<T> {
    future: Arc<Future<T>>,
    /// This handle's waker is registered under it, once it has been polled.
    waker: Option<FutureId>,
}

impl<T> SharedFuture<T> {
    pub(crate) fn new(future: Future<T>) -> Self {
        Self { future: Arc::new(future), waker: None }
    }

    pub(crate) fn as_future(&self) -> &Future<T> {
        &self.future
    }

    /// The identity of the future; the same for all its handles.
    pub fn id(&self) -> FutureId {
        self.future.id()
    }

    /// Where the task is in its life. See [`Future::state`].
    pub fn state(&self) -> FutureState {
        self.future.state()
    }

    /// Whether the outcome is fixed. See [`Future::done`].
    pub fn done(&self) -> bool {
        self.future.done()
    }

    /// Whether the task is being run. See [`Future::running`].
    pub fn running(&self) -> bool {
        self.future.running()
    }

    /// Whether the task was cancelled. See [`Future::cancelled`].
    pub fn cancelled(&self) -> bool {
        self.future.cancelled()
    }

    /// Cancels the task, for every holder, if it has not been started. See [`Future::cancel`].
    pub fn cancel(&self) -> bool {
        self.future.cancel()
    }

    /// Blocks until the task is over, and lends out its value or its error.
    ///
    /// Inside one of the future's own callbacks it answers at once. Otherwise it behaves as
    /// [`Future::result`].
    ///
    /// # Errors
    ///
    /// The [`TaskError`] that the task ended with.
    pub fn result(&self) -> Result<&T, &TaskError> {
        self.future.wait();
        self.future.peek().unwrap_or_else(|| unreachable!("waited for")).as_ref()
    }

    /// [`result`](Self::result), waiting for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`NotFinished`] if the time has passed; the task is not affected.
    pub fn result_timeout(&self, timeout: Duration) -> Result<Result<&T, &TaskError>, NotFinished> {
        self.future.wait_timeout(timeout);
        self.future.peek().map(Result::as_ref).ok_or(NotFinished)
    }

    /// The outcome, if it is there. Never blocks.
    pub fn peek(&self) -> Option<&Result<T, TaskError>> {
        self.future.peek()
    }

    /// Blocks until the task is over. See [`Future::exception`].
    pub fn exception(&self) -> Option<&TaskError> {
        self.result().err()
    }

    /// Runs `callback` with the outcome when the task is over. See [`Future::add_done_callback`].
    pub fn add_done_callback<F>(&self, callback: F)
    where
        F: FnOnce(&Result<T, TaskError>) + Send + 'static,
        T: 'static,
    {
        self.future.add_done_callback(callback);
    }

    /// An untyped reference to the task.
    pub fn task_ref(&self) -> TaskRef {
        self.future.task_ref()
    }
}

impl<T> Clone for SharedFuture<T> {
    fn clone(&self) -> Self {
        Self { future: Arc::clone(&self.future), waker: None }
    }
}

impl<T> Drop for SharedFuture<T> {
    fn drop(&mut self) {
        if let Some(key) = self.waker {
            self.future.raw().unlisten(key.as_u64());
        }
    }
}

/// Resolves to a clone of the outcome.
impl<T: Clone> std::future::Future for SharedFuture<T> {
    type Output = Result<T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let key = *self.waker.get_or_insert_with(FutureId::next);
        if self.future.raw().set_waker(key.as_u64(), cx.waker()) {
            return Poll::Pending;
        }
        Poll::Ready(self.future.peek().expect("no waker is taken once it is ready").clone())
    }
}

impl<T> PartialEq for SharedFuture<T> {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl<T> Eq for SharedFuture<T> {}

impl<T> Hash for SharedFuture<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl<T> fmt::Debug for SharedFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shared({:?})", self.future)
    }
}
