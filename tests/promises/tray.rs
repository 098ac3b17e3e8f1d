//! [`Tray`]: an executor that lets the test do the work.

use crate::support::parcel::{Batch, Parcel};
use concurrent_futures::{Executor, Rejected, Shutdown, SubmitError, Task};
use std::sync::Mutex;

/// Keeps what it is given, up to a number of tasks.
pub(crate) struct Tray {
    tasks: Mutex<Vec<Task>>,
    room: usize,
}

impl Tray {
    pub(crate) fn new() -> Self {
        Self::with_room(usize::MAX)
    }

    /// Refuses further tasks as if it had been shut down.
    pub(crate) fn with_room(room: usize) -> Self {
        Self { tasks: Mutex::default(), room }
    }

    /// What it was given, in order.
    pub(crate) fn take(&self) -> Vec<Task> {
        std::mem::take(&mut self.tasks.lock().unwrap())
    }

    /// The same, as the batches of a map.
    pub(crate) fn take_batches(&self) -> Vec<Batch> {
        let pack = |task| match Parcel::pack(task) {
            Ok(Parcel::Batch(batch)) => batch,
            other => panic!("not a batch: {other:?}"),
        };
        self.take().into_iter().map(pack).collect()
    }
}

impl Executor for Tray {
    fn execute(&self, task: Task) -> Result<(), Rejected> {
        let mut tasks = self.tasks.lock().unwrap();
        if tasks.len() == self.room {
            return Err(Rejected::new(task, SubmitError::ShutDown));
        }
        tasks.push(task);
        Ok(())
    }

    fn shutdown(&self, _how: Shutdown) -> bool {
        true
    }

    fn max_workers(&self) -> usize {
        1
    }

    fn is_remote(&self) -> bool {
        true
    }
}
