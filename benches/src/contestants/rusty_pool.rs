//! `rusty_pool`: `evaluate` and `await_complete`.

use crate::contestant::Pool;
use std::fmt;

/// A `rusty_pool::ThreadPool` whose threads are all core threads.
pub struct RustyPool(rusty_pool::ThreadPool);

impl fmt::Debug for RustyPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RustyPool").field(&self.0.get_name()).finish()
    }
}

impl Pool for RustyPool {
    const NAME: &'static str = "rusty_pool";
    const CRATE: &'static str = "rusty_pool";

    type Handle<R: Send + 'static> = rusty_pool::JoinHandle<R>;

    fn new(workers: usize) -> Self {
        let pool = rusty_pool::Builder::new().core_size(workers).max_size(workers).build();
        pool.start_core_threads();
        Self(pool)
    }

    fn submit<R, F>(&self, task: F) -> Self::Handle<R>
    where
        R: Send + 'static,
        F: FnOnce() -> R + Send + 'static,
    {
        self.0.evaluate(task)
    }

    fn wait<R: Send + 'static>(&self, handle: Self::Handle<R>) -> R {
        handle.await_complete()
    }

    fn forget<F>(&self, task: F)
    where
        F: FnOnce() + Send + 'static,
    {
        self.0.execute(task);
    }
}
