//! [`Executor`]: the one trait that pools implement and programs are written against.

use crate::error::{Rejected, SubmitError, TrySubmitError};
use crate::future::Future;
use crate::map::{self, Map, MapOptions};
use crate::options::{TaskOption, TaskOptions};
use crate::shutdown::Shutdown;
use crate::task::Task;
use crate::wire::Portable;
use std::sync::Arc;

/// Runs functions on workers of some kind, and returns futures for their results.
///
/// A program written against this trait runs on threads or on processes by changing the line that
/// makes the executor: generically (`E: Executor`), or chosen at run time through
/// `Box<dyn Executor>` or `Arc<dyn Executor>`, on which `submit` and the others work just the same.
/// Python's `concurrent.futures.Executor`.
///
/// What is submitted is a `fn(A) -> R`: a function, or a closure that captures nothing; everything it
/// needs is in its one argument, a tuple if there are several. The compiler refuses a closure that
/// captures. A `ThreadPoolExecutor` used directly takes any closure.
///
/// ```
/// use executor_core::{Executor, InlineExecutor, Shutdown, as_completed};
///
/// fn sum_of_squares<E: Executor>(pool: &E) -> Result<u64, Box<dyn std::error::Error>> {
///     let futures = (1..=10)
///         .map(|n| pool.submit(|n: u64| n * n, n))
///         .collect::<Result<Vec<_>, _>>()?;
///     let mut sum = 0;
///     for future in as_completed(futures) {
///         sum += future.result()?;
///     }
///     Ok(sum)
/// }
///
/// let pool = InlineExecutor::new();
/// assert_eq!(sum_of_squares(&pool)?, 385);
/// pool.shutdown(Shutdown::wait());
/// assert!(pool.submit(|n: u64| n, 1).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A `&dyn Executor` is an executor too. Since a generic method cannot be called on a bare trait
/// object, borrow it once more to call one:
///
/// ```
/// use executor_core::{Executor, InlineExecutor, SubmitError};
///
/// fn double(pool: &dyn Executor, n: u64) -> Result<u64, Box<dyn std::error::Error>> {
///     Ok((&pool).submit(|n: u64| 2 * n, n)?.result()?)
/// }
///
/// assert_eq!(double(&InlineExecutor::new(), 21)?, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Writing an executor
///
/// Three methods make an executor; everything else is provided. [`execute`](Self::execute) gets a
/// [`Task`] and either keeps it, and sees to it that it is run, or gives it back. Everything a
/// future promises (callbacks, cancellation, panics) is done by [`Task::run`]; a task that is dropped
/// fails its future, so none is ever forgotten. A thread per task, in full:
///
/// ```
/// use executor_core::{Executor, Rejected, Shutdown, SubmitError, Task};
/// use std::sync::Mutex;
/// use std::thread::JoinHandle;
///
/// /// Runs each task in a thread of its own.
/// struct ThreadPerTask {
///     /// `None` after shutdown.
///     threads: Mutex<Option<Vec<JoinHandle<()>>>>,
/// }
///
/// impl Executor for ThreadPerTask {
///     fn execute(&self, task: Task) -> Result<(), Rejected> {
///         let mut threads = self.threads.lock().unwrap();
///         let Some(threads) = &mut *threads else {
///             return Err(Rejected::new(task, SubmitError::ShutDown));
///         };
///         threads.push(std::thread::spawn(move || {
///             task.run();
///         }));
///         Ok(())
///     }
///
///     fn shutdown(&self, how: Shutdown) -> bool {
///         let threads = self.threads.lock().unwrap().take().unwrap_or_default();
///         if how.limit().is_none() {
///             for thread in threads {
///                 thread.join().unwrap(); // a task's panic does not leave `run`
///             }
///         }
///         how.limit().is_none()
///     }
///
///     fn max_workers(&self) -> usize {
///         usize::MAX
///     }
/// }
///
/// let pool = ThreadPerTask { threads: Mutex::new(Some(Vec::new())) };
/// let future = pool.submit(|text: String| text.len(), "four".to_string())?;
/// assert_eq!(future.result()?, 4);
/// let doubled: Result<Vec<_>, _> = pool.map(|x: i32| 2 * x, [1, 2, 3])?.collect();
/// assert_eq!(doubled?, [2, 4, 6]);
/// assert!(pool.shutdown(Shutdown::wait()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// An executor that can honour more than a task's name says so in [`supports`](Self::supports); one
/// whose tasks leave the process says so in [`is_remote`](Self::is_remote) and encodes them. One whose
/// workers may wait for each other's tasks uses the [`worker`](crate::worker) module.
pub trait Executor: Send + Sync {
    /// Accepts a task, to be run once at some later time, or gives it back.
    ///
    /// May wait for room in a bounded queue. For implementers; callers use [`submit`](Self::submit).
    ///
    /// # Errors
    ///
    /// The task itself and the reason: shut down, broken.
    fn execute(&self, task: Task) -> Result<(), Rejected>;

    /// Stops accepting tasks, and waits as `how` says. Says whether everything has ended.
    ///
    /// May be called again, from any thread. From inside a task or a callback of the same executor
    /// it does not wait, since that would be for itself. Python's `Executor.shutdown`.
    fn shutdown(&self, how: Shutdown) -> bool;

    /// How many tasks can run at the same time.
    fn max_workers(&self) -> usize;

    /// Starts all workers that there may be now, rather than as tasks come in.
    ///
    /// Returns when each has been started; those of a process pool are ready for tasks then, and have
    /// run their initializer. Does nothing where workers are not started on demand.
    ///
    /// # Errors
    ///
    /// [`SubmitError::Broken`] with the reason why one could not be started; those that could be remain,
    /// until the executor is dropped or shut down. [`SubmitError::ShutDown`].
    fn start_workers(&self) -> Result<(), SubmitError> {
        Ok(())
    }

