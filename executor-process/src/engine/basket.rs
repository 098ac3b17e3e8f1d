//! [`Basket`]: an executor that keeps its tasks, for tests of the pool's books without a pool.

use super::entry::{Entry, Payload, Work};
use crate::transport::depot::Packed;
use executor_core::wire::write_to;
use executor_core::{Departed, Executor, Rejected, Shutdown, Task};
use std::sync::{Mutex, PoisonError};

#[derive(Default)]
pub(super) struct Basket(Mutex<Vec<Task>>);

impl Executor for Basket {
    fn execute(&self, task: Task) -> Result<(), Rejected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(task);
        Ok(())
    }

    fn shutdown(&self, _: Shutdown) -> bool {
        true
    }

    fn max_workers(&self) -> usize {
        1
    }

    fn is_remote(&self) -> bool {
        true
    }
}

impl Basket {
    /// What was submitted since the last call, as a pool would hold it. Nobody else knows where it is.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let tasks = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.into_iter().map(entry).collect()
    }
}

fn entry(task: Task) -> Entry {
    let mut bytes = Vec::new();
    let encoded = write_to(&mut bytes, |output| task.encode(output)).expect("it is portable");
    let work = match encoded.departed {
        Departed::One(task) => Work::One(task),
        Departed::Many(items) => Work::Many(items),
    };
    let payload = Payload::new(Packed::Small(&bytes));
    Entry { work, payload, function: 1, trampoline: 1, turn: 0, extra: None }
}
