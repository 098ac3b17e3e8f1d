//! [`InlineExecutor`]: the simplest executor there is, and the pattern for writing another.

use crate::error::{Rejected, SubmitError};
use crate::executor::Executor;
use crate::shutdown::Shutdown;
use crate::task::Task;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs every task at once, in the thread that submits it.
///
/// For debugging (a stack trace shows the submitter), for tests that want no concurrency, and where
/// a program takes a `Box<dyn Executor>` and the user asked for no workers at all. A future it
/// returns is always done.
///
/// ```
/// use executor_core::{Executor, InlineExecutor};
///
/// let pool: Box<dyn Executor> = Box::new(InlineExecutor::new());
/// let squares: Result<Vec<u32>, _> = pool.map(|x| x * x, 1..=3)?.collect();
/// assert_eq!(squares?, [1, 4, 9]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct InlineExecutor {
    shut_down: AtomicBool,
}

impl InlineExecutor {
    /// An executor with no workers of its own.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Executor for InlineExecutor {
    fn execute(&self, task: Task) -> Result<(), Rejected> {
        if self.shut_down.load(Ordering::Acquire) {
            return Err(Rejected::new(task, SubmitError::ShutDown));
        }
        task.run();
        Ok(())
    }

    fn shutdown(&self, _how: Shutdown) -> bool {
        self.shut_down.store(true, Ordering::Release);
        true
    }

    fn max_workers(&self) -> usize {
        1
    }
}