    /// [`execute`](Self::execute), but gives the task back rather than wait.
    ///
    /// # Errors
    ///
    /// As for `execute`, and [`SubmitError::Full`].
    fn try_execute(&self, task: Task) -> Result<(), Rejected> {
        self.execute(task)
    }

    /// Whether tasks with this option are accepted; a task with any other is refused.
    ///
    /// Names are always accepted.
    fn supports(&self, option: TaskOption) -> bool {
        option == TaskOption::Name
    }

    /// Whether tasks run in other processes, and so must be encoded.
    ///
    /// Then [`map`](Self::map) submits encoded items in batches, see
    /// [`Departed::Many`](crate::Departed::Many); otherwise it lets the workers share one array of
    /// items.
    fn is_remote(&self) -> bool {
        false
    }

    /// Submits `f(argument)` and returns the future for its result. Python's `Executor.submit`.
    ///
    /// Returns at once, unless the executor has a bounded queue that is full.
    ///
    /// # Errors
    ///
    /// [`SubmitError`] if the executor is shut down or broken.
    fn submit<A, R>(&self, f: fn(A) -> R, argument: A) -> Result<Future<R>, SubmitError>
    where
        A: Portable,
        R: Portable,
        Self: Sized,
    {
        let (task, future) = Task::portable(f, argument);
        accepted(self.execute(task), future)
    }

    /// [`submit`](Self::submit), but gives the argument back rather than wait for room in the queue.
    ///
    /// # Errors
    ///
    /// [`TrySubmitError`], with the argument in it.
    fn try_submit<A, R>(&self, f: fn(A) -> R, argument: A) -> Result<Future<R>, TrySubmitError<A>>
    where
        A: Portable,
        R: Portable,
        Self: Sized,
    {
        Task::offer_portable(f, argument, |task| self.try_execute(task))
    }

    /// [`submit`](Self::submit) with options for this one task: name, priority, deadline, retries.
    ///
    /// # Errors
    ///
    /// [`SubmitError::Unsupported`] if the executor cannot honour one of them.
    fn submit_with<A, R>(
        &self,
        f: fn(A) -> R,
        argument: A,
        options: TaskOptions,
    ) -> Result<Future<R>, SubmitError>
    where
        A: Portable,
        R: Portable,
        Self: Sized,
    {
        check_options(self, &options)?;
        let (task, future) = Task::portable_with(f, argument, options);
        accepted(self.execute(task), future)
    }

    /// Calls `f` on every item, concurrently, and returns the results in the order of the items.
    ///
    /// All items are taken and submitted before `map` returns: they are worked on even if nobody
    /// reads the results. Each item has its own `Result`; a failing one does not affect the others.
    /// Python's `Executor.map`, with one iterable (zip several).
    ///
    /// # Errors
    ///
    /// [`SubmitError`] if the executor is shut down or broken.
    fn map<A, R, I>(&self, f: fn(A) -> R, items: I) -> Result<Map<'static, R>, SubmitError>
    where
        A: Portable,
        R: Portable,
        I: IntoIterator<Item = A>,
        Self: Sized,
    {
        map::eager(self, f, items, MapOptions::new())
    }

    /// [`map`](Self::map) with options: buffer size, chunk size, timeout, unordered results.
    ///
    /// With a buffer size, items are taken only as results are read, so that there may be
    /// endlessly many.
    ///
    /// # Errors
    ///
    /// [`SubmitError::InvalidArgument`] for a size of zero; otherwise as for `map`.
    fn map_with<'e, A, R, I>(
        &'e self,
        f: fn(A) -> R,
        items: I,
        options: MapOptions,
    ) -> Result<Map<'e, R>, SubmitError>
    where
        A: Portable,
        R: Portable,
        I: IntoIterator<Item = A>,
        I::IntoIter: Send + 'e,
        Self: Sized,
    {
        map::with_options(self, f, items, options)
    }
}

/// Turns what `execute` said into what `submit` says.
fn accepted<R>(result: Result<(), Rejected>, future: Future<R>) -> Result<Future<R>, SubmitError> {
    match result {
        Ok(()) => Ok(future),
        Err(Rejected { task, reason }) => {
            drop(future);
            drop(task);
            Err(reason)
        }
    }
}

/// Whether `executor` can honour all of `options`.
///
/// # Errors
///
/// [`SubmitError::Unsupported`] with the first that it cannot.
pub fn check_options<E: Executor + ?Sized>(
    executor: &E,
    options: &TaskOptions,
) -> Result<(), SubmitError> {
    match options.requested().find(|&option| !executor.supports(option)) {
        Some(option) => Err(SubmitError::Unsupported(option)),
        None => Ok(()),
    }
}

// So that references, boxes and shared pointers to executors submit like any pool.
macro_rules! forward_executor {
    ($($pointer:ty),*) => {$(
        impl<E: Executor + ?Sized> Executor for $pointer {
            fn execute(&self, task: Task) -> Result<(), Rejected> {
                (**self).execute(task)
            }
            fn shutdown(&self, how: Shutdown) -> bool {
                (**self).shutdown(how)
            }
            fn max_workers(&self) -> usize {
                (**self).max_workers()
            }
            fn start_workers(&self) -> Result<(), SubmitError> {
                (**self).start_workers()
            }
            fn try_execute(&self, task: Task) -> Result<(), Rejected> {
                (**self).try_execute(task)
            }
            fn supports(&self, option: TaskOption) -> bool {
                (**self).supports(option)
            }
            fn is_remote(&self) -> bool {
                (**self).is_remote()
            }
        }
    )*};
}

forward_executor!(&E, Box<E>, Arc<E>);
