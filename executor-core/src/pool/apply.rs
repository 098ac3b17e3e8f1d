//! Calls of a function with one argument: `apply` and its asynchronous form.

use super::result::in_pool_terms;
use super::{AsyncResult, Callbacks, Pool, PoolError};
use crate::error::{Rejected, SubmitError};
use crate::executor::Executor;
use crate::future::Future;
use crate::task::Task;
use crate::wire::Portable;

impl<E: Executor> Pool<E> {
    /// Calls `f(argument)` in a worker and returns what it returns. Python's `Pool.apply`.
    ///
    /// Several arguments are a tuple. Blocks until the call has ended; inside a task of the same thread
    /// pool it is made here if no worker is free, so that this never deadlocks.
    ///
    /// # Errors
    ///
    /// [`PoolError::Refused`] if the pool is closed, terminated or broken; [`PoolError::Failed`] with
    /// what the task ended with.
    pub fn apply<A, R>(&self, f: fn(A) -> R, argument: A) -> Result<R, PoolError>
    where
        A: Portable,
        R: Portable,
    {
        let future = self.submit(f, argument)?;
        future.result().map_err(|error| PoolError::Failed(in_pool_terms(error)))
    }

    /// Has `f(argument)` called in a worker, and returns at once. Python's `Pool.apply_async`.
    ///
    /// Waits only for room, if the executor has a bounded queue that is full.
    ///
    /// # Errors
    ///
    /// [`SubmitError`] if the pool is closed, terminated or broken.
    pub fn apply_async<A, R>(
        &self,
        f: fn(A) -> R,
        argument: A,
    ) -> Result<AsyncResult<R>, SubmitError>
    where
        A: Portable,
        R: Portable,
    {
        self.apply_async_with(f, argument, Callbacks::new())
    }

    /// [`apply_async`](Self::apply_async), which calls back before the result becomes ready.
    ///
    /// # Errors
    ///
    /// As for `apply_async`; then nothing is called.
    pub fn apply_async_with<A, R>(
        &self,
        f: fn(A) -> R,
        argument: A,
        callbacks: Callbacks<R>,
    ) -> Result<AsyncResult<R>, SubmitError>
    where
        A: Portable,
        R: Portable,
    {
        Ok(self.promised((self.submit(f, argument)?, None), callbacks))
    }

    fn submit<A, R>(&self, f: fn(A) -> R, argument: A) -> Result<Future<R>, SubmitError>
    where
        A: Portable,
        R: Portable,
    {
        self.gate.check()?;
        let (task, future) = Task::portable(f, argument);
        match self.executor.execute(task) {
            Ok(()) => Ok(future),
            Err(Rejected { reason, .. }) => Err(reason),
        }
    }
}
