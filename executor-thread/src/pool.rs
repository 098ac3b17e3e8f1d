//! [`ThreadPoolExecutor`], the pool as its users see it.

use crate::builder::{BuildError, ThreadPoolBuilder};
use crate::engine::Engine;
use crate::scope::{Scope, run_scope};
use crate::stats::Stats;
use executor_core::{
    Executor, Future, Map, MapOptions, Rejected, Shutdown, SubmitError, Task, TaskOption,
    TaskOptions, TrySubmitError, check_options, map,
};
use once_cell::sync::OnceCell;
use std::fmt;
use std::sync::Arc;

/// An executor whose workers are threads of this process.
///
/// Threads are started as tasks come in and none is idle, up to `max_workers`, five per processor by
/// default. Used directly it takes any closure, with any captures; through
/// [`Executor`], what any executor takes. Dropping it waits for everything submitted. Python's
/// `concurrent.futures.ThreadPoolExecutor`.
///
/// A task may wait for other tasks of the same pool, to any depth and with any number of workers:
/// see [`Future::result`].
///
/// ```
/// use executor_thread::ThreadPoolExecutor;
///
/// let pool = ThreadPoolExecutor::new()?;
/// let greeting = String::from("hello");
/// let future = pool.submit(move |name| format!("{greeting}, {name}"), "world")?;
/// assert_eq!(future.result()?, "hello, world");
///
/// let squares: Result<Vec<u64>, _> = pool.map(|x| x * x, 1..=4)?.collect();
/// assert_eq!(squares?, [1, 4, 9, 16]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Sharing a pool
///
/// `&ThreadPoolExecutor` is all that is needed to submit, and an `Arc` of a pool can be moved into
/// its own tasks. With [`Executor`] imported, the methods of an `Arc<ThreadPoolExecutor>` are the
/// trait's, which take no captures: call [`spawn`](Self::spawn), which the trait does not have, or
/// `(*pool).submit(..)`.
///
/// # At the end of the program
///
/// The tasks of a pool that is dropped, as one in a variable of `main` is, are all run. One that
/// is leaked or in a `static`, such as [`global`](Self::global), ends with the process, whatever it
/// is doing.
pub struct ThreadPoolExecutor {
    engine: Arc<Engine>,
}

impl ThreadPoolExecutor {
    /// A pool with the default settings.
    ///
    /// # Errors
    ///
    /// None with these settings; the signature is that of every executor's `new`.
    pub fn new() -> Result<Self, BuildError> {
        Self::builder().build()
    }

    /// A pool with other settings.
    pub fn builder() -> ThreadPoolBuilder {
        ThreadPoolBuilder::default()
    }

