//! `map`: one function over many items.
//!
//! Three ways lead to one [`Map`]:
//!
//! - `job`, `places`, `results`, `reader`: the items and their results lie in an array that the workers share. As
//!   many *runner* tasks are submitted as there are workers, and each takes items until none is left.
//!   One submission per worker instead of one per item, and no allocation per item. For executors
//!   in this process. How its reader sleeps and is woken: `results`, `meeting`.
//! - `remote`: the results are in such an array as well, but the items are encoded, and submitted in
//!   batches. For executors whose workers are in other processes.
//! - `window`: every item is a task of its own. For bounded, lazy maps, where at most `buffersize` of
//!   them exist at a time.
//!
//! `together` takes the first or the second way, to one future for the list of all results.

mod job;
mod meeting;
mod options;
mod places;
mod reader;
mod remote;
mod results;
mod together;
mod window;

pub use options::MapOptions;

pub(crate) use together::{Helper, together};

use self::results::Handover;
use crate::error::{NotFinished, Rejected, SubmitError, TaskError};
use crate::executor::Executor;
use crate::future::Future;
use crate::task::Task;
use crate::wire::{Call, Portable};
use std::fmt;
use std::iter::FusedIterator;
use std::time::{Duration, Instant};

/// The results of a `map`: an iterator over `Result<R, TaskError>`, in the order of the items unless
/// [`MapOptions::unordered`] was asked for.
///
/// `next` blocks until the next result is there. Dropping the iterator at any point does not cancel
/// anything, as with a [`Future`]; [`cancel`](Self::cancel) does.
#[must_use = "errors and panics of the items are only seen by iterating; the work is done either way"]
pub struct Map<'e, R> {
    source: Source<'e, R>,
    deadline: Option<Instant>,
}

enum Source<'e, R> {
    Job(reader::Reader<R>),
    Window(window::Window<'e, R>),
    /// Timed out, cancelled, or read to the end.
    Exhausted,
}

/// What a source answers to "the next one, please".
enum Next<R> {
    Item(Result<R, TaskError>),
    End,
    /// The deadline passed first.
    TimedOut,
}

impl<R> Map<'_, R> {
    /// Cancels every item that has not been started; the iterator is then at its end.
    ///
    /// Items being worked on are finished. Python's `close()` on the iterator that its `map` returns.
    pub fn cancel(&mut self) {
        match std::mem::replace(&mut self.source, Source::Exhausted) {
            Source::Job(reader) => reader.cancel(),
            Source::Window(window) => window.cancel(),
            Source::Exhausted => {}
        }
    }

    /// The next result, as `next`, waiting for at most `timeout`.
    ///
    /// Does not run items in this thread, as `next` may inside a task of the same pool.
    ///
    /// ```
    /// use executor_core::{Executor, InlineExecutor};
    /// use std::time::Duration;
    ///
    /// let mut squares = InlineExecutor::new().map(|n: u64| n * n, [3])?;
    /// assert_eq!(squares.next_timeout(Duration::from_secs(1))?, Some(Ok(9)));
    /// assert_eq!(squares.next_timeout(Duration::ZERO)?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotFinished`] if the time has passed; the map is not affected, and can be read on.
    pub fn next_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<Option<Result<R, TaskError>>, NotFinished> {
        let end = Instant::now().checked_add(timeout);
        let Some(end) = end.filter(|end| self.deadline.is_none_or(|deadline| *end < deadline))
        else {
            return Ok(self.next());
        };
        match self.await_next(Some(end)) {
            Next::TimedOut => Err(NotFinished),
            next => Ok(self.deliver(next)),
        }
    }

    /// All results as a vector, or the first error, in the order of the items.
    ///
    /// What `collect` into a `Result` of a vector gives, and the fastest way to it: where the results lie in
    /// one piece of memory, this becomes the vector. Blocks until the last item is over, or one before it
    /// has failed; the other items are still worked on then. Python's `list(executor.map(...))`.
    ///
    /// ```
    /// use executor_core::{Executor, InlineExecutor};
    ///
    /// let squares = InlineExecutor::new().map(|n: u64| n * n, 0..5)?.into_vec()?;
    /// assert_eq!(squares, [0, 1, 4, 9, 16]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The [`TaskError`] of the first item that failed, or [`TaskError::MapTimedOut`].
    pub fn into_vec(mut self) -> Result<Vec<R>, TaskError> {
        if let Source::Job(reader) = &mut self.source
            && let Some(results) = reader.take_all(self.deadline)
        {
            return Ok(results);
        }
        self.collect()
    }

    #[inline(never)]
    fn next_or_wait(&mut self) -> Option<Result<R, TaskError>> {
        let next = self.await_next(self.deadline);
        self.deliver(next)
    }

    fn await_next(&mut self, deadline: Option<Instant>) -> Next<R> {
        match &mut self.source {
            Source::Job(reader) => reader.next(deadline),
            Source::Window(window) => window.next(deadline),
            Source::Exhausted => Next::End,
        }
    }

    fn deliver(&mut self, next: Next<R>) -> Option<Result<R, TaskError>> {
        match next {
            Next::Item(outcome) => Some(outcome),
            Next::End => {
                self.source = Source::Exhausted;
                None
            }
            Next::TimedOut => {
                self.cancel();
                Some(Err(TaskError::MapTimedOut))
            }
        }
    }
}

