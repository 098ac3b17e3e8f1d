//! `threadpool`: `execute`, and a one-shot channel for the result.

use super::one_shot;
use crate::contestant::Pool;

/// A `threadpool::ThreadPool`.
#[derive(Debug)]
pub struct Threadpool(threadpool::ThreadPool);

impl Pool for Threadpool {
    const NAME: &'static str = "threadpool";
    const CRATE: &'static str = "threadpool";

    type Handle<R: Send + 'static> = one_shot::Handle<R>;

    fn new(workers: usize) -> Self {
        Self(threadpool::ThreadPool::new(workers))
    }

    fn submit<R, F>(&self, task: F) -> Self::Handle<R>
    where
        R: Send + 'static,
        F: FnOnce() -> R + Send + 'static,
    {
        let (task, handle) = one_shot::with_result(task);
        self.0.execute(task);
        handle
    }

    fn wait<R: Send + 'static>(&self, handle: Self::Handle<R>) -> R {
        one_shot::wait(handle)
    }

    fn forget<F>(&self, task: F)
    where
        F: FnOnce() + Send + 'static,
    {
        self.0.execute(task);
    }
}
