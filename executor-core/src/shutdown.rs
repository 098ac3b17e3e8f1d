//! [`Shutdown`]: how an executor is to end.

use std::time::Duration;

/// How to shut an executor down: what becomes of pending tasks, and how long to wait.
///
/// Python's `shutdown(wait=..., cancel_futures=...)`, and a time limit, which Python lacks.
///
/// | Python                                     | here                                     |
/// |--------------------------------------------|------------------------------------------|
/// | `shutdown()`                               | `Shutdown::wait()`                       |
/// | `shutdown(wait=False)`                     | `Shutdown::no_wait()`                    |
/// | `shutdown(cancel_futures=True)`            | `Shutdown::wait().cancel_pending()`      |
/// | not there                                  | `Shutdown::wait_at_most(limit)`          |
/// | `multiprocessing.Pool.terminate()`         | `Shutdown::wait().kill_running()`        |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shutdown {
    /// `None` waits for as long as it takes.
    limit: Option<Duration>,
    cancel_pending: bool,
    kill_running: bool,
}

impl Shutdown {
    /// Wait until every accepted task has ended and every worker is gone.
    pub fn wait() -> Self {
        Self { limit: None, cancel_pending: false, kill_running: false }
    }

    /// Return at once; accepted tasks still run, then the workers end by themselves.
    pub fn no_wait() -> Self {
        Self::wait_at_most(Duration::ZERO)
    }

    /// Wait, but for no longer than `limit`; what is not finished then goes on by itself.
    pub fn wait_at_most(limit: Duration) -> Self {
        Self { limit: Some(limit), cancel_pending: false, kill_running: false }
    }

    /// And cancel the tasks that have not been started.
    #[must_use]
    pub fn cancel_pending(mut self) -> Self {
        self.cancel_pending = true;
        self
    }

    /// And stop the tasks that are running, besides cancelling the others.
    ///
    /// Tasks in processes fail with [`TaskError::Killed`](crate::TaskError::Killed). Threads cannot be
    /// stopped: an executor with threads does as for [`cancel_pending`](Self::cancel_pending).
    #[must_use]
    pub fn kill_running(mut self) -> Self {
        self.kill_running = true;
        self.cancel_pending()
    }

    /// How long to wait; `None` is for as long as it takes.
    pub fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// Whether pending tasks are to be cancelled.
    pub fn cancels_pending(&self) -> bool {
        self.cancel_pending
    }

    /// Whether running tasks are to be stopped.
    pub fn kills_running(&self) -> bool {
        self.kill_running
    }
}

/// [`Shutdown::wait`], as in Python.
impl Default for Shutdown {
    fn default() -> Self {
        Self::wait()
    }
}
