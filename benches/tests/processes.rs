//! The cases of the process groups, with next to nothing to do, by the program as it is run: its
//! contestants start it again, so that there is no other way to try them. And what it writes.

use clap::ValueEnum;
use concurrent_futures_benches::cases::{Case, Group};
use concurrent_futures_benches::report::data::{Outcome, Report, Role};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

#[test]
fn everybody_answers_every_process_case() {
    everybody_answers(Group::Processes);
}

#[cfg(unix)]
#[test]
fn everybody_answers_every_shared_case() {
    everybody_answers(Group::Shared);
}

fn everybody_answers(group: Group) {
    let name = group.name();
    let report = compare(&name, &["--group", &name, "--tasks", "1000", "--sizes", "8,1024"]);
    let cases = Case::value_variants().iter().filter(|case| case.group() == group);
    for case in cases.map(|case| case.name()) {
        let blocks: Vec<_> = report.results.iter().filter(|block| block.case == case).collect();
        assert!(!blocks.is_empty(), "{case}");
        for row in blocks.iter().flat_map(|block| &block.rows) {
            let fails = matches!(row.outcome, Outcome::Failed { .. });
            let is_there = matches!(row.outcome, Outcome::Measured(_)) || row.role != Role::Ours;
            assert!(is_there && !fails, "{case}: {row:?}");
        }
    }
}

#[test]
fn a_report_can_be_shown_again() {
    let report =
        compare("first", &["--cases", "burst,idle", "--peers", "ours,rayon", "--tasks", "100"]);
    assert_eq!(report.contestants.len(), 2);
    let file = directory("first").join("report.json");
    let page = directory("first").join("report.html");
    let before = fs::read_to_string(&page).expect("the page");
    assert!(before.contains("rayon") && before.contains("burst"));
    fs::remove_file(&page).expect("it was there");

    let file = file.to_str().expect("a path that is text");
    let again = compare_in("first", &["--from", file]);
    assert_eq!(format!("{report:?}"), format!("{again:?}"));
    assert_eq!(before, fs::read_to_string(&page).expect("the page again"));
}

fn directory(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("comparison-{name}"))
}

/// Measures what the arguments say, quickly.
fn compare(name: &str, arguments: &[&str]) -> Report {
    compare_in(name, &[arguments, &["--quick"]].concat())
}

/// What the program has written.
fn compare_in(name: &str, arguments: &[&str]) -> Report {
    let mut command = Command::new(env!("CARGO_BIN_EXE_compare"));
    command.args(arguments).arg("--out").arg(directory(name));
    let output = command.stdin(Stdio::null()).output().expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}\n{text}", output.status);
    let json = fs::read_to_string(directory(name).join("report.json")).expect("the report");
    serde_json::from_str(&json).expect("a report")
}
