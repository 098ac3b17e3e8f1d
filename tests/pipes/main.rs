//! Pipes between processes.
//!
//! | what                                                     | file          |
//! |----------------------------------------------------------|---------------|
//! | messages arrive, whole and in order                      | `talk.rs`     |
//! | the ends, and what there is when they are gone           | `ends.rs`     |
//! | waiting for messages, and for several things             | `ready.rs`    |
//! | pipes that are full, messages that cannot travel         | `refused.rs`  |
//! | ends that travel                                         | `travel.rs`   |
//! | processes that are killed                                | `kills.rs`    |
//! | signals                                                  | `signals.rs`  |
//! | descriptors, of which none is left behind                | `leaks.rs`    |

#![allow(clippy::needless_pass_by_value, reason = "what a process runs owns its argument")]
#![cfg_attr(
    not(target_os = "linux"),
    allow(unused_imports, dead_code, reason = "some tests are for Linux only")
)]

#[path = "../support/mod.rs"]
mod support;

mod ends;
mod kills;
#[cfg(target_os = "linux")] // counts descriptors
mod leaks;
mod ready;
mod refused;
#[cfg(unix)]
mod signals;
mod talk;
mod travel;

use concurrent_futures::process::{Connection, IntoExitCode, Process};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;

/// A process that has been started.
fn start<A, R>(f: fn(A) -> R, argument: A) -> Process
where
    A: Serialize + DeserializeOwned + Send + 'static,
    R: IntoExitCode + 'static,
{
    let process = Process::new(f, argument);
    process.start().expect("a process can be started");
    process
}

/// Waits for it, and looks whether it ended well.
fn join(process: &Process) {
    assert!(process.join().expect("it was started").is_success());
}

/// Sends everything back until the end of the file.
fn echo<T>(connection: Connection<T, T>) -> io::Result<()>
where
    T: Serialize + DeserializeOwned + Send + 'static,
{
    for message in &connection {
        connection.send(message?)?;
    }
    Ok(())
}

/// Bytes that are all over the place.
fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}
