//! Ours: `ThreadPoolExecutor`.

use crate::cases::nested::children;
use crate::contestant::{Pool, Role};
use executor_core::Future;
use executor_thread::ThreadPoolExecutor;
use std::sync::Arc;

/// The pool, shared so that tasks can submit tasks.
#[derive(Debug)]
pub struct Ours(Arc<ThreadPoolExecutor>);

impl Pool for Ours {
    const NAME: &'static str = "ours";
    const CRATE: &'static str = "executor-thread";
    const ROLE: Role = Role::Ours;

    type Handle<R: Send + 'static> = Future<R>;

    fn new(workers: usize) -> Self {
        let pool = ThreadPoolExecutor::builder().max_workers(workers).build();
        Self(Arc::new(pool.expect("the settings make sense")))
    }

    fn submit<R, F>(&self, task: F) -> Self::Handle<R>
    where
        R: Send + 'static,
        F: FnOnce() -> R + Send + 'static,
    {
        self.0.spawn(task).expect("the pool is not shut down")
    }

    fn wait<R: Send + 'static>(&self, handle: Self::Handle<R>) -> R {
        handle.result().expect("a task of a case does not panic")
    }

    fn forget<F>(&self, task: F)
    where
        F: FnOnce() + Send + 'static,
    {
        self.0.spawn_detached(task).expect("the pool is not shut down");
    }

    fn map<F>(&self, items: Vec<u64>, f: F) -> Option<Vec<u64>>
    where
        F: Fn(u64) -> u64 + Send + Sync + 'static,
    {
        let results = self.0.map(f, items).expect("the pool is not shut down");
        Some(results.into_vec().expect("an item of a case does not panic"))
    }

    fn tree(&self, nodes: u64) -> Option<u64> {
        let pool = Arc::clone(&self.0);
        Some(self.wait(self.submit(move || count(&pool, nodes))))
    }

    fn divide(&self, nodes: u64) -> Option<u64> {
        Some(divide(&self.0, nodes))
    }
}

/// The two halves by `join`.
fn divide(pool: &ThreadPoolExecutor, nodes: u64) -> u64 {
    match children(nodes) {
        [0, 0] => 1,
        [0, nodes] | [nodes, 0] => 1 + divide(pool, nodes),
        [left, right] => {
            let (left, right) = pool.join(|| divide(pool, left), || divide(pool, right));
            1 + left + right
        }
    }
}

/// A task per child, both submitted before either is waited for.
fn count(pool: &Arc<ThreadPoolExecutor>, nodes: u64) -> u64 {
    let submit = |nodes| {
        let shared = Arc::clone(pool);
        pool.spawn(move || count(&shared, nodes)).expect("the pool is not shut down")
    };
    let below = children(nodes).map(|nodes| (nodes > 0).then(|| submit(nodes)));
    let results = below.into_iter().flatten().map(Future::result);
    1 + results.sum::<Result<u64, _>>().expect("a task of a case does not panic")
}
