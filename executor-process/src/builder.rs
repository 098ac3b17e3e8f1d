//! [`ProcessPoolBuilder`]: a pool with other settings than the default ones.

use crate::bootstrap::image::Image;
use crate::bootstrap::program::Program;
use crate::bootstrap::ticket::MAX_DEPTH;
use crate::engine::Shared;
use crate::engine::config::Config;
use crate::entry;
use crate::pool::ProcessPoolExecutor;
use crate::transport::beside::Beside;
use crate::transport::message::{Bytes, Initializer};
use executor_core::wire::write_to;
use executor_core::{Encoded, Portable, Task, TaskError};
use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// What becomes of a pool when one of its workers dies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnWorkerDeath {
    /// The task that it was running fails, or is retried; the worker is replaced, and nothing else
    /// notices.
    #[default]
    Replace,
    /// The whole pool breaks: every pending and later task fails. What Python does.
    BreakPool,
}

/// Settings for a [`ProcessPoolExecutor`], made by [`ProcessPoolExecutor::builder`].
///
/// ```
/// use executor_core::Executor;
/// use executor_process::ProcessPoolExecutor;
///
/// fn prepare(greeting: String) {
///     // SAFETY: the worker has one thread yet.
///     unsafe { std::env::set_var("GREETING", greeting) };
/// }
///
/// let pool = ProcessPoolExecutor::builder()
///     .max_workers(2)
///     .max_tasks_per_child(100)
///     .initializer(prepare, "hello".to_string())
///     .env("NAME", "world")
///     .build()?;
/// let read = |name: String| std::env::var(name).unwrap();
/// assert_eq!(pool.submit(read, "GREETING".to_string())?.result()?, "hello");
/// assert_eq!(pool.submit(read, "NAME".to_string())?.result()?, "world");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct ProcessPoolBuilder {
    max_workers: Option<usize>,
    threads_per_worker: Option<usize>,
    max_tasks_per_child: Option<usize>,
    initializer: Option<Result<(Initializer, Beside), TaskError>>,
    on_death: OnWorkerDeath,
    deadline: Option<Duration>,
    start_timeout: Option<Duration>,
    capture_stderr: bool,
    process: Program,
}

impl ProcessPoolBuilder {
    /// How many worker processes there may be at most.
    ///
    /// The default is one per processor that this process may use, as its affinity and control group
    /// have it.
    pub fn max_workers(mut self, max_workers: usize) -> Self {
        self.max_workers = Some(max_workers);
        self
    }

    /// How many tasks each worker runs at a time, in threads. The default is 1.
    ///
    /// With more, the tasks of one worker share its fate: when it dies all of them fail, and since none
    /// can be stopped alone, deadlines are not supported, and [`Future::kill`] does nothing to running
    /// tasks.
    ///
    /// [`Future::kill`]: executor_core::Future::kill
    pub fn threads_per_worker(mut self, threads: usize) -> Self {
        self.threads_per_worker = Some(threads);
        self
    }

    /// After how many tasks a worker is replaced by a new one. The default is never.
    ///
    /// For tasks that leak. Items of a `map` count one by one.
    pub fn max_tasks_per_child(mut self, tasks: usize) -> Self {
        self.max_tasks_per_child = Some(tasks);
        self
    }

    /// Has every worker call `f(argument)` before its first task.
    ///
    /// If it panics the pool is broken: every pending and later task fails, with its message.
    pub fn initializer<A: Portable>(mut self, f: fn(A), argument: A) -> Self {
        self.initializer = Some(encode_initializer(f, argument));
        self
    }

    /// What becomes of the pool when a worker dies. The default is that it is replaced.
    pub fn on_worker_death(mut self, policy: OnWorkerDeath) -> Self {
        self.on_death = policy;
        self
    }

