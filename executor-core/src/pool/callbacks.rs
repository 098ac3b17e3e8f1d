//! [`Callbacks`]: who is told what came of an asynchronous call.

use super::result::in_pool_terms;
use crate::error::TaskError;
use std::fmt;

type Callback<T> = Box<dyn FnOnce(&T) + Send>;

/// What to call with the value, or with the error, of an asynchronous call of a
/// [`Pool`](crate::Pool).
///
/// The keyword arguments `callback` and `error_callback` of Python's `apply_async` and `map_async`.
/// Exactly one of the two is called, once, with the whole value (of a map, the list) or the error,
/// *before* the result becomes ready. It runs in the thread that finishes the task: in a worker thread
/// of a thread pool, in a thread of this process of a process pool, in the thread that terminates the
/// pool; or, if the task has ended before the call returns, in the calling thread. A slow one holds up
/// that worker, and only that. A panic in one is reported on stderr and changes nothing else.
///
/// ```
/// use executor_core::{Callbacks, InlineExecutor, Pool};
/// use std::sync::mpsc::channel;
///
/// let pool = Pool::new(InlineExecutor::new())?;
/// let (sender, receiver) = channel();
/// let failures = sender.clone();
/// let callbacks = Callbacks::new()
///     .callback(move |square: &u64| sender.send(square.to_string()).unwrap())
///     .error_callback(move |error| failures.send(error.to_string()).unwrap());
/// let result = pool.apply_async_with(|n: u64| n * n, 7, callbacks)?;
/// assert_eq!(receiver.recv()?, "49");
/// assert_eq!(result.get()?, 49);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "callbacks are for `apply_async_with` and others"]
pub struct Callbacks<T> {
    value: Option<Callback<T>>,
    error: Option<Callback<TaskError>>,
}

impl<T> Callbacks<T> {
    /// None.
    pub fn new() -> Self {
        Self { value: None, error: None }
    }

    /// Calls `f` with the value, if there will be one.
    pub fn callback(mut self, f: impl FnOnce(&T) + Send + 'static) -> Self {
        self.value = Some(Box::new(f));
        self
    }

    /// Calls `f` with the error, if there will be no value.
    pub fn error_callback(mut self, f: impl FnOnce(&TaskError) + Send + 'static) -> Self {
        self.error = Some(Box::new(f));
        self
    }

    /// Calls the one that the outcome is for.
    pub(super) fn call(self, outcome: &Result<T, TaskError>) {
        match outcome {
            Ok(value) => {
                if let Some(callback) = self.value {
                    callback(value);
                }
            }
            Err(error) => {
                if let Some(callback) = self.error {
                    callback(&in_pool_terms(error.clone()));
                }
            }
        }
    }
}

impl<T> Default for Callbacks<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Callbacks<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callbacks")
            .field("callback", &self.value.as_ref().map(|_| ".."))
            .field("error_callback", &self.error.as_ref().map(|_| ".."))
            .finish()
    }
}
