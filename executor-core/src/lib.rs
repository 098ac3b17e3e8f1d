//! The core of `concurrent-futures`: what executors and their users share, without any threads or
//! processes of its own.
//!
//! - [`Executor`]: submit, map, shutdown. Implemented by the pools, and by [`InlineExecutor`] here.
//! - [`Future`], [`SharedFuture`], [`Promise`]: a result that is there later, and its other end.
//! - [`wait()`], [`as_completed()`], [`join_all()`]: several of them at once.
//! - [`Pool`]: `multiprocessing.Pool` over any executor.
//! - [`TaskError`], [`SubmitError`] and others: what can go wrong, as values.
//! - [`task`], [`worker`], [`wire`], [`home`], [`map`]: for writing an executor.
//!
//! # The way of a task
//!
//! | step                              | file               |
//! |-----------------------------------|--------------------|
//! | `submit` makes a task             | `executor.rs`      |
//! | one allocation for both ends      | `cell/`            |
//! | the executor gets one end         | `task.rs`          |
//! | the caller gets the other         | `future.rs`        |
//! | who may do what, and when         | `state.rs`         |
//! | a panic is caught                 | `panics.rs`        |
//! | callbacks run, waiters are told   | `listeners.rs`, `park.rs`, `completion.rs` |
//! | or it crosses to another process  | `wire/`, `remote.rs`, `home.rs` |

mod as_completed;
mod cell;
mod completion;
mod error;
mod executor;
mod future;
pub mod home;
mod id;
mod inline;
mod join_all;
mod listeners;
pub mod map;
mod options;
mod panics;
mod park;
mod pool;
mod promise;
mod remote;
mod shared;
mod shutdown;
mod state;
mod sync;
pub mod task;
mod task_ref;
mod wait;
mod watch;
pub mod wire;
pub mod worker;

#[cfg(all(test, loom))]
mod models;

pub use as_completed::{AsCompleted, AsCompletedTimeout, as_completed, as_completed_timeout};
pub use error::{
    BrokenBarrier, BrokenPool, BrokenQueue, CodecError, Exit, GetError, GetTimeoutError,
    InvalidState, NotFinished, NotJoined, PanicLocation, PanicReport, PortableError, PutError,
    PutTimeoutError, Rejected, StillRunning, SubmitError, TaskError, TooManyDone, TooManyReleases,
    TryGetError, TryPutError, TrySubmitError, Unfinished, WorkerDeath, ZeroParties,
};
pub use executor::{Executor, check_options};
pub use future::{CancelOnDrop, Future};
pub use id::{ExecutorId, FutureId};
pub use inline::InlineExecutor;
pub use join_all::{join_all, join_all_timeout};
pub use map::{Map, MapOptions};
pub use options::{TaskOption, TaskOptions};
pub use pool::{AsyncResult, Callbacks, Imap, JoinError, NotReady, Pool, PoolError};
pub use promise::{Promise, promise};
pub use remote::{Departed, Encoded, RemoteItems, RemoteTask};
pub use shared::SharedFuture;
pub use shutdown::Shutdown;
pub use state::FutureState;
pub use task::Task;
pub use task_ref::TaskRef;
pub use wait::{ReturnWhen, Waited, wait};
pub use watch::Waitable;
pub use wire::Portable;
