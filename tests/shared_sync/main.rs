//! Locks, semaphores, events, conditions and barriers that threads and processes share.
//!
//! | what                                                     | file            |
//! |----------------------------------------------------------|-----------------|
//! | one at a time, and again by the owner                    | `locks.rs`      |
//! | so many at a time, and counted signals                   | `semaphores.rs` |
//! | a flag                                                   | `event.rs`      |
//! | waiting for something that a lock protects               | `condition.rs`  |
//! | waiting for each other                                   | `barrier.rs`    |
//! | all of them by many processes and threads, with books    | `stress.rs`     |
//! | processes that are killed meanwhile                      | `death.rs`      |
//! | programs that fork                                       | `forks.rs`      |
//! | nothing is left behind                                   | `leaks.rs`      |
//!
//! `SHARED_SYNC_FACTOR` multiplies the operations of `stress.rs` and the kills of `death.rs` (default 1).

#![allow(clippy::needless_pass_by_value, reason = "what a process is given is its own")]
#![cfg_attr(
    not(target_os = "linux"),
    allow(unused_imports, dead_code, reason = "some tests are for Linux only")
)]

#[path = "../support/mod.rs"]
mod support;

mod barrier;
mod condition;
mod death;
mod event;
#[cfg(unix)] // `fork`
mod forks;
#[cfg(target_os = "linux")]
mod leaks;
mod locks;
mod semaphores;
mod stress;

use concurrent_futures::process::{Process, RawArray};
use concurrent_futures::{Exit, ProcessPoolExecutor};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use support::eventually;

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(600);
/// For what must not happen, however long one waits.
const SHORT: Duration = Duration::from_millis(20);

/// A process that has been started. It is killed if the test ends before it.
fn start<A>(f: fn(A), argument: A) -> Process
where
    A: Serialize + DeserializeOwned + Send + 'static,
{
    let process = Process::builder().daemon(true).build(f, argument);
    process.start().expect("a process can be started");
    process
}

/// Waits for the end of processes that end well.
#[track_caller]
fn join(processes: impl IntoIterator<Item = Process>) {
    for process in processes {
        assert_eq!(process.join().expect("it begins"), Exit::Code(0));
    }
}

/// Workers that do one thing at a time.
fn pool(max_workers: usize) -> ProcessPoolExecutor {
    ProcessPoolExecutor::builder().max_workers(max_workers).build().expect("valid settings")
}

fn factor() -> u64 {
    support::setting("SHARED_SYNC_FACTOR").unwrap_or(1)
}

/// Numbers that all processes of a test can change.
type Books = RawArray<u64>;

fn books() -> Books {
    RawArray::new(16).expect("memory")
}

fn read(books: &Books, index: usize) -> u64 {
    books.get(index).expect("there are 16")
}

fn write(books: &Books, index: usize, value: u64) {
    books.set(index, value).expect("there are 16");
}

fn add(books: &Books, index: usize, value: u64) -> u64 {
    books.fetch_add(index, value).expect("there are 16") + value
}

fn subtract(books: &Books, index: usize, value: u64) {
    books.fetch_sub(index, value).expect("there are 16");
}

/// Blocks until there is at least that number.
fn wait_until(books: &Books, index: usize, at_least: u64) {
    eventually("a number to be reached", || read(books, index) >= at_least);
}
