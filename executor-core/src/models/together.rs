//! A map whose results come together: the last of several threads hands them over.

use super::{counted, explore};
use crate::executor::Executor;
use crate::map::{Helper, together};
use crate::wire::Call;
use crate::{ExecutorId, Future, MapOptions, Rejected, Shutdown, Task, TaskError};
use loom::thread;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

/// Gives the runners of a map to whoever asks.
struct Waiting(ExecutorId, Mutex<Vec<Task>>);

impl Executor for Waiting {
    fn execute(&self, task: Task) -> Result<(), Rejected> {
        task.set_home(self.0);
        self.1.lock().unwrap().push(task);
        Ok(())
    }

    fn shutdown(&self, _how: Shutdown) -> bool {
        true
    }

    fn max_workers(&self) -> usize {
        2
    }
}

/// A map of two items, and its two runners.
///
/// The helper keeps the job, whose count of references loom does not see, until all threads have been
/// joined.
fn map(
    body: impl Fn(usize) -> usize + Send + Sync + 'static,
) -> (Future<Vec<usize>>, Helper, [Task; 2]) {
    let executor = Waiting(ExecutorId::next(), Mutex::default());
    let call = Call::new(|item: usize| item); // not used: nothing leaves the process
    let (future, helper) = together(&executor, body, call, vec![0, 1], MapOptions::new()).unwrap();
    let mut runners = executor.1.into_inner().unwrap().into_iter();
    (future, helper.unwrap(), [runners.next().unwrap(), runners.next().unwrap()])
}

#[test]
fn together_is_complete() {
    explore("together_is_complete", || {
        let (body, drops) = counted();
        let body = Arc::new(body);
        let (future, helper, [first, second]) = map(move |item| {
            let _body = &body;
            item * 10
        });
        let worker = thread::spawn(move || first.run());
        second.run();
        assert_eq!(future.result(), Ok(vec![0, 10]));
        worker.join().unwrap();
        drop(helper);
        assert_eq!(drops.load(SeqCst), 1);
    });
}

#[test]
fn together_races_with_cancel() {
    explore("together_races_with_cancel", || {
        let (future, helper, [first, second]) = map(|item| item * 10);
        let worker = thread::spawn(move || first.run());
        second.cancel();
        let outcome = future.result();
        assert!(outcome == Ok(vec![0, 10]) || outcome == Err(TaskError::Cancelled));
        worker.join().unwrap();
        drop(helper);
    });
}
