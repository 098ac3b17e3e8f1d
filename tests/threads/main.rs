//! What only the thread pool has: closures that capture, threads to count, tasks that wait for tasks.

#![cfg_attr(
    not(target_os = "linux"),
    allow(unused_imports, dead_code, reason = "some tests are for Linux only")
)]

#[path = "../support/mod.rs"]
mod support;

mod broken;
mod destructors;
mod limits;
mod maps;
mod nesting;
mod options;
mod reentrancy;
mod release;
mod scope;
mod shutdown;
mod workers;

use concurrent_futures::ThreadPoolExecutor;

/// A pool of so many threads.
fn pool(max_workers: usize) -> ThreadPoolExecutor {
    ThreadPoolExecutor::builder().max_workers(max_workers).build().expect("valid settings")
}