    /// One pool for the whole process, made on first use with the default settings.
    ///
    /// For libraries that need some threads and do not want each a pool of its own. It is never
    /// dropped, so it does not wait for its tasks at the end of the program.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn global() -> Result<&'static Self, BuildError> {
        static GLOBAL: OnceCell<ThreadPoolExecutor> = OnceCell::new();
        GLOBAL.get_or_try_init(|| Self::builder().thread_name_prefix("global").build())
    }

    pub(crate) fn from_engine(engine: Arc<Engine>) -> Self {
        Self { engine }
    }

    /// Submits `f(argument)` and returns the future for its result.
    ///
    /// Every call that is valid through [`Executor::submit`] is valid here; in addition `f` may
    /// capture, and nothing need be serialisable. Waits only if the pool has a queue bound and the
    /// queue is full.
    ///
    /// # Errors
    ///
    /// [`SubmitError::ShutDown`], or [`SubmitError::Broken`] after an initializer has panicked.
    pub fn submit<F, A, R>(&self, f: F, argument: A) -> Result<Future<R>, SubmitError>
    where
        F: FnOnce(A) -> R + Send + 'static,
        A: Send + 'static,
        R: Send + 'static,
    {
        let (task, future) = Task::call(f, argument);
        self.accept(task, future)
    }

    /// [`submit`](Self::submit), but gives the argument back rather than wait for room in the queue.
    ///
    /// # Errors
    ///
    /// [`TrySubmitError`], with the argument in it.
    pub fn try_submit<F, A, R>(&self, f: F, argument: A) -> Result<Future<R>, TrySubmitError<A>>
    where
        F: FnOnce(A) -> R + Send + 'static,
        A: Send + 'static,
        R: Send + 'static,
    {
        Task::offer(f, argument, |task| self.engine.execute(task, false))
    }

    /// [`submit`](Self::submit) with options: a name, and a priority.
    ///
    /// # Errors
    ///
    /// [`SubmitError::Unsupported`] for a deadline or retries, which only a process pool can honour.
    pub fn submit_with<F, A, R>(
        &self,
        f: F,
        argument: A,
        options: TaskOptions,
    ) -> Result<Future<R>, SubmitError>
    where
        F: FnOnce(A) -> R + Send + 'static,
        A: Send + 'static,
        R: Send + 'static,
    {
        check_options(self, &options)?;
        let (task, future) = Task::new_with(move || f(argument), options);
        self.accept(task, future)
    }

    /// Submits a closure without an argument.
    ///
    /// # Errors
    ///
    /// As for [`submit`](Self::submit).
    pub fn spawn<F, R>(&self, f: F) -> Result<Future<R>, SubmitError>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let (task, future) = Task::new(f);
        self.accept(task, future)
    }

    /// Submits a closure that nobody will ask about: fire and forget.
    ///
    /// As [`spawn`](Self::spawn) with the future dropped at once, and cheaper, since nothing is kept of
    /// what comes of it. If it panics, the panic hook has reported that and [`stats`](Self::stats) counts it. Such
    /// tasks are finished before the pool is gone, as all are. Blocks only while a bounded queue is full. Python
    /// drops what `submit` returns.
    ///
    /// ```
    /// use executor_core::Shutdown;
    /// use executor_thread::ThreadPoolExecutor;
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering};
    ///
    /// let pool = ThreadPoolExecutor::new()?;
    /// let requests = Arc::new(AtomicU64::new(0));
    /// for _ in 0..10 {
    ///     let requests = Arc::clone(&requests);
    ///     pool.spawn_detached(move || requests.fetch_add(1, Ordering::Relaxed))?;
    /// }
    /// pool.shutdown(Shutdown::wait());
    /// assert_eq!(requests.load(Ordering::Relaxed), 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`submit`](Self::submit).
    pub fn spawn_detached<F, R>(&self, f: F) -> Result<(), SubmitError>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.engine.execute(Task::detached(f), true).map_err(|rejected| rejected.reason)
    }

    fn accept<R>(&self, task: Task, future: Future<R>) -> Result<Future<R>, SubmitError> {
        match self.engine.execute(task, true) {
            Ok(()) => Ok(future),
            Err(Rejected { reason, .. }) => Err(reason),
        }
    }

    /// Calls `f` on every item, concurrently, and returns the results in order.
    ///
    /// As [`Executor::map`], but `f` may capture, and nothing need be serialisable.
    ///
    /// # Errors
    ///
    /// As for [`submit`](Self::submit).
    pub fn map<F, A, R, I>(&self, f: F, items: I) -> Result<Map<'static, R>, SubmitError>
    where
        F: Fn(A) -> R + Send + Sync + 'static,
        A: Send + 'static,
        R: Send + 'static,
        I: IntoIterator<Item = A>,
    {
        map::local(self, f, items, MapOptions::new())
    }

    /// [`map`](Self::map) with options: buffer size, timeout, unordered results.
    ///
    /// # Errors
    ///
    /// [`SubmitError::InvalidArgument`] for a size of zero; otherwise as for `map`.
    pub fn map_with<'e, F, A, R, I>(
        &'e self,
        f: F,
        items: I,
        options: MapOptions,
    ) -> Result<Map<'e, R>, SubmitError>
    where
        F: Fn(A) -> R + Send + Sync + 'static,
        A: Send + 'static,
        R: Send + 'static,
        I: IntoIterator<Item = A>,
        I::IntoIter: Send + 'e,
    {
        map::local_with(self, f, items, options)
    }

    /// Runs tasks that borrow from the caller, and waits for all of them.
    ///
    /// As `std::thread::scope`, on this pool's threads. Inside a task of the same pool, tasks of the
    /// scope that nobody has started are run here.
    ///
    /// ```
    /// use executor_thread::ThreadPoolExecutor;
    ///
    /// let pool = ThreadPoolExecutor::new()?;
    /// let words = vec!["one", "two", "three"];
    /// let (short, total) = pool.scope(|scope| {
    ///     let short = scope.spawn(|| words.iter().filter(|word| word.len() < 4).count())?;
    ///     let total = scope.spawn(|| words.iter().map(|word| word.len()).sum::<usize>())?;
    ///     Ok::<_, Box<dyn std::error::Error>>((short.result()?, total.result()?))
    /// })?;
    /// assert_eq!((short, total), (2, 11));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A task's panic is in its future, as everywhere.
    ///
    /// # Panics
    ///
    /// If `f` panics, after all tasks have ended.
    pub fn scope<'env, F, T>(&'env self, f: F) -> T
    where
        F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
    {
        run_scope(self, f)
    }

    /// Runs two closures, which may borrow, and returns both results: `a` in this thread, and `b` too
    /// unless a worker has nothing to do and fetches it.
    ///
    /// For work that divides itself, such as sorting, searching a tree, or a sum over halves. A `join`
    /// inside another takes a few nanoseconds more than two calls, and the outermost at most as long as
    /// a submission if a worker is idle, so that work can be divided down to small pieces, and to any
    /// depth. Where the pieces are known at the beginning, use [`map`](Self::map); where somebody else
    /// waits for the result, or each piece can fail by itself, [`submit`](Self::submit); for borrowing
    /// tasks that are not two by two, [`scope`](Self::scope).
    ///
    /// ```
    /// use executor_thread::ThreadPoolExecutor;
    ///
    /// fn sum(pool: &ThreadPoolExecutor, numbers: &[u64]) -> u64 {
    ///     if numbers.len() <= 1000 {
    ///         return numbers.iter().sum();
    ///     }
    ///     let (left, right) = numbers.split_at(numbers.len() / 2);
    ///     let (left, right) = pool.join(|| sum(pool, left), || sum(pool, right));
    ///     left + right
    /// }
    ///
    /// let pool = ThreadPoolExecutor::new()?;
    /// let numbers: Vec<u64> = (1..=100_000).collect();
    /// assert_eq!(sum(&pool, &numbers), 5_000_050_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// It can be called in any thread, inside a task of the pool or not: the calling thread takes
    /// part. It never fails: in a pool of one busy thread, or one that is shut down (also with
    /// [`cancel_pending`](Shutdown::cancel_pending)) or broken, both closures run here.
    ///
    /// # When they run at the same time
    ///
    /// It is not promised that they do. What is: if a worker is idle or can be started, nothing is
    /// queued, and the call is not inside a closure of another `join` of this pool, then `b` is
    /// submitted before `a` begins. Otherwise it may have to wait until this thread calls `join` again,
    /// or comes to it by itself. So **`a` must not wait for what only `b` does**, through a channel or a lock say,
    /// unless it is sure that the above holds.
    ///
    /// While it waits for a `b` that a worker has fetched, this thread helps with that `b`, and runs
    /// nothing else.
    ///
    /// # Panics
    ///
    /// If `a` or `b` does, with the same payload, and with that of `a` if both do. Either is run to its
    /// end even if the other panics.
    ///
    /// As `rayon::join`, except that any thread can call it for any pool without leaving itself for it,
    /// that `a` need not be `Send`, and that an idle thread cannot take `b` without this one's help.
    /// There is nothing like it in Python.
    #[inline]
    pub fn join<A, B, RA, RB>(&self, a: A, b: B) -> (RA, RB)
    where
        A: FnOnce() -> RA,
        B: FnOnce() -> RB + Send,
        RB: Send,
    {
        crate::join::join(&self.engine, a, b)
    }

    /// The pool's counters at this moment. Never blocks.
    pub fn stats(&self) -> Stats {
        self.engine.stats()
    }

    /// How many threads there can be.
    pub fn max_workers(&self) -> usize {
        self.engine.config.max_workers
    }

    /// Stops accepting tasks, and waits as `how` says; says whether everything has ended.
    ///
    /// See [`Executor::shutdown`]. When it returns `true`, every thread of the pool is gone.
    pub fn shutdown(&self, how: Shutdown) -> bool {
        self.engine.shutdown(how)
    }
}

impl Executor for ThreadPoolExecutor {
    fn execute(&self, task: Task) -> Result<(), Rejected> {
        self.engine.execute(task, true)
    }

    fn start_workers(&self) -> Result<(), SubmitError> {
        self.engine.start_workers()
    }

    fn try_execute(&self, task: Task) -> Result<(), Rejected> {
        self.engine.execute(task, false)
    }

    fn shutdown(&self, how: Shutdown) -> bool {
        self.engine.shutdown(how)
    }

    fn max_workers(&self) -> usize {
        self.engine.config.max_workers
    }

    fn supports(&self, option: TaskOption) -> bool {
        matches!(option, TaskOption::Name | TaskOption::Priority)
    }
}

/// Waits until everything submitted has been run and every thread is gone.
///
/// Except inside a task of the pool itself, which would wait for its own end: then the pool ends by
/// itself a little later.
impl Drop for ThreadPoolExecutor {
    fn drop(&mut self) {
        self.engine.shutdown(Shutdown::wait());
    }
}

impl fmt::Debug for ThreadPoolExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPoolExecutor")
            .field("thread_name_prefix", &self.engine.config.thread_name_prefix)
            .field("max_workers", &self.max_workers())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
