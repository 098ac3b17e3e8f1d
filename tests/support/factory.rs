//! [`Factory`]: the one thing that differs between the runs of a generic test.

use crate::support::loopback::Loopback;
use concurrent_futures::{Executor, InlineExecutor, ProcessPoolExecutor, ThreadPoolExecutor};

/// Makes the executors of one kind.
pub(crate) trait Factory {
    /// The kind.
    type Pool: Executor;

    /// An executor that runs up to `max_workers` tasks at a time, if it can.
    fn pool(max_workers: usize) -> Self::Pool;
}

/// The thread pool.
pub(crate) struct Threads;

impl Factory for Threads {
    type Pool = ThreadPoolExecutor;

    fn pool(max_workers: usize) -> ThreadPoolExecutor {
        ThreadPoolExecutor::builder().max_workers(max_workers).build().expect("valid settings")
    }
}

/// The thread pool behind `Box<dyn Executor>`.
pub(crate) struct Boxed;

impl Factory for Boxed {
    type Pool = Box<dyn Executor>;

    fn pool(max_workers: usize) -> Box<dyn Executor> {
        Box::new(Threads::pool(max_workers))
    }
}

/// The executor that runs tasks in the submitting thread.
pub(crate) struct Inline;

impl Factory for Inline {
    type Pool = InlineExecutor;

    fn pool(_max_workers: usize) -> InlineExecutor {
        InlineExecutor::new()
    }
}

/// The process pool.
pub(crate) struct Processes;

impl Factory for Processes {
    type Pool = ProcessPoolExecutor;

    fn pool(max_workers: usize) -> ProcessPoolExecutor {
        ProcessPoolExecutor::builder().max_workers(max_workers).build().expect("valid settings")
    }
}

/// The executor that encodes and decodes everything.
pub(crate) struct LoopedBack;

impl Factory for LoopedBack {
    type Pool = Loopback;

    fn pool(max_workers: usize) -> Loopback {
        Loopback::new(max_workers)
    }
}
