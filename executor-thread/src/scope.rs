//! Tasks that borrow: [`Scope`].

use crate::pool::ThreadPoolExecutor;
use executor_core::{Executor, Future, Rejected, SubmitError, Task, TaskRef};
use parking_lot::Mutex;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Submits tasks that may borrow what lives longer than the scope. Given to the closure of
/// [`ThreadPoolExecutor::scope`].
pub struct Scope<'scope, 'env: 'scope> {
    pool: &'env ThreadPoolExecutor,
    tasks: Mutex<Tasks>,
    /// Invariant in both lifetimes, as `std::thread::Scope` is.
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

/// The tasks to wait for; those that are over are cleared out whenever the list has doubled.
#[derive(Default)]
struct Tasks {
    list: Vec<TaskRef>,
    clear_at: usize,
}

impl<'scope> Scope<'scope, '_> {
    /// Submits a closure that may borrow from outside the scope, and may submit more to it.
    ///
    /// The future can be dropped, and the task is waited for all the same. A panic of the task is in
    /// its future, as everywhere.
    ///
    /// # Errors
    ///
    /// As for [`ThreadPoolExecutor::submit`]; the closure is then dropped.
    pub fn spawn<F, R>(&'scope self, f: F) -> Result<Future<R>, SubmitError>
    where
        F: FnOnce() -> R + Send + 'scope,
        R: Send + 'scope,
    {
        // SAFETY: `run_scope` does not return, normally or by unwinding, before every task on the
        // list is over, and this one is put on it before it can run. What it borrows outlives
        // 'scope, and so that moment.
        let (task, future) = unsafe { Task::new_scoped(f) };
        self.add(task.reference());
        match self.pool.execute(task) {
            Ok(()) => Ok(future),
            Err(Rejected { reason, .. }) => Err(reason),
        }
    }

    fn add(&self, task: TaskRef) {
        let mut tasks = self.tasks.lock();
        if tasks.list.len() >= tasks.clear_at {
            tasks.list.retain(|task| !task.is_over());
            tasks.clear_at = (2 * tasks.list.len()).max(64);
        }
        tasks.list.push(task);
    }

    /// Waits until every task is over, those included that other tasks submit meanwhile.
    fn wait_all(&self) {
        loop {
            let tasks = std::mem::take(&mut self.tasks.lock().list);
            if tasks.is_empty() {
                return;
            }
            tasks.iter().for_each(TaskRef::wait);
        }
    }
}

pub(crate) fn run_scope<'env, F, T>(pool: &'env ThreadPoolExecutor, f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let tasks = Mutex::new(Tasks::default());
    let scope = Scope { pool, tasks, scope: PhantomData, env: PhantomData };
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    scope.wait_all();
    result.unwrap_or_else(|payload| resume_unwind(payload))
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("pool", &self.pool).finish_non_exhaustive()
    }
}
