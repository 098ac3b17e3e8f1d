//! [`Promise`]: the producing side of a future, for work that no executor runs.

use crate::cell::RawTask;
use crate::error::{InvalidState, TaskError};
use crate::future::Future;
use crate::id::FutureId;
use crate::state::{CANCELLED, FAILED, FutureState};
use crate::task::debug;
use std::fmt;
use std::marker::PhantomData;

/// Makes a promise and the future that it completes.
///
/// For writing an executor of another kind, or for turning an API that calls back into one that
/// returns a future. Python's `Future()` with `set_result` and `set_exception`, which are on the
/// same object there.
///
/// ```
/// use executor_core::promise;
///
/// let (promise, future) = promise::<u32>();
/// std::thread::spawn(move || promise.set_result(6 * 7));
/// assert_eq!(future.result()?, 42);
/// # Ok::<(), executor_core::TaskError>(())
/// ```
pub fn promise<T: Send + 'static>() -> (Promise<T>, Future<T>) {
    let raw = RawTask::empty::<T>();
    (Promise { raw, value: PhantomData }, Future::from_raw(raw))
}

/// The right to complete a future, once. Made by [`promise`].
///
/// Several threads may try; the first wins and the others get their value back. Dropping it
/// uncompleted fails the future with [`TaskError::Abandoned`].
#[must_use = "dropping it fails the future as abandoned"]
pub struct Promise<T> {
    raw: RawTask,
    value: PhantomData<fn(T)>,
}

impl<T> Promise<T> {
    /// The identity of the future.
    pub fn id(&self) -> FutureId {
        self.raw.id()
    }

    /// Where the future is in its life.
    pub fn state(&self) -> FutureState {
        FutureState::of(self.raw.load())
    }

    /// Whether the future was cancelled, so that the value is of no interest.
    pub fn is_cancelled(&self) -> bool {
        self.raw.load() & CANCELLED != 0
    }

    /// Marks the future as running, so that it can no longer be cancelled.
    ///
    /// `false` if it was cancelled before: then do not do the work. Python's
    /// `set_running_or_notify_cancel`.
    ///
    /// # Errors
    ///
    /// [`InvalidState`] if it is already running or finished.
    pub fn set_running(&self) -> Result<bool, InvalidState> {
        if self.raw.try_start() {
            return Ok(true);
        }
        match self.state() {
            FutureState::Cancelled => Ok(false),
            state => Err(InvalidState::new(state, ())),
        }
    }

    /// Completes the future with a value, and runs its callbacks in this thread.
    ///
    /// # Errors
    ///
    /// [`InvalidState`], with the value in it, if the future is finished or cancelled.
    pub fn set_result(&self, value: T) -> Result<(), InvalidState<T>> {
        self.set_outcome(Ok(value)).map_err(|error| {
            error.map(|outcome| match outcome {
                Ok(value) => value,
                Err(_) => unreachable!("the outcome given back is the one given in"),
            })
        })
    }

    /// Completes the future with an error, and runs its callbacks in this thread. Python's
    /// `set_exception`.
    ///
    /// # Errors
    ///
    /// [`InvalidState`], with the error in it, if the future is finished or cancelled.
    pub fn set_error(&self, error: TaskError) -> Result<(), InvalidState<TaskError>> {
        self.set_outcome(Err(error)).map_err(|error| {
            error.map(|outcome| match outcome {
                Err(error) => error,
                Ok(_) => unreachable!("the outcome given back is the one given in"),
            })
        })
    }

    /// Completes the future with either.
    ///
    /// # Errors
    ///
    /// [`InvalidState`], with the outcome in it, if the future is finished or cancelled.
    pub fn set_outcome(
        &self,
        outcome: Result<T, TaskError>,
    ) -> Result<(), InvalidState<Result<T, TaskError>>> {
        match self.raw.try_claim() {
            Ok(()) => {
                let flags = if outcome.is_ok() { 0 } else { FAILED };
                // SAFETY: T is the cell's type, promises' cells are EMPTY, and CLAIMED is ours.
                unsafe { self.raw.store_outcome(outcome) };
                self.raw.finish(false, flags);
                Ok(())
            }
            Err(state) => Err(InvalidState::new(state, outcome)),
        }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        if self.raw.try_claim().is_ok() {
            self.raw.store_error(TaskError::Abandoned);
            self.raw.finish(false, FAILED);
        }
        self.raw.drop_ref();
    }
}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug("Promise", self.raw, f)
    }
}
