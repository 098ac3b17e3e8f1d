//! A pool made by hand: threads that receive boxed tasks from one `crossbeam-channel`.

use super::one_shot;
use crate::contestant::Pool;
use crossbeam_channel::Sender;
use std::thread::JoinHandle;

type Task = Box<dyn FnOnce() + Send>;

/// An unbounded channel of tasks and the threads at its other end.
///
/// Unlike the other pools it does not catch panics, which is to its advantage.
#[derive(Debug)]
pub struct Crossbeam {
    /// `None` only while dropping.
    tasks: Option<Sender<Task>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool for Crossbeam {
    const NAME: &'static str = "crossbeam-channel";
    const CRATE: &'static str = "crossbeam-channel";

    type Handle<R: Send + 'static> = one_shot::Handle<R>;

    fn new(workers: usize) -> Self {
        let (sender, receiver) = crossbeam_channel::unbounded::<Task>();
        let work = |_| {
            let receiver = receiver.clone();
            std::thread::spawn(move || receiver.into_iter().for_each(|task| task()))
        };
        let threads = (0..workers).map(work).collect();
        Self { tasks: Some(sender), threads }
    }

    fn submit<R, F>(&self, task: F) -> Self::Handle<R>
    where
        R: Send + 'static,
        F: FnOnce() -> R + Send + 'static,
    {
        let (task, handle) = one_shot::with_result(task);
        self.forget(task);
        handle
    }

    fn wait<R: Send + 'static>(&self, handle: Self::Handle<R>) -> R {
        one_shot::wait(handle)
    }

    fn forget<F>(&self, task: F)
    where
        F: FnOnce() + Send + 'static,
    {
        let tasks = self.tasks.as_ref().expect("present until dropped");
        tasks.send(Box::new(task)).expect("the threads are there until the pool is dropped");
    }
}

impl Drop for Crossbeam {
    fn drop(&mut self) {
        self.tasks = None;
        for thread in self.threads.drain(..) {
            thread.join().expect("a task of a case does not panic");
        }
    }
}
