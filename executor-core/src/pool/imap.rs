//! [`Imap`]: results one by one, while the items are still being taken.

use super::Pool;
use super::gate::Phase;
use super::result::in_pool_terms;
use crate::error::{NotFinished, SubmitError, TaskError};
use crate::executor::Executor;
use crate::map::{self, Map, MapOptions};
use crate::sync::Mutex;
use crate::wire::Portable;
use std::any::Any;
use std::fmt;
use std::iter::FusedIterator;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

/// How many chunks per worker are taken ahead of the reader, unless a buffer size says otherwise.
const CHUNKS_AHEAD: usize = 64;

/// No executor needs more to be busy; some say that they have `usize::MAX` workers.
const MANY_WORKERS: usize = 256;

/// The results of [`Pool::imap`] and [`Pool::imap_unordered`]: an iterator over
/// `Result<R, TaskError>`, which takes items only as results are read.
///
/// `next` blocks until the next result is there; [`next_timeout`](Self::next_timeout) not for ever. Each
/// item has its own `Result`; a failing one affects no other. When the pool is closed the iterator goes
/// on; when it is then joined, or terminated, what was taken is delivered, and, if there were more
/// items, one error ([`TaskError::ShutDown`], [`TaskError::Terminated`]). Dropping it cancels nothing.
///
/// # Panics
///
/// `next` and `next_timeout` panic as the iterator of the items did, once, after every result before that.
/// The pool is not affected.
#[must_use = "items are only taken, and errors only seen, by iterating"]
pub struct Imap<'p, R> {
    results: Map<'p, R>,
    pool: &'p dyn Doorkeeper,
    panic: PanicSlot,
    /// Nothing more will come.
    over: bool,
}

/// Why the items have ended, if by a panic.
type PanicSlot = Arc<Mutex<Option<Box<dyn Any + Send>>>>;

/// What an `Imap` needs of its pool, whatever executor that has.
trait Doorkeeper: Sync {
    fn phase(&self) -> Phase;
    fn leave(&self);
}

impl<E: Executor> Doorkeeper for Pool<E> {
    fn phase(&self) -> Phase {
        self.gate.phase()
    }

    fn leave(&self) {
        if self.gate.leave() {
            self.let_workers_go();
        }
    }
}

impl<'p, R> Imap<'p, R> {
    pub(super) fn start<E, A, I>(
        pool: &'p Pool<E>,
        f: fn(A) -> R,
        items: I,
        options: MapOptions,
    ) -> Result<Self, SubmitError>
    where
        E: Executor,
        A: Portable,
        R: Portable,
        I: IntoIterator<Item = A>,
        I::IntoIter: Send + 'p,
    {
        options.check()?;
        let options = match options.buffersize() {
            Some(_) => options,
            None => {
                let workers = pool.executor.max_workers().clamp(1, MANY_WORKERS);
                let chunk = options.chunksize().unwrap_or(1);
                options.with_buffersize(chunk.saturating_mul(CHUNKS_AHEAD * workers))
            }
        };
        let panic = PanicSlot::default();
        let items = Items { items: Some(items.into_iter()), panic: Arc::clone(&panic) };
        pool.gate.enter()?;
        match map::with_options(&pool.executor, f, items, options) {
            Ok(results) => Ok(Self { results, pool, panic, over: false }),
            Err(error) => {
                pool.leave();
                Err(error)
            }
        }
    }

    /// The next result, as `next`, waiting for at most `timeout`.
    ///
    /// Python's `next(timeout)` of the iterator that `imap` returns.
    ///
    /// ```
    /// use executor_core::{InlineExecutor, Pool};
    /// use std::time::Duration;
    ///
    /// let pool = Pool::new(InlineExecutor::new())?;
    /// let mut squares = pool.imap(|n: u64| n * n, 2..=3)?;
    /// assert_eq!(squares.next_timeout(Duration::from_secs(10))?, Some(Ok(4)));
    /// assert_eq!(squares.next_timeout(Duration::from_secs(10))?, Some(Ok(9)));
    /// assert_eq!(squares.next_timeout(Duration::ZERO)?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotFinished`] if the time has passed; nothing is lost, and the iterator can be read on.
    pub fn next_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<Option<Result<R, TaskError>>, NotFinished> {
        if self.over {
            return Ok(None);
        }
        let next = self.results.next_timeout(timeout)?;
        Ok(self.pass_on(next))
    }

    fn pass_on(&mut self, next: Option<Result<R, TaskError>>) -> Option<Result<R, TaskError>> {
        match next {
            Some(Err(TaskError::ShutDown)) if self.pool.phase() == Phase::Terminated => {
                Some(Err(TaskError::Terminated))
            }
            Some(outcome) => Some(outcome.map_err(in_pool_terms)),
            None => {
                self.end();
                let panic = self.panic.lock().take();
                if let Some(payload) = panic {
                    resume_unwind(payload);
                }
                None
            }
        }
    }

    fn end(&mut self) {
        if !std::mem::replace(&mut self.over, true) {
            self.pool.leave();
        }
    }
}

impl<R> Iterator for Imap<'_, R> {
    type Item = Result<R, TaskError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let next = self.results.next();
        self.pass_on(next)
    }
}

impl<R> FusedIterator for Imap<'_, R> {}

impl<R> Drop for Imap<'_, R> {
    fn drop(&mut self) {
        self.end();
    }
}

impl<R> fmt::Debug for Imap<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Imap").field("results", &self.results).finish_non_exhaustive()
    }
}

/// The user's items, ended by the first panic, which is kept for the reader.
struct Items<I> {
    items: Option<I>,
    panic: PanicSlot,
}

impl<I: Iterator> Iterator for Items<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        let items = self.items.as_mut()?;
        match catch_unwind(AssertUnwindSafe(|| items.next())) {
            Ok(item) => item,
            Err(payload) => {
                *self.panic.lock() = Some(payload);
                self.items = None;
                None
            }
        }
    }
}
