//! Process pools at the limits of the system, and what is left behind of them: nothing.
//!
//! | what                                              | file            |
//! |---------------------------------------------------|-----------------|
//! | what a process holds                              | `holdings.rs`   |
//! | many tasks, many pools, many threads              | `many.rs`       |
//! | descriptors, memory and processes that are refused | `refused.rs`   |
//! | pools in workers, tasks that make tasks           | `nested.rs`     |
//! | pools that have nothing to do                     | `idle.rs`       |
//!
//! Limits and leaks are those of a process, so every test of them runs in a process of its own: a test
//! starts this program again with the name of the test that plays the part of `main`.
//!
//! `LIMITS_FACTOR` sets how many rounds some tests make (default 1; the soak run in `ci/soak.sh` uses
//! more).

#![cfg(target_os = "linux")]

mod holdings;
mod idle;
mod many;
mod nested;
mod refused;
#[path = "../support/mod.rs"]
mod support;

use std::process::Output;
use std::time::Duration;
use support::{Scratch, child, watchdog};

/// How many rounds to make.
fn factor() -> usize {
    support::setting("LIMITS_FACTOR").unwrap_or(1) as usize
}

/// Runs a test of this program in a process of its own, with a directory for temporary files of its
/// own, which must be empty afterwards.
fn run_alone(name: &str) -> Output {
    let scratch = Scratch::new();
    let mut output = None;
    let limit = Duration::from_secs(120) * factor() as u32;
    watchdog::guarded_for(name, limit, || {
        output = Some(child::run(child::program(name).env("TMPDIR", scratch.path())));
    });
    let left = std::fs::read_dir(scratch.path()).expect("it is ours").count();
    assert_eq!(left, 0, "there are files left");
    output.expect("the body has run")
}

/// A test, and the program that it runs in a process of its own.
macro_rules! alone {
    ($($(#[$attribute:meta])* $test:ident runs $program:ident)*) => {$(
        $(#[$attribute])*
        #[test]
        fn $test() {
            let path = concat!(module_path!(), "::", stringify!($program));
            let (_, name) = path.split_once("::").expect("a module of this program");
            crate::run_alone(name);
        }
    )*};
}
pub(crate) use alone;
