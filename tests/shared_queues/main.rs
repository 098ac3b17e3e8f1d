//! `Queue`, `JoinableQueue` and `SimpleQueue`: queues between processes.
//!
//! | what                                                     | file          |
//! |----------------------------------------------------------|---------------|
//! | the methods and the errors, in one process               | `methods.rs`  |
//! | items and handles that go from process to process        | `travel.rs`   |
//! | waiting until everything is marked done                  | `joining.rs`  |
//! | many processes and threads at once                       | `stress.rs`   |
//! | processes that are killed while they use a queue         | `kills.rs`    |

#![allow(clippy::needless_pass_by_value, reason = "what a process is given is its own")]
#![cfg_attr(
    not(target_os = "linux"),
    allow(unused_imports, dead_code, reason = "some tests are for Linux only")
)]

#[path = "../support/mod.rs"]
mod support;

mod joining;
mod kills;
mod methods;
mod stress;
mod travel;

use concurrent_futures::Exit;
use concurrent_futures::process::Process;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A process that has been started.
fn start<A>(f: fn(A), argument: A) -> Process
where
    A: Serialize + DeserializeOwned + Send + 'static,
{
    let process = Process::new(f, argument);
    process.start().expect("a process can be started");
    process
}

/// Waits for a process, which must have ended well.
fn end(process: &Process) {
    assert_eq!(process.join().expect("it begins"), Exit::Code(0));
}
