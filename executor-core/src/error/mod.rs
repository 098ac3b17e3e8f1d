//! Every error of the crate, named by the operation that returns it.
//!
//! - [`TaskError`]: why a future has no value.
//! - [`SubmitError`], [`TrySubmitError`], [`Rejected`]: why a task was not accepted.
//! - [`StillRunning`], [`NotFinished`], [`Unfinished`]: a wait whose time has passed.
//! - [`InvalidState`]: a second completion of a promise.
//! - [`PutError`], [`GetError`] and their kin: what a queue does not do.
//! - [`TooManyReleases`], [`BrokenBarrier`]: what goes wrong with semaphores and barriers.
//! - [`PortableError`]: the error for the user's own tasks that return `Result`.

mod panic;
mod portable;
mod queue;
mod submit;
mod synchronisation;
mod task;
mod wait;

pub use panic::{PanicLocation, PanicReport};
pub use portable::PortableError;
pub use queue::{
    BrokenQueue, GetError, GetTimeoutError, NotJoined, PutError, PutTimeoutError, TooManyDone,
    TryGetError, TryPutError,
};
pub use submit::{Rejected, SubmitError, TrySubmitError};
pub use synchronisation::{BrokenBarrier, TooManyReleases, ZeroParties};
pub use task::{BrokenPool, CodecError, Exit, TaskError, WorkerDeath};
pub use wait::{InvalidState, NotFinished, StillRunning, Unfinished};
