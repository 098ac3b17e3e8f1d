//! The thread pool of `concurrent-futures`, and what its tasks talk through.
//!
//! [`ThreadPoolExecutor`] implements [`Executor`](executor_core::Executor) with threads of this
//! process. Used directly it also takes closures that capture ([`submit`](ThreadPoolExecutor::submit),
//! [`spawn`](ThreadPoolExecutor::spawn), [`map`](ThreadPoolExecutor::map)) and that borrow
//! ([`scope`](ThreadPoolExecutor::scope)), and divides work in two
//! ([`join`](ThreadPoolExecutor::join)). Between threads there are the queues in [`queue`], and in
//! [`sync`] events, semaphores and barriers.
//!
//! # The way of a task
//!
//! | step                                    | file         |
//! |-----------------------------------------|--------------|
//! | `submit` makes a task                   | `pool.rs`    |
//! | is there room?                          | `limit.rs`   |
//! | it is queued, and somebody is woken     | `engine.rs`  |
//! | in which order                          | `backlog.rs` |
//! | who sleeps, and who is woken            | `sleep.rs`   |
//! | a thread takes it and runs it           | `worker.rs`  |
//! | what is counted                         | `stats.rs`   |
//! | half of a `join` becomes one, or not    | `join/`      |

mod backlog;
mod builder;
mod engine;
mod join;
mod limit;
mod park;
mod patience;
mod pool;
mod primitives;
pub mod queue;
mod scope;
mod sleep;
mod stats;
pub mod sync;
mod worker;

#[cfg(all(test, loom))]
mod models;

pub use builder::{BuildError, ThreadPoolBuilder};
pub use pool::ThreadPoolExecutor;
pub use scope::Scope;
pub use stats::Stats;
