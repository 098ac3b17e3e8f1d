//! Futures without an executor: completed by a promise, awaited, encoded; and the errors.

#[path = "../support/mod.rs"]
mod support;

mod attachments;
mod awaiting;
mod bulk;
mod callbacks;
mod completion;
mod errors;
mod garbage;
mod home;
mod items;
mod output;
mod panics;
mod portable;
mod remote_map;
mod scale;
mod tray;
mod watching;
mod wire;

use concurrent_futures::{Executor, InlineExecutor, TaskError};

/// The error of a task that panicked with this message.
fn panicked(message: &str) -> TaskError {
    let fail = |message: String| -> () { panic!("{message}") };
    InlineExecutor::new().submit(fail, message.to_owned()).unwrap().result().unwrap_err()
}
