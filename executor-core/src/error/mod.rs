//! Every error of the crate, named by the operation that returns it.
//!
//! - [`TaskError`]: why a future has no value.
//! - [`SubmitError`], [`TrySubmitError`], [`Rejected`]: why a task was not accepted.
//! - [`StillRunning`], [`NotFinished`], [`Unfinished`]: a wait whose time has passed.
//! - [`InvalidState`]: a second completion of a promise.
//! - [`PortableError`]: the error for the user's own tasks that return `Result`.

mod panic;
mod portable;
mod submit;
mod task;
mod wait;

pub use panic::{PanicLocation, PanicReport};
pub use portable::PortableError;
pub use submit::{Rejected, SubmitError, TrySubmitError};
pub use task::{BrokenPool, CodecError, Exit, TaskError, WorkerDeath};
pub use wait::{InvalidState, NotFinished, StillRunning, Unfinished};
