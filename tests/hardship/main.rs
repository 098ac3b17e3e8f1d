//! Everything, in bad times: what the system refuses is an error or is done without, and nothing hangs or aborts.
//!
//! | what                                                          | file            |
//! |---------------------------------------------------------------|-----------------|
//! | one use of each thing that there is                           | `everything.rs` |
//! | few descriptors, little memory                                | `limits.rs`     |
//! | no more threads, no more processes                            | `refused.rs`    |
//! | no room in `/dev/shm` and for temporary files, directories that cannot be written or are not there, no `/proc` | `places.rs` |
//! | a signal at every moment, for every thread                    | `signals.rs`    |
//! | a program that is built with `panic = "abort"`                | `aborting.rs`, run by `ci/hardship.sh` |
//!
//! The process pool at such limits: `tests/process_limits`. What each of these means for a program:
//! `docs/robustness.md`.
//!
//! Every test runs in a process of its own, which it starts as this program with the name of the test that plays
//! the part of `main`. That prints a line for each thing: that it works, or why it does not.
//!
//! `HARDSHIP_FACTOR` multiplies the rounds (1 if it is not set).

#![cfg(target_os = "linux")]

mod everything;
mod limits;
mod places;
mod refused;
mod signals;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::time::Duration;
use support::{child, watchdog};

/// How many rounds to make.
fn factor() -> u64 {
    support::setting("HARDSHIP_FACTOR").unwrap_or(1)
}

/// What became of each thing: nothing, or the error, by its name.
type Report = BTreeMap<String, Option<String>>;

/// Runs a program, and reads what it has printed of each thing.
///
/// Whatever does not work must say why. A panic, of a test or of the library, is no reason.
fn report_of(program: &mut Command) -> Report {
    let output = output_of(|| child::run(program));
    let report = read(&output);
    assert_eq!(report.len(), everything::THINGS.len(), "all of them end");
    report
}

/// The same of a program that has too little memory. `None` if that was too little for the standard library or glibc,
/// which abort then, in whatever they were doing: for an allocation, for the signal stack of a thread that has begun, or for
/// noting what is to be dropped with a thread.
fn report_of_poor(program: &mut Command) -> Option<Report> {
    let output = output_of(|| program.output().expect("this program starts"));
    if output.status.success() {
        let report = read(&output);
        assert_eq!(report.len(), everything::THINGS.len(), "all of them end");
        return Some(report);
    }
    let complaints = String::from_utf8_lossy(&output.stderr);
    let of_others = [
        "memory allocation of ",
        "failed to allocate an alternative stack",
        "Fatal glibc error: failed to register TLS destructor: out of memory",
    ];
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{complaints}");
    assert!(of_others.iter().any(|part| complaints.contains(part)), "{complaints}");
    None
}

fn output_of(run: impl FnOnce() -> Output) -> Output {
    let mut output = None;
    watchdog::guarded_for("a program in bad times", Duration::from_secs(120), || {
        output = Some(run());
    });
    output.expect("the body has run")
}

fn read(output: &Output) -> Report {
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(!complaints.contains("panicked at"), "{complaints}");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut report = Report::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("of ")) {
        let (name, outcome) = line.split_once(": ").expect("an outcome");
        let error = outcome.strip_prefix("error: ").map(str::to_owned);
        assert!(error.is_some() || outcome == "works", "{line}");
        assert!(error.as_ref().is_none_or(|reason| reason.len() > 5), "{line}");
        report.insert(name.to_owned(), error);
    }
    report
}

/// What does not work, with the reason.
fn failures(report: &Report) -> Vec<(&str, &str)> {
    let failed = report.iter().filter_map(|(name, error)| Some((&name[..], error.as_deref()?)));
    failed.collect()
}

/// The system refuses nothing: everything works.
#[test]
fn good_times() {
    let report = report_of(&mut child::program("play_good_times"));
    assert!(failures(&report).is_empty(), "{report:?}");
}

/// See `good_times`.
#[test]
fn play_good_times() {
    if child::is_program() {
        everything::try_all();
    }
}
