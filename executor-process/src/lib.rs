//! The process pool of `concurrent-futures`: [`ProcessPoolExecutor`], and what goes with it.
//!
//! | what                                                          | where          |
//! |---------------------------------------------------------------|----------------|
//! | the pool and its settings                                     | `pool.rs`, `builder.rs`, `stats.rs` |
//! | its state, its threads, and who gets which task               | `engine/`      |
//! | what crosses between the processes, and how                   | `transport/`   |
//! | how a worker comes to be                                      | `entry.rs`, `bootstrap/` |
//! | what a worker does                                            | `worker/`      |
//! | buffers that are shared instead of sent                       | `shared_bytes.rs` |
//!
//! The way of a task: `engine/mod.rs`.

mod atomic;
mod bootstrap;
mod builder;
mod engine;
mod entry;
#[cfg(all(test, loom))]
mod models;
mod pool;
#[cfg(unix)]
mod shared;
mod shared_bytes;
mod stats;
mod transport;
mod worker;

pub use builder::{BuildError, OnWorkerDeath, ProcessPoolBuilder};
pub use entry::init;
pub use pool::ProcessPoolExecutor;
pub use shared_bytes::SharedBytes;
pub use stats::Stats;