    /// How long each task may run, unless it has a deadline of its own. The default is for ever.
    ///
    /// A task that runs longer fails with [`TaskError::DeadlineExceeded`], and its worker is replaced.
    /// The items of a `map` have the time each, and are sent to the workers one by one.
    ///
    /// [`TaskError::DeadlineExceeded`]: executor_core::TaskError::DeadlineExceeded
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How long a worker may take to start, its initializer included, before it is killed and counts as
    /// one that cannot be started. The default is a minute.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = Some(timeout);
        self
    }

    /// Reads what workers write to stderr, passes it on, and keeps the last 20 lines of each for the
    /// error of the task that it dies of: [`WorkerDeath::stderr`]. The default is not to.
    ///
    /// Takes one more thread per worker.
    ///
    /// [`WorkerDeath::stderr`]: executor_core::WorkerDeath::stderr
    pub fn capture_stderr(mut self, capture: bool) -> Self {
        self.capture_stderr = capture;
        self
    }

    /// Sets an environment variable for the workers.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.process.environment.push((name.into(), Some(value.into())));
        self
    }

    /// Removes an environment variable for the workers.
    pub fn env_remove(mut self, name: impl Into<OsString>) -> Self {
        self.process.environment.push((name.into(), None));
        self
    }

    /// Starts the workers with no environment variables but those set by [`env`](Self::env).
    pub fn env_clear(mut self) -> Self {
        self.process.clear_environment = true;
        self.process.environment.clear();
        self
    }

    /// The working directory of the workers. The default is this process's.
    pub fn current_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.process.directory = Some(directory.into());
        self
    }

    /// The program that workers are, instead of the one that is running.
    ///
    /// It must be the same build, under whatever name; a worker that is not is refused, and the pool
    /// breaks. Python's `multiprocessing.set_executable`.
    pub fn program(mut self, path: impl Into<PathBuf>) -> Self {
        self.process.program = Some(path.into());
        self
    }

    /// Makes the pool. No process is started yet.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if a setting makes no sense, if workers could not be recognised because
    /// [`init`](crate::init) was not called, or if this process is a worker of workers of workers, too
    /// many deep.
    pub fn build(self) -> Result<ProcessPoolExecutor, BuildError> {
        let Self { max_workers, threads_per_worker, max_tasks_per_child, .. } = self;
        if !entry::is_installed() {
            return Err(BuildError::NotInitialized);
        }
        if entry::depth() >= MAX_DEPTH {
            return Err(BuildError::TooDeep { limit: MAX_DEPTH });
        }
        if [max_workers, threads_per_worker, max_tasks_per_child].contains(&Some(0)) {
            return Err(BuildError::Zero);
        }
        if self.deadline.is_some() && threads_per_worker.is_some_and(|threads| threads > 1) {
            return Err(BuildError::DeadlineWithThreads);
        }
        let processors = num_cpus::get().max(1);
        let config = Config {
            max_workers: max_workers.unwrap_or(processors),
            processors,
            threads_per_worker: threads_per_worker.unwrap_or(1),
            max_tasks_per_child,
            initializer: self.initializer.transpose().map_err(BuildError::Initializer)?,
            on_death: self.on_death,
            deadline: self.deadline,
            start_timeout: self.start_timeout.unwrap_or(Duration::from_secs(60)),
            capture_stderr: self.capture_stderr,
            process: self.process,
        };
        let shared = Shared::new(config).map_err(BuildError::Memory)?;
        Ok(ProcessPoolExecutor::from_shared(shared))
    }
}

fn encode_initializer<A: Portable>(
    f: fn(A),
    argument: A,
) -> Result<(Initializer, Beside), TaskError> {
    let (task, _nobody_waits) = Task::portable(f, argument);
    let mut bytes = Vec::new();
    let Encoded { call, attachments, departed } =
        write_to(&mut bytes, |output| task.encode(output))?;
    drop(departed);
    let image = Image::main();
    let offsets = image.offset(call.function()).zip(image.offset(call.trampoline()));
    let (function, trampoline) =
        offsets.ok_or_else(|| TaskError::not_sent("the initializer is in a shared library"))?;
    let beside = Beside::of(attachments).map_err(TaskError::not_sent)?;
    let attached = !beside.is_empty();
    Ok((Initializer { function, trampoline, argument: Bytes::Here(bytes), attached }, beside))
}

/// Why a pool could not be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// A number of workers, threads or tasks is zero.
    Zero,
    /// A deadline for every task, and several tasks at a time in a worker, which cannot be stopped one
    /// by one.
    DeadlineWithThreads,
    /// Workers started from this program would not know that they are, and run its `main`.
    NotInitialized,
    /// This process is a worker of a pool in a worker, and so on, as deep as is allowed.
    TooDeep {
        /// How deep that is.
        limit: u32,
    },
    /// The argument of the initializer cannot be encoded.
    Initializer(TaskError),
    /// The system has no memory to share.
    Memory(io::Error),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => write!(
                f,
                "max_workers, threads_per_worker and max_tasks_per_child must be at least 1"
            ),
            Self::DeadlineWithThreads => write!(
                f,
                "a deadline needs threads_per_worker(1): tasks in one process cannot be stopped one by one"
            ),
            Self::NotInitialized => write!(
                f,
                "call concurrent_futures::init() first in main: without it, or the feature \
                 `constructor`, a worker process would run the whole program again"
            ),
            Self::TooDeep { limit } => {
                write!(f, "pools in workers of pools may be {limit} deep, and this one is deeper")
            }
            Self::Initializer(error) => write!(f, "the initializer cannot be sent: {error}"),
            Self::Memory(error) => write!(f, "no memory to share with workers: {error}"),
        }
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Initializer(error) => Some(error),
            Self::Memory(error) => Some(error),
            _ => None,
        }
    }
}
