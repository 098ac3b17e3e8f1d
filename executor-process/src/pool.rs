//! [`ProcessPoolExecutor`], the pool as its users see it.

use crate::builder::{BuildError, ProcessPoolBuilder};
use crate::engine::Force;
use crate::engine::Shared;
use crate::stats::Stats;
use executor_core::{BrokenPool, Executor, Rejected, Shutdown, SubmitError, Task, TaskOption};
use std::fmt;
use std::sync::Arc;

/// An executor whose workers are processes.
///
/// For work that should not be able to harm the program: code that may crash, leak, or never end, and
/// for work that needs a process of its own. A worker that dies takes with it only the task that it was
/// running, whose future says how; the others go on, and it is replaced. A task can be stopped, by a
/// deadline ([`TaskOptions::with_deadline`]) or by hand ([`Future::kill`]). Python's
/// `concurrent.futures.ProcessPoolExecutor`.
///
/// Arguments and results are serialized, by serde. What is called is a function, or a closure that
/// captures nothing: see [`Executor::submit`].
///
/// ```
/// use executor_core::{Executor, TaskError};
/// use executor_process::ProcessPoolExecutor;
///
/// let pool = ProcessPoolExecutor::new()?;
/// let future = pool.submit(|(base, exponent): (u64, u32)| base.pow(exponent), (2, 10))?;
/// assert_eq!(future.result()?, 1024);
///
/// fn leave(code: i32) -> String {
///     std::process::exit(code)
/// }
/// let error = pool.submit(leave, 7)?.result().unwrap_err();
/// assert!(error.to_string().contains("exited with code 7"), "{error}");
///
/// let squares: Result<Vec<u64>, TaskError> = pool.map(|x: u64| x * x, 1..=4)?.collect();
/// assert_eq!(squares?, [1, 4, 9, 16]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Workers are started as tasks come in and none is idle, from the program that is running: see
/// [`init`](crate::init) for how they know. They end when the pool is dropped, or with the process that
/// the pool is in, however that ends.
///
/// # What runs where
///
/// A task's function runs in a worker, one at a time in each (see
/// [`threads_per_worker`](ProcessPoolBuilder::threads_per_worker)), in its main thread. Callbacks, and the
/// decoding of results, run in threads of the pool in this process; a callback must not wait for
/// another future of the same pool. Some tasks are sent to workers before they can be started, so that
/// these need not wait for the next; they can be cancelled all the same, and are taken back when another
/// worker is idle.
///
/// [`TaskOptions::with_deadline`]: executor_core::TaskOptions::with_deadline
/// [`Future::kill`]: executor_core::Future::kill
pub struct ProcessPoolExecutor {
    shared: Arc<Shared>,
}

impl ProcessPoolExecutor {
    /// A pool with the default settings.
    ///
    /// # Errors
    ///
    /// As for [`ProcessPoolBuilder::build`].
    pub fn new() -> Result<Self, BuildError> {
        Self::builder().build()
    }

    /// A pool with other settings.
    pub fn builder() -> ProcessPoolBuilder {
        ProcessPoolBuilder::default()
    }

    pub(crate) fn from_shared(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The process ids of the workers that exist at this moment.
    pub fn worker_pids(&self) -> Vec<u32> {
        self.shared.worker_pids()
    }

    /// The pool's counters at this moment.
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    /// Why the pool is broken, if it is: then it accepts no task any more.
    pub fn broken(&self) -> Option<Arc<BrokenPool>> {
        self.shared.broken()
    }

    /// Ends all workers by `SIGTERM`, which tasks can react to, and shuts the pool down without waiting.
    ///
    /// Running tasks fail with [`TaskError::WorkerDied`], pending ones are cancelled. On systems without
    /// signals the same as [`kill_workers`](Self::kill_workers). Python's `terminate_workers`.
    ///
    /// [`TaskError::WorkerDied`]: executor_core::TaskError::WorkerDied
    pub fn terminate_workers(&self) {
        self.shared.stop_workers(Force::Terminate);
    }

    /// Ends all workers at once, by `SIGKILL`, and shuts the pool down without waiting.
    ///
    /// Running tasks fail with [`TaskError::WorkerDied`], pending ones are cancelled. Python's
    /// `kill_workers`.
    ///
    /// [`TaskError::WorkerDied`]: executor_core::TaskError::WorkerDied
    pub fn kill_workers(&self) {
        self.shared.stop_workers(Force::Kill);
    }

    /// How many worker processes there can be.
    pub fn max_workers(&self) -> usize {
        self.shared.config.max_workers
    }

    /// Stops accepting tasks, and waits as `how` says; says whether everything has ended.
    ///
    /// See [`Executor::shutdown`]. When it returns `true`, every worker process and every thread of the
    /// pool is gone.
    pub fn shutdown(&self, how: Shutdown) -> bool {
        self.shared.shutdown(how)
    }
}

impl Executor for ProcessPoolExecutor {
    fn execute(&self, task: Task) -> Result<(), Rejected> {
        self.shared.execute(task)
    }

    fn shutdown(&self, how: Shutdown) -> bool {
        self.shared.shutdown(how)
    }

    fn max_workers(&self) -> usize {
        self.shared.config.max_workers * self.shared.config.threads_per_worker
    }

    fn start_workers(&self) -> Result<(), SubmitError> {
        self.shared.start_workers()
    }

    fn supports(&self, option: TaskOption) -> bool {
        match option {
            TaskOption::Name | TaskOption::Retries => true,
            TaskOption::Deadline => self.shared.config.threads_per_worker == 1,
            _ => false,
        }
    }

    fn is_remote(&self) -> bool {
        true
    }
}

/// Waits until everything submitted has been run and every process and thread is gone.
///
/// Except in a callback of the pool itself, which would wait for its own end: then the pool ends by itself
/// a little later.
impl Drop for ProcessPoolExecutor {
    fn drop(&mut self) {
        self.shared.shutdown(Shutdown::wait());
    }
}

impl fmt::Debug for ProcessPoolExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessPoolExecutor")
            .field("max_workers", &self.max_workers())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
