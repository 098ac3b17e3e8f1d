//! `Process`: a function in a process of its own.
//!
//! | what                                                     | file          |
//! |----------------------------------------------------------|---------------|
//! | its states, and what can be asked in each                | `life.rs`     |
//! | who it is, and who its parent is                         | `names.rs`    |
//! | processes that cannot be started, or cannot begin        | `start.rs`    |
//! | how it ends                                              | `exits.rs`    |
//! | what it is given, and what it is not                     | `inherits.rs` |
//! | standard input, output and error                         | `streams.rs`  |
//! | how the program ends that has started it                 | `ends.rs`     |
//! | nothing is left behind, however many are killed          | `leaks.rs`    |

#![cfg_attr(
    not(target_os = "linux"),
    allow(unused_imports, dead_code, reason = "some tests are for Linux only")
)]
#![allow(clippy::needless_pass_by_value, reason = "what a process is given is its own")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../process/processes.rs"]
#[allow(dead_code, reason = "the tests of the process pool use all of it")]
mod processes;

mod ends;
mod exits;
mod inherits;
mod leaks;
mod life;
mod names;
mod start;
mod streams;

use concurrent_futures::Exit;
use concurrent_futures::process::{IntoExitCode, Process};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use support::{Gate, Journal};

/// Where a program and the test that started it meet.
const DIRECTORY: &str = "TEST_DIRECTORY";

fn meeting_place() -> PathBuf {
    std::env::var_os(DIRECTORY).expect("set by the test").into()
}

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

/// Runs a function in a process to its end.
fn run<A, R>(f: fn(A) -> R, argument: A) -> Exit
where
    A: Serialize + DeserializeOwned + Send + 'static,
    R: IntoExitCode + 'static,
{
    start(f, argument).join().expect("it begins")
}

fn nothing(_: ()) {}

fn sleep(_: ()) {
    loop {
        std::thread::park();
    }
}

fn hold(gate: Gate) {
    gate.wait_open();
}

/// Writes down the process it runs in, and stays.
fn write_down_and_sleep(journal: Journal) {
    journal.append(std::process::id());
    sleep(());
}

/// The same, but never rests.
fn write_down_and_spin(journal: Journal) {
    journal.append(std::process::id());
    loop {
        std::hint::spin_loop();
    }
}