impl<R> Iterator for Map<'_, R> {
    type Item = Result<R, TaskError>;

    /// Small enough to become part of the caller's loop if the result is there, as most are.
    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.source {
            Source::Job(reader) if reader.is_there() => Some(reader.take_next()),
            _ => self.next_or_wait(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.source {
            Source::Job(reader) => (0, Some(reader.len())),
            Source::Window(window) => (0, window.len()),
            Source::Exhausted => (0, Some(0)),
        }
    }
}

impl<R> FusedIterator for Map<'_, R> {}

impl<R> fmt::Debug for Map<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("remaining", &self.size_hint().1).finish_non_exhaustive()
    }
}

/// `map` of portable functions, all submitted now.
pub(crate) fn eager<E, A, R>(
    executor: &E,
    f: fn(A) -> R,
    items: impl IntoIterator<Item = A>,
    options: MapOptions,
) -> Result<Map<'static, R>, SubmitError>
where
    E: Executor + ?Sized,
    A: Portable,
    R: Portable,
{
    options.check()?;
    let deadline = options.deadline();
    if !executor.is_remote() {
        return local(executor, f, items, options);
    }
    let items = items.into_iter().collect();
    let (handover, chunksize) = (handover(options), options.chunksize());
    let reader = remote::start(executor, Call::new(f), items, handover, chunksize)?;
    Ok(Map { source: Source::Job(reader), deadline })
}

/// `map_with` of portable functions.
pub(crate) fn with_options<'e, E, A, R, I>(
    executor: &'e E,
    f: fn(A) -> R,
    items: I,
    options: MapOptions,
) -> Result<Map<'e, R>, SubmitError>
where
    E: Executor + ?Sized,
    A: Portable,
    R: Portable,
    I: IntoIterator<Item = A>,
    I::IntoIter: Send + 'e,
{
    options.check()?;
    match options.buffersize() {
        None => eager(executor, f, items, options),
        Some(size) => {
            let mut items = items.into_iter();
            lazy(size, options, move || Some(submit(executor, f, items.next()?)))
        }
    }
}

/// `map` of any function, for pools whose tasks run in this process.
///
/// What the inherent `map` of such a pool is made of: nothing need be able to travel.
///
/// # Errors
///
/// [`SubmitError`] if the executor refuses the tasks, or an option makes no sense.
pub fn local<E, F, A, R>(
    executor: &E,
    f: F,
    items: impl IntoIterator<Item = A>,
    options: MapOptions,
) -> Result<Map<'static, R>, SubmitError>
where
    E: Executor + ?Sized,
    F: Fn(A) -> R + Send + Sync + 'static,
    A: Send + 'static,
    R: Send + 'static,
{
    options.check()?;
    let deadline = options.deadline();
    let reader = job::start(executor, f, items.into_iter().collect(), handover(options))?;
    Ok(Map { source: Source::Job(reader), deadline })
}

/// [`local`], taking items only as results are read if a buffer size is set.
///
/// # Errors
///
/// As for [`local`].
pub fn local_with<'e, E, F, A, R, I>(
    executor: &'e E,
    f: F,
    items: I,
    options: MapOptions,
) -> Result<Map<'e, R>, SubmitError>
where
    E: Executor + ?Sized,
    F: Fn(A) -> R + Send + Sync + 'static,
    A: Send + 'static,
    R: Send + 'static,
    I: IntoIterator<Item = A>,
    I::IntoIter: Send + 'e,
{
    options.check()?;
    let Some(size) = options.buffersize() else {
        return local(executor, f, items, options);
    };
    let mut items = items.into_iter();
    let f = std::sync::Arc::new(f);
    lazy(size, options, move || {
        let item = items.next()?;
        let f = std::sync::Arc::clone(&f);
        let (task, future) = Task::new(move || f(item));
        Some(accept(executor, task, future))
    })
}

/// How a map with these options is read.
fn handover<R>(options: MapOptions) -> Handover<R> {
    if options.is_unordered() { Handover::AsReady } else { Handover::InOrder }
}

/// A map that has at most `size` items submitted, and takes the next when a result is read.
fn lazy<'e, R: Send>(
    size: usize,
    options: MapOptions,
    feed: impl FnMut() -> Option<Result<Future<R>, SubmitError>> + Send + 'e,
) -> Result<Map<'e, R>, SubmitError> {
    let deadline = options.deadline();
    let mut window = window::Window::new(options.is_unordered());
    window.feed_from(size, Box::new(feed))?;
    Ok(Map { source: Source::Window(window), deadline })
}

fn submit<E, A, R>(executor: &E, f: fn(A) -> R, item: A) -> Result<Future<R>, SubmitError>
where
    E: Executor + ?Sized,
    A: Portable,
    R: Portable,
{
    let (task, future) = Task::portable(f, item);
    accept(executor, task, future)
}

fn accept<E: Executor + ?Sized, R>(
    executor: &E,
    task: Task,
    future: Future<R>,
) -> Result<Future<R>, SubmitError> {
    match executor.execute(task) {
        Ok(()) => Ok(future),
        Err(Rejected { reason, .. }) => Err(reason),
    }
}
