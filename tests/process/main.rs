//! What only the process pool has: processes that start, die, are killed and are replaced, and values
//! that travel.
//!
//! | what                                                     | file          |
//! |----------------------------------------------------------|---------------|
//! | workers that cannot be started                           | `start.rs`    |
//! | what a worker is, and is not                             | `entry.rs`    |
//! | how many workers there are, and when                     | `life.rs`     |
//! | when they are replaced                                   | `recycling.rs` |
//! | when they are gone                                       | `end.rs`      |
//! | several threads in a worker                              | `threads.rs`  |
//! | tasks that are cancelled                                 | `cancel.rs`   |
//! | tasks that are stopped                                   | `deadline.rs` |
//! | workers that die                                         | `death.rs`    |
//! | pools that break                                         | `broken.rs`   |
//! | values, panics, and those that fail to travel            | `values.rs`   |
//! | large values                                             | `large.rs`    |
//! | shared buffers                                           | `shared.rs`   |
//! | handles inside of values                                 | `handles.rs`  |
//! | signals                                                  | `signals.rs`  |
//! | the death of the pool's process                          | `orphans.rs`  |
//! | programs, arguments and directories of any name          | `paths.rs`    |
//! | what is peculiar to Windows                              | `windows.rs`  |
//! | consoles, of Windows                                     | `console.rs`  |
//! | who gets which task                                      | `window.rs`   |

#![cfg_attr(
    not(target_os = "linux"),
    allow(unused_imports, dead_code, reason = "some tests are for Linux only")
)]

#[path = "../support/mod.rs"]
mod support;

mod backlog;
mod broken;
mod cancel;
#[cfg(windows)]
mod console;
mod deadline;
mod death;
mod end;
mod entry;
#[cfg(target_os = "linux")]
mod handles;
mod large;
mod life;
mod orphans;
mod paths;
mod processes;
mod recycling;
mod shared;
#[cfg(unix)]
mod signals;
mod start;
mod threads;
mod values;
mod window;
#[cfg(windows)]
mod windows;

use concurrent_futures::ProcessPoolExecutor;
use concurrent_futures::process::ProcessPoolBuilder;

/// The settings of a pool of so many workers.
fn builder(max_workers: usize) -> ProcessPoolBuilder {
    ProcessPoolExecutor::builder().max_workers(max_workers)
}

/// A pool of so many workers.
fn pool(max_workers: usize) -> ProcessPoolExecutor {
    builder(max_workers).build().expect("valid settings")
}

/// The worker that a task runs in.
fn pid(_: ()) -> u32 {
    std::process::id()
}

/// What tasks see of the arguments that this program was started with.
///
/// With musl the standard library learns them when `main` is called, where workers of these tests never come.
fn seen_by_tasks(arguments: Vec<String>) -> Vec<String> {
    if cfg!(target_env = "musl") { Vec::new() } else { arguments }
}

/// The end of the worker that this runs in.
fn exit(code: i32) -> u64 {
    std::process::exit(code)
}
