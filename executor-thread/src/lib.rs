//! The thread pool of `concurrent-futures`.
//!
//! [`ThreadPoolExecutor`] implements [`Executor`](executor_core::Executor) with threads of this
//! process. Used directly it also takes closures that capture ([`submit`](ThreadPoolExecutor::submit),
//! [`spawn`](ThreadPoolExecutor::spawn), [`map`](ThreadPoolExecutor::map)) and that borrow
//! ([`scope`](ThreadPoolExecutor::scope)).
//!
//! # The way of a task
//!
//! | step                                    | file        |
//! |-----------------------------------------|-------------|
//! | `submit` makes a task                   | `pool.rs`   |
//! | is there room?                          | `limit.rs`  |
//! | it is queued, and somebody is woken     | `engine.rs` |
//! | in which order                          | `queue.rs`  |
//! | who sleeps, and who is woken            | `sleep.rs`  |
//! | a thread takes it and runs it           | `worker.rs` |
//! | what is counted                         | `stats.rs`  |

mod builder;
mod engine;
mod limit;
mod pool;
mod queue;
mod scope;
mod sleep;
mod stats;
mod sync;
mod worker;

#[cfg(all(test, loom))]
mod models;

pub use builder::{BuildError, ThreadPoolBuilder};
pub use pool::ThreadPoolExecutor;
pub use scope::Scope;
pub use stats::Stats;
