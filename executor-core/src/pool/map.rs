//! Calls of one function with many arguments: `map`, `starmap`, `imap`, and their other forms.

use super::{AsyncResult, Callbacks, Imap, Pool, PoolError};
use crate::error::SubmitError;
use crate::executor::Executor;
use crate::future::Future;
use crate::map::{self, Helper, MapOptions};
use crate::wire::{Call, Portable};

impl<E: Executor> Pool<E> {
    /// Calls `f` on every item, in the workers, and returns the list of the results in the order of the
    /// items. Python's `Pool.map`.
    ///
    /// Blocks until every call has ended, also when one has failed. The executor shares out the items by
    /// itself, in lots that follow from how long they take; there is no fixed chunk size unless
    /// [`map_with`](Self::map_with) is given one.
    ///
    /// # Errors
    ///
    /// [`PoolError::Failed`] with the error of the item that failed first, [`PoolError::Refused`] if
    /// the pool is closed, terminated or broken.
    ///
    /// # Panics
    ///
    /// If `items` panics; then nothing was run, and the pool is not affected.
    pub fn map<A, R, I>(&self, f: fn(A) -> R, items: I) -> Result<Vec<R>, PoolError>
    where
        A: Portable,
        R: Portable,
        I: IntoIterator<Item = A>,
    {
        self.map_with(f, items, MapOptions::new())
    }

    /// [`map`](Self::map) with a [chunk size](MapOptions::with_chunksize).
    ///
    /// # Errors
    ///
    /// As for `map`, and [`SubmitError::InvalidArgument`] for a chunk size of zero, or another option:
    /// these are for [`imap_with`](Self::imap_with).
    ///
    /// # Panics
    ///
    /// As for `map`.
    pub fn map_with<A, R, I>(
        &self,
        f: fn(A) -> R,
        items: I,
        options: MapOptions,
    ) -> Result<Vec<R>, PoolError>
    where
        A: Portable,
        R: Portable,
        I: IntoIterator<Item = A>,
    {
        let (future, helper) = self.together(f, Call::new(f), items, options)?;
        Ok(AsyncResult::new(future, helper).get()?)
    }

    /// [`map`](Self::map), which returns as soon as the items are with the executor. Python's
    /// `Pool.map_async`.
    ///
    /// # Errors
    ///
    /// [`SubmitError`] if the pool is closed, terminated or broken.
    ///
    /// # Panics
    ///
    /// As for `map`.
    pub fn map_async<A, R, I>(
        &self,
        f: fn(A) -> R,
        items: I,
    ) -> Result<AsyncResult<Vec<R>>, SubmitError>
    where
        A: Portable,
        R: Portable,
        I: IntoIterator<Item = A>,
    {
        self.map_async_with(f, items, MapOptions::new(), Callbacks::new())
    }

    /// [`map_async`](Self::map_async) with a chunk size, and callbacks for the whole list.
    ///
    /// # Errors
    ///
    /// As for `map_async` and [`map_with`](Self::map_with); then nothing is called.
    ///
    /// # Panics
    ///
    /// As for `map`.
    pub fn map_async_with<A, R, I>(
        &self,
        f: fn(A) -> R,
        items: I,
        options: MapOptions,
        callbacks: Callbacks<Vec<R>>,
    ) -> Result<AsyncResult<Vec<R>>, SubmitError>
    where
        A: Portable,
        R: Portable,
        I: IntoIterator<Item = A>,
    {
        Ok(self.promised(self.together(f, Call::new(f), items, options)?, callbacks))
    }

    /// [`map`](Self::map) of a function of two parameters over pairs of arguments. Python's
    /// `Pool.starmap`.
    ///
    /// For more parameters, `map` with a pattern is as short: `pool.map(|(a, b, c)| f(a, b, c), items)`.
    ///
    /// ```
    /// use executor_core::{InlineExecutor, Pool};
    ///
    /// let pool = Pool::new(InlineExecutor::new())?;
    /// assert_eq!(pool.starmap(|name, age| format!("{name} is {age}"), [("Ada".to_string(), 36)])?, [
    ///     "Ada is 36"
    /// ]);
    /// assert_eq!(pool.map(|(a, b, c)| a * b + c, [(2, 3, 4)])?, [10]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for `map`.
    ///
    /// # Panics
    ///
    /// As for `map`.
    pub fn starmap<A, B, R, I>(&self, f: fn(A, B) -> R, items: I) -> Result<Vec<R>, PoolError>
    where
        A: Portable,
        B: Portable,
        R: Portable,
        I: IntoIterator<Item = (A, B)>,
    {
        self.starmap_with(f, items, MapOptions::new())
    }

    /// [`starmap`](Self::starmap) with a chunk size.
    ///
    /// # Errors
    ///
    /// As for [`map_with`](Self::map_with).
    ///
    /// # Panics
    ///
    /// As for `map`.
    pub fn starmap_with<A, B, R, I>(
        &self,
        f: fn(A, B) -> R,
        items: I,
        options: MapOptions,
    ) -> Result<Vec<R>, PoolError>
    where
        A: Portable,
        B: Portable,
        R: Portable,
        I: IntoIterator<Item = (A, B)>,
    {
        let (future, helper) =
            self.together(move |(a, b)| f(a, b), Call::spread(f), items, options)?;
        Ok(AsyncResult::new(future, helper).get()?)
    }

