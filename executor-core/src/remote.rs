//! [`RemoteTask`]: what stays of a task here while it runs in another process.

use crate::cell::RawTask;
use crate::error::TaskError;
use crate::id::FutureId;
use crate::options::TaskOptions;
use crate::state::{self, CANCELLED, FAILED, RUNNING};
use crate::task::debug;
use std::fmt;
use std::mem::ManuallyDrop;

/// A task whose argument has been encoded: what stays here while it runs in another process.
///
/// Dropping it without completing it fails the future with [`TaskError::Abandoned`].
pub struct RemoteTask(pub(crate) RawTask);

impl RemoteTask {
    /// The identity that the future for this task shows.
    pub fn id(&self) -> FutureId {
        self.0.id()
    }

    /// The options it was submitted with, if any.
    pub fn options(&self) -> Option<&TaskOptions> {
        self.0.options()
    }

    /// Whether the future was cancelled, so that the work need not be done.
    pub fn is_cancelled(&self) -> bool {
        self.0.load() & CANCELLED != 0
    }

    /// Notes that a worker has started the task: it shows as running and cannot be cancelled.
    ///
    /// `false` if it was cancelled before; the outcome, if one arrives, is of no interest then.
    pub fn start(&self) -> bool {
        self.0.try_start() || state::phase(self.0.load()) == RUNNING
    }

    /// Notes that the worker which had started the task is gone and it will be started anew.
    pub fn unstart(&self) {
        if state::phase(self.0.load()) == RUNNING {
            self.0.unlock_body();
        }
    }

    /// Decodes the outcome that [`Call::run`](crate::wire::Call::run) wrote, and completes the future.
    ///
    /// Bytes that do not decode become the future's error.
    pub fn complete(self, outcome: &[u8]) {
        if self.start() {
            let raw = ManuallyDrop::new(self).0;
            let flags = if raw.store_encoded(outcome) { 0 } else { FAILED };
            raw.finish(true, flags);
        }
    }

    /// Completes the future with an error, unless it was cancelled before.
    pub fn fail(self, error: TaskError) {
        if self.start() {
            let raw = ManuallyDrop::new(self).0;
            raw.store_error(error);
            raw.finish(true, FAILED);
        }
    }
}

impl Drop for RemoteTask {
    fn drop(&mut self) {
        if self.start() {
            self.0.store_error(TaskError::Abandoned);
            self.0.finish(false, FAILED);
        }
        self.0.drop_ref();
    }
}

impl fmt::Debug for RemoteTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug("RemoteTask", self.0, f)
    }
}
