//! The processes of `concurrent-futures`: the pool [`ProcessPoolExecutor`], single processes
//! ([`Process`]), and what processes share.
//!
//! | what                                                          | where          |
//! |---------------------------------------------------------------|----------------|
//! | the pool and its settings                                     | `pool.rs`, `builder.rs`, `stats.rs` |
//! | its state, its threads, and who gets which task               | `engine/`      |
//! | what crosses between the processes, and how                   | `transport/`   |
//! | how a worker comes to be                                      | `entry.rs`, `bootstrap/` |
//! | what a worker does                                            | `worker/`      |
//! | processes that run one function                               | `child/`       |
//! | locks, semaphores, events, conditions, barriers               | `sync/`        |
//! | queues, and the messages in shared memory that they are made of | `queue/`, `log/` |
//! | pipes                                                         | `pipe/`        |
//! | memory, arrays and values that processes share                | `memory/`      |
//! | objects in a process of their own, and proxies for them       | `manager/`     |
//! | buffers that are shared instead of sent                       | `shared_bytes.rs` |
//! | what all these handles are made of                            | `shared/`      |
//!
//! The way of a task: `engine/mod.rs`.

mod atomic;
mod bootstrap;
mod builder;
mod child;
mod engine;
mod entry;
mod exit;
#[cfg(all(any(test, fuzzing), target_os = "linux", not(loom)))]
#[doc(hidden)]
pub mod fuzzed;
mod log;
mod manager;
mod memory;
#[cfg(all(test, loom))]
mod models;
mod pipe;
mod pool;
pub mod queue;
mod shared;
mod shared_bytes;
mod stats;
mod sync;
mod transport;
mod worker;

pub use builder::{BuildError, OnWorkerDeath, ProcessPoolBuilder};
pub use child::{
    CloseError, CurrentProcess, IntoExitCode, JoinError, ParentProcess, Process, ProcessBuilder,
    Sentinel, SignalError, StartError, Stream, active_children, current_process, parent_process,
};
pub use entry::init;
pub use manager::{ManagedLockError, Manager, ManagerBuilder, ManagerError, Proxy, Value};
pub use memory::{
    AbandonedMemory, Integer, OutOfRange, RawArray, RawValue, SharedArray, SharedArrayGuard,
    SharedMemory, SharedMemoryError, SharedValue, SharedValueGuard,
};
pub use pipe::{
    Connection, Messages, Pollable, Receiver, RecvError, RecvTimeoutError, SendError,
    SendTimeoutError, Sender, TryRecvError, TrySendError, one_way_pipe, pipe, wait_ready,
};
pub use pool::ProcessPoolExecutor;
pub use queue::{JoinableQueue, Queue, SimpleQueue, TaskGuard};
pub use shared_bytes::SharedBytes;
pub use stats::Stats;
pub use sync::{
    Abandoned, Barrier, BoundedSemaphore, Condition, Event, Lock, LockGuard, Lockable, NotHeld,
    Permit, RLock, RLockGuard, Semaphore, WaitError,
};
