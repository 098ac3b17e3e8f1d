//! Managers: objects in a process of their own, used through proxies by many.
//!
//! | what                                                | file            |
//! |-----------------------------------------------------|-----------------|
//! | dictionaries, lists, sets, values, arrays           | `containers.rs` |
//! | objects of the user's own types                     | `objects.rs`    |
//! | proxies in other processes                          | `sharing.rs`    |
//! | queues, locks, semaphores, events                   | `waiting.rs`    |
//! | how managers begin and end                          | `life.rs`       |
//! | processes killed in the middle, and what is left    | `faults.rs`     |

#![cfg_attr(
    not(target_os = "linux"),
    allow(unused_imports, dead_code, reason = "some tests are for Linux only")
)]

#[path = "../support/mod.rs"]
mod support;

#[path = "../process/processes.rs"]
#[allow(dead_code, reason = "the tests of the process pool use all of it")]
mod processes;

mod containers;
mod faults;
mod life;
mod objects;
mod sharing;
mod waiting;

use concurrent_futures::process::Manager;

fn manager() -> Manager {
    Manager::new().expect("a manager can be started")
}
