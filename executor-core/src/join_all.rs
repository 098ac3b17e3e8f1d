//! [`join_all`]: the results of several futures, in order.

use crate::error::{TaskError, Unfinished};
use crate::future::Future;
use std::time::{Duration, Instant};

/// Blocks until every future is over, and returns their results in the order given.
///
/// One failure does not hide the other results; collect into a `Result` to stop at the first:
/// `join_all(futures).into_iter().collect::<Result<Vec<_>, _>>()`. Python has this for coroutines,
/// as `asyncio.gather`.
///
/// ```
/// use executor_core::{Executor, InlineExecutor, join_all};
///
/// let pool = InlineExecutor::new();
/// let futures = [1, 2, 3].map(|n: u64| pool.submit(|n: u64| n + 1, n).unwrap());
/// assert_eq!(join_all(futures), [Ok(2), Ok(3), Ok(4)]);
/// ```
pub fn join_all<T>(futures: impl IntoIterator<Item = Future<T>>) -> Vec<Result<T, TaskError>> {
    // All are taken before the first is waited for: the iterator may be what submits them.
    let futures: Vec<_> = futures.into_iter().collect();
    futures.into_iter().map(Future::result).collect()
}

/// [`join_all`], waiting for at most `timeout` in all.
///
/// # Errors
///
/// [`Unfinished`], with **all** the futures in it, in the order given, if the time has passed before
/// every one was over; the tasks are not affected.
pub fn join_all_timeout<T>(
    futures: impl IntoIterator<Item = Future<T>>,
    timeout: Duration,
) -> Result<Vec<Result<T, TaskError>>, Unfinished<Future<T>>> {
    let deadline = Instant::now().checked_add(timeout);
    let futures: Vec<_> = futures.into_iter().collect();
    if futures.iter().all(|future| future.raw().wait(deadline)) {
        Ok(futures.into_iter().map(Future::result).collect())
    } else {
        let unfinished = futures.iter().filter(|future| !future.done()).count();
        let total = futures.len();
        Err(Unfinished { futures, unfinished, total })
    }
}
