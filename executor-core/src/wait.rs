//! [`wait()`]: block until some or all of several futures are over.

use crate::state::FAILED;
use crate::watch::{Waitable, Watched};
use std::time::{Duration, Instant};

/// When [`wait()`] returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReturnWhen {
    /// When every future is over.
    #[default]
    AllCompleted,
    /// When one is over; at once if one already is.
    FirstCompleted,
    /// When one has failed, or all are over. A cancelled future has not failed, and neither has a
    /// task that returned an `Err` of its own: only a [`TaskError`](crate::TaskError) counts.
    FirstException,
}

/// What [`wait()`] found: every future given is in one of the two, once, in the order given.
#[derive(Debug)]
#[must_use = "dropping it drops the futures, and with them the results"]
pub struct Waited<W> {
    /// Finished, failed or cancelled.
    pub done: Vec<W>,
    /// Still pending or running.
    pub not_done: Vec<W>,
}

/// Blocks until the futures are over, as far as `return_when` asks, or `timeout` has passed.
///
/// Takes futures of any executors, by value or by reference; several handles of one future count
/// once. A timeout is not an error: the futures are returned as they stand then. A cancelled future
/// is over at once. Without a timeout, inside a task of the same thread pool, tasks among them that
/// nobody has started are run here. Python's `concurrent.futures.wait`.
///
/// ```
/// use executor_core::{ReturnWhen, promise, wait};
/// use std::time::Duration;
///
/// let (promise, first) = promise::<u32>();
/// let (_never, second) = executor_core::promise::<u32>();
/// promise.set_result(1)?;
/// let waited = wait([first, second], Duration::from_secs(5), ReturnWhen::FirstCompleted);
/// assert_eq!((waited.done.len(), waited.not_done.len()), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn wait<W: Waitable>(
    futures: impl IntoIterator<Item = W>,
    timeout: impl Into<Option<Duration>>,
    return_when: ReturnWhen,
) -> Waited<W> {
    let deadline = timeout.into().and_then(|timeout| Instant::now().checked_add(timeout));
    let mut watched = Watched::new(futures);
    let mut done = Vec::new();
    let mut satisfied = false;
    loop {
        // Everything that is over by now belongs to `done`, also when the condition is met.
        let next = if satisfied { watched.try_next() } else { watched.next(deadline) };
        let Some(index) = next else { break };
        satisfied |= match return_when {
            ReturnWhen::AllCompleted => false,
            ReturnWhen::FirstCompleted => true,
            ReturnWhen::FirstException => watched.get(index).load() & FAILED != 0,
        };
        done.push((index, watched.take(index)));
    }
    done.sort_unstable_by_key(|(index, _)| *index);
    let strip = |pairs: Vec<(usize, W)>| pairs.into_iter().map(|(_, handle)| handle).collect();
    Waited { done: strip(done), not_done: strip(watched.into_rest()) }
}
