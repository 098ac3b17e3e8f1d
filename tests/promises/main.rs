//! Futures without an executor: completed by a promise, awaited, encoded; and the errors.

#[path = "../support/mod.rs"]
mod support;

mod awaiting;
mod callbacks;
mod completion;
mod errors;
mod panics;
mod portable;
mod scale;
mod watching;
mod wire;

use concurrent_futures::{Executor, InlineExecutor, TaskError};

/// The error of a task that panicked with this message.
fn panicked(message: &str) -> TaskError {
    let fail = |message: String| -> () { panic!("{message}") };
    InlineExecutor::new().submit(fail, message.to_owned()).unwrap().result().unwrap_err()
}
