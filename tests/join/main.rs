//! `ThreadPoolExecutor::join`: work that divides itself, and borrows.

#[path = "../support/mod.rs"]
mod support;

mod ends;
mod halves;
mod panics;
mod pools;
mod trees;

use concurrent_futures::ThreadPoolExecutor;
use support::guarded;

/// A pool of so many threads.
fn pool(max_workers: usize) -> ThreadPoolExecutor {
    ThreadPoolExecutor::builder().max_workers(max_workers).build().expect("valid settings")
}

/// Runs a test on pools of several sizes, in a thread that is no worker and in one that is.
fn everywhere(name: &str, test: impl Fn(&ThreadPoolExecutor) + Sync) {
    guarded(name, || {
        for workers in [1, 2, 10] {
            let pool = pool(workers);
            test(&pool);
            pool.scope(|scope| scope.spawn(|| test(&pool)).unwrap().result().unwrap());
        }
    });
}
