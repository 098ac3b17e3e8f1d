//! The claims of `docs/security.md`, as far as they can be tested from outside of the library.
//!
//! | what                                                      | file             |
//! |-----------------------------------------------------------|------------------|
//! | everything in use at once                                 | `in_use.rs`      |
//! | what has a name, and where: sockets, files, modes, owners | `names.rs`       |
//! | what another user can do, and programs that are started   | `others.rs`      |
//! | what travels in the environment and among the arguments   | `environment.rs` |
//! | partners that write anywhere and send anything            | `partners.rs`    |
//! | how much of what a worker says is kept                    | `output.rs`      |
//!
//! Workers that lie, from inside of the library: `executor-process/src/engine/hostile/`.
//!
//! `HOSTILE_ROUNDS` says how many partners of each kind there are (20 if it is not set), and `HOSTILE_SEED` which is
//! the first.

#![cfg(target_os = "linux")]

mod environment;
mod in_use;
mod names;
mod others;
mod output;
mod partners;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::Duration;
use support::{child, watchdog};

/// Runs a test of this program in a process of its own.
fn run_alone(name: &str, limit: Duration) -> Output {
    let mut output = None;
    watchdog::guarded_for(name, limit, || {
        output = Some(child::run(&mut child::program(name)));
    });
    let output = output.expect("the body has run");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(!complaints.contains("panicked at"), "{complaints}");
    output
}

/// Where the tests are that the documents name by this module.
fn file_of(module: &str) -> Option<String> {
    Some(match module {
        "environment" | "names" | "others" | "output" | "partners" => {
            format!("tests/security/{module}.rs")
        }
        "limits" | "places" | "refused" | "signals" => format!("tests/hardship/{module}.rs"),
        "hostile::pool" => "executor-process/src/engine/hostile/pool.rs".to_owned(),
        _ => return None,
    })
}

/// Every test that `docs/security.md` and `docs/robustness.md` name is there.
#[test]
fn the_documents_name_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).expect("it is there");
    let mut found = 0;
    for document in ["docs/security.md", "docs/robustness.md"] {
        let text = read(document);
        for name in text.split('`').skip(1).step_by(2) {
            let Some((module, test)) = name.rsplit_once("::") else { continue };
            let Some(file) = file_of(module).filter(|_| test != "…") else { continue };
            let signature = format!("fn {test}()");
            assert!(read(&file).contains(&signature), "{document} names {name}");
            found += 1;
        }
    }
    assert!(found > 30, "{found}");
}
