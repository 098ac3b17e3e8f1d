//! [`TaskRef`]: an untyped reference to a task.

use crate::cell::RawTask;
use crate::id::FutureId;
use crate::state::{self, CANCELLED, DONE, FutureState};
use crate::task::debug;
use std::fmt;
use std::time::{Duration, Instant};

/// An untyped reference to a task: its state, its cancellation and its end, but not its value.
///
/// Cheap to clone, and it keeps neither the task's value nor its arguments alive. With it, futures
/// of different result types can be watched together by [`wait`](fn@crate::wait) and
/// [`as_completed`](fn@crate::as_completed).
pub struct TaskRef(RawTask);

impl TaskRef {
    pub(crate) fn from_raw(raw: RawTask) -> Self {
        Self(raw.add_ref())
    }

    pub(crate) fn raw(&self) -> RawTask {
        self.0
    }

    /// The identity that the future for this task shows.
    pub fn id(&self) -> FutureId {
        self.0.id()
    }

    /// Where the task is in its life.
    pub fn state(&self) -> FutureState {
        FutureState::of(self.0.look())
    }

    /// Whether the outcome is fixed. See [`Future::done`](crate::Future::done).
    pub fn done(&self) -> bool {
        state::is_settled(self.0.load())
    }

    /// Whether the task is done and its callbacks have run: [`wait`](Self::wait) returns at once.
    pub fn is_over(&self) -> bool {
        state::phase(self.0.load()) == DONE
    }

    /// Whether the task is being run. See [`Future::running`](crate::Future::running).
    pub fn running(&self) -> bool {
        self.state() == FutureState::Running
    }

    /// Whether the task was cancelled. See [`Future::cancelled`](crate::Future::cancelled).
    pub fn cancelled(&self) -> bool {
        self.0.load() & CANCELLED != 0
    }

    /// Cancels the task if nobody has started it. See [`Future::cancel`](crate::Future::cancel).
    pub fn cancel(&self) -> bool {
        self.0.cancel()
    }

    /// Stops the task if it can be stopped. See [`Future::kill`](crate::Future::kill).
    pub fn kill(&self) -> bool {
        self.0.cancel() || self.0.kill()
    }

    /// Blocks until the task is over. See [`Future::wait`](crate::Future::wait).
    pub fn wait(&self) {
        self.0.wait(None);
    }

    /// Blocks until the task is over or `timeout` has passed; says whether it is over.
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.0.wait(Instant::now().checked_add(timeout))
    }
}

impl Clone for TaskRef {
    fn clone(&self) -> Self {
        Self(self.0.add_ref())
    }
}

impl Drop for TaskRef {
    fn drop(&mut self) {
        self.0.drop_ref();
    }
}

impl fmt::Debug for TaskRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug("TaskRef", self.0, f)
    }
}