    /// [`starmap`](Self::starmap), which returns as soon as the items are with the executor. Python's
    /// `Pool.starmap_async`.
    ///
    /// # Errors
    ///
    /// As for [`map_async`](Self::map_async).
    ///
    /// # Panics
    ///
    /// As for `map`.
    pub fn starmap_async<A, B, R, I>(
        &self,
        f: fn(A, B) -> R,
        items: I,
    ) -> Result<AsyncResult<Vec<R>>, SubmitError>
    where
        A: Portable,
        B: Portable,
        R: Portable,
        I: IntoIterator<Item = (A, B)>,
    {
        self.starmap_async_with(f, items, MapOptions::new(), Callbacks::new())
    }

    /// [`starmap_async`](Self::starmap_async) with a chunk size, and callbacks for the whole list.
    ///
    /// # Errors
    ///
    /// As for [`map_async_with`](Self::map_async_with).
    ///
    /// # Panics
    ///
    /// As for `map`.
    pub fn starmap_async_with<A, B, R, I>(
        &self,
        f: fn(A, B) -> R,
        items: I,
        options: MapOptions,
        callbacks: Callbacks<Vec<R>>,
    ) -> Result<AsyncResult<Vec<R>>, SubmitError>
    where
        A: Portable,
        B: Portable,
        R: Portable,
        I: IntoIterator<Item = (A, B)>,
    {
        let started = self.together(move |(a, b)| f(a, b), Call::spread(f), items, options)?;
        Ok(self.promised(started, callbacks))
    }

    /// Calls `f` on the items as the results are read, in order, so that there may be endlessly many
    /// items. Python's `Pool.imap`, without the thread that reads the whole input ahead.
    ///
    /// At most 64 items per worker are taken and not yet read, or the
    /// [buffer size](MapOptions::with_buffersize) given to [`imap_with`](Self::imap_with). They are
    /// taken in the thread that reads, the first before this returns.
    ///
    /// ```
    /// use executor_core::{InlineExecutor, Pool};
    ///
    /// let pool = Pool::new(InlineExecutor::new())?;
    /// let first: Result<Vec<u64>, _> = pool.imap(|n| n * n, 0..)?.take(4).collect();
    /// assert_eq!(first?, [0, 1, 4, 9]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SubmitError`] if the pool is closed, terminated or broken.
    pub fn imap<'p, A, R, I>(&'p self, f: fn(A) -> R, items: I) -> Result<Imap<'p, R>, SubmitError>
    where
        A: Portable,
        R: Portable,
        I: IntoIterator<Item = A>,
        I::IntoIter: Send + 'p,
    {
        self.imap_with(f, items, MapOptions::new())
    }

    /// [`imap`](Self::imap) with options.
    ///
    /// Items are handed out one by one, and the executor sends together what has gathered. So a chunk
    /// size has no effect but to multiply the number of items that are taken ahead.
    ///
    /// # Errors
    ///
    /// As for `imap`, and [`SubmitError::InvalidArgument`] for a size of zero.
    pub fn imap_with<'p, A, R, I>(
        &'p self,
        f: fn(A) -> R,
        items: I,
        options: MapOptions,
    ) -> Result<Imap<'p, R>, SubmitError>
    where
        A: Portable,
        R: Portable,
        I: IntoIterator<Item = A>,
        I::IntoIter: Send + 'p,
    {
        Imap::start(self, f, items, options)
    }

    /// [`imap`](Self::imap), but the results come as they become ready. Python's
    /// `Pool.imap_unordered`.
    ///
    /// # Errors
    ///
    /// As for `imap`.
    pub fn imap_unordered<'p, A, R, I>(
        &'p self,
        f: fn(A) -> R,
        items: I,
    ) -> Result<Imap<'p, R>, SubmitError>
    where
        A: Portable,
        R: Portable,
        I: IntoIterator<Item = A>,
        I::IntoIter: Send + 'p,
    {
        self.imap_with(f, items, MapOptions::new().unordered())
    }

    fn together<F, A, R, I>(
        &self,
        f: F,
        call: Call,
        items: I,
        options: MapOptions,
    ) -> Result<(Future<Vec<R>>, Option<Helper>), SubmitError>
    where
        F: Fn(A) -> R + Send + Sync + 'static,
        A: Portable,
        R: Portable,
        I: IntoIterator<Item = A>,
    {
        if options.buffersize().is_some() || options.timeout().is_some() || options.is_unordered() {
            return Err(SubmitError::InvalidArgument(
                "buffersize, timeout and unordered are for results that are read one by one: see imap",
            ));
        }
        self.gate.check()?;
        map::together(&self.executor, f, call, items.into_iter().collect(), options)
    }
}
