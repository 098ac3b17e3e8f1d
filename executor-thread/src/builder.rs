//! [`ThreadPoolBuilder`]: a pool with other settings than the default ones.

use crate::engine::{Config, Engine};
use crate::pool::ThreadPoolExecutor;
use crate::sleep::MAX_WORKERS;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Settings for a [`ThreadPoolExecutor`], made by [`ThreadPoolExecutor::builder`].
///
/// ```
/// use executor_thread::ThreadPoolExecutor;
/// use std::time::Duration;
///
/// let pool = ThreadPoolExecutor::builder()
///     .max_workers(4)
///     .thread_name_prefix("crawler")
///     .idle_timeout(Duration::from_secs(30))
///     .build()?;
/// let name = pool.spawn(|| std::thread::current().name().map(str::to_owned))?.result()?;
/// assert_eq!(name.as_deref(), Some("crawler_0"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct ThreadPoolBuilder {
    max_workers: Option<usize>,
    thread_name_prefix: Option<String>,
    stack_size: Option<usize>,
    initializer: Option<Box<dyn Fn() + Send + Sync>>,
    queue_bound: Option<usize>,
    idle_timeout: Option<Duration>,
    core_workers: usize,
}

impl ThreadPoolBuilder {
    /// How many threads there may be at most. The default is five per processor.
    pub fn max_workers(mut self, max_workers: usize) -> Self {
        self.max_workers = Some(max_workers);
        self
    }

    /// What the threads' names begin with: they are `<prefix>_<n>`, n counting from 0.
    ///
    /// The default is `ThreadPoolExecutor-<pool number>`. Linux shows 15 bytes of it outside the
    /// program.
    pub fn thread_name_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.thread_name_prefix = Some(prefix.into());
        self
    }

    /// The stack of each thread in bytes. The default is the standard library's.
    ///
    /// A task that waits for another of the same pool may run it on its own stack; when that is
    /// nearly used up a new segment is taken, so even a small stack suffices for deep nesting.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// Runs in each new thread before its first task.
    ///
    /// A panic in it breaks the pool: every pending and later task fails, with its message.
    pub fn initializer(mut self, initializer: impl Fn() + Send + Sync + 'static) -> Self {
        self.initializer = Some(Box::new(initializer));
        self
    }

    /// How many tasks may wait to be started. The default is any number.
    ///
    /// When there are as many, `submit` waits for room and `try_submit` refuses. A task that submits
    /// to its own pool is never made to wait, since that could be for itself; the bound is then
    /// exceeded. A cancelled task keeps its place until a worker comes across it.
    pub fn queue_bound(mut self, tasks: usize) -> Self {
        self.queue_bound = Some(tasks);
        self
    }

    /// After how long without work a thread ends. The default is never.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = Some(timeout);
        self
    }

    /// How many threads stay in spite of [`idle_timeout`](Self::idle_timeout). The default is 0.
    pub fn core_workers(mut self, threads: usize) -> Self {
        self.core_workers = threads;
        self
    }

    /// Makes the pool. No thread is started yet.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if a setting makes no sense.
    pub fn build(self) -> Result<ThreadPoolExecutor, BuildError> {
        static POOLS: AtomicUsize = AtomicUsize::new(0);
        let max_workers = self.max_workers.unwrap_or_else(default_workers);
        match max_workers {
            0 => return Err(BuildError::ZeroWorkers),
            1..=MAX_WORKERS => {}
            _ => return Err(BuildError::TooManyWorkers { limit: MAX_WORKERS }),
        }
        if self.queue_bound == Some(0) {
            return Err(BuildError::ZeroQueueBound);
        }
        let thread_name_prefix = self.thread_name_prefix.unwrap_or_else(|| {
            format!("ThreadPoolExecutor-{}", POOLS.fetch_add(1, Ordering::Relaxed))
        });
        if thread_name_prefix.contains('\0') {
            return Err(BuildError::InvalidThreadName);
        }
        let engine = Engine::new(Config {
            max_workers,
            thread_name_prefix,
            stack_size: self.stack_size,
            initializer: self.initializer,
            queue_bound: self.queue_bound,
            idle_timeout: self.idle_timeout,
            core_workers: self.core_workers,
        });
        Ok(ThreadPoolExecutor::from_engine(Arc::new(engine)))
    }
}

/// Five per processor that this process may use, as Python had it up to 3.7.
///
/// Threads are for work that waits, of which a processor can carry several; later Pythons cap the
/// number at 32 for the sake of very large machines, where a cap is one call of `max_workers` away.
pub(crate) fn default_workers() -> usize {
    num_cpus::get().max(1).saturating_mul(5).min(MAX_WORKERS)
}

impl fmt::Debug for ThreadPoolBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPoolBuilder")
            .field("max_workers", &self.max_workers)
            .field("thread_name_prefix", &self.thread_name_prefix)
            .field("stack_size", &self.stack_size)
            .field("initializer", &self.initializer.as_ref().map(|_| ".."))
            .field("queue_bound", &self.queue_bound)
            .field("idle_timeout", &self.idle_timeout)
            .field("core_workers", &self.core_workers)
            .finish()
    }
}

/// Why [`ThreadPoolBuilder::build`] refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// `max_workers` was 0.
    ZeroWorkers,
    /// `max_workers` was more than a pool can count.
    TooManyWorkers {
        /// The most it can.
        limit: usize,
    },
    /// `queue_bound` was 0, so no task could ever be submitted.
    ZeroQueueBound,
    /// The thread name prefix contains a zero byte.
    InvalidThreadName,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZeroWorkers => f.write_str("max_workers must be at least 1"),
            Self::TooManyWorkers { limit } => write!(f, "max_workers must be at most {limit}"),
            Self::ZeroQueueBound => f.write_str("queue_bound must be at least 1"),
            Self::InvalidThreadName => {
                f.write_str("thread_name_prefix must not contain a zero byte")
            }
        }
    }
}

impl Error for BuildError {}
