//! Runs the programs in `examples/` and looks at what they print.
//!
//! They are built along with the tests by `cargo test`; when only this file is asked for, by
//! `cargo build --examples`.

mod support;

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use support::{child, guarded};

/// Where cargo puts the examples: beside the directory that this test is in.
fn path(example: &str) -> PathBuf {
    let test = env::current_exe().expect("the path of this test");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("target/<profile>/deps");
    profile.join("examples").join(format!("{example}{}", env::consts::EXE_SUFFIX))
}

/// What an example prints.
fn output_of(example: &str) -> Vec<String> {
    output_with(example, &[])
}

/// What an example prints that is given these arguments.
fn output_with(example: &str, arguments: &[&str]) -> Vec<String> {
    let path = path(example);
    assert!(path.exists(), "{} is missing: run `cargo build --examples` first", path.display());
    let output = child::run(Command::new(path).args(arguments).stdin(Stdio::null()));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// `[1, 4, 9, ...]`, as `Debug` shows it.
fn squares(count: u64) -> String {
    format!("{:?}", (1..=count).map(|n| n * n).collect::<Vec<_>>())
}

/// S01, SUB-01: results in the order submitted, and at most as many workers as allowed.
#[test]
fn submit_squares() {
    guarded("submit_squares", || {
        let lines = output_of("submit_squares");
        assert_eq!(lines[0], format!("threads: {}", squares(16)));
        let workers = &lines[2..];
        assert!((1..=4).contains(&workers.len()), "{workers:?}");
        assert_eq!(lines[1], format!("16 tasks on {} of 4 workers:", workers.len()));
    });
}

/// S02: strictly one after another.
#[test]
fn sequential() {
    guarded("sequential", || {
        let lines = output_of("sequential");
        for (line, n) in lines.iter().zip(1..=10) {
            assert_eq!(*line, format!("threads: {n} squared is {}", n * n));
        }
        assert_eq!(lines[10..], ["0 of 10 tasks began before the one before had ended"]);
    });
}

/// S03, FUT-04, FUT-08: each callback once, here, with its result.
#[test]
fn callbacks() {
    guarded("callbacks", || {
        let lines = output_of("callbacks");
        for (line, n) in lines.iter().zip(1..=12) {
            assert_eq!(*line, format!("threads: {n} squared is {}, called back here", n * n));
        }
        assert_eq!(lines[12..], ["12 callbacks for 12 tasks"]);
    });
}

/// S04, MAP-01, MAP-02: in order, and all of it, read or not.
#[test]
fn map_squares() {
    guarded("map_squares", || {
        let lines = output_of("map_squares");
        let first = format!("threads: {}", squares(11));
        assert_eq!(lines, [first.as_str(), "11 of 11 unread items were worked on"]);
    });
}

/// S05, THR-01, THR-04, SUB-05: sizes, names, and the refusal of zero.
#[test]
fn pool_sizes() {
    guarded("pool_sizes", || {
        let processors = thread::available_parallelism().unwrap().get();
        let lines = output_of("pool_sizes");
        let sizes = format!("{processors} processors: {} threads by default", 5 * processors);
        assert_eq!(lines[0], sizes);
        let refusal = "a pool without workers is refused: max_workers must be at least 1";
        assert_eq!(lines[1..], [refusal, "a thread of a pool with a prefix: crawler_0"]);
    });
}

/// A newcomer's program on processes: results, a crash that costs one task, a deadline, a kill.
#[test]
fn processes() {
    guarded("processes", || {
        let lines = output_of("processes");
        let crashed = lines[2].strip_prefix("a task crashed: its process ").expect("a crash");
        assert!(!crashed.is_empty(), "{lines:?}");
        #[cfg(target_os = "linux")]
        assert!(crashed.contains("SIGABRT"), "{crashed}");
        let others = lines.iter().enumerate().filter(|(index, _)| *index != 2);
        let expected = [
            "1229 primes below 10,000",
            "[4, 25, 168] below 10, 100 and 1,000",
            "the others: [0, 0, 1, 2, 2, 3, 3, 4, 4, 4]",
            "a task with a deadline: the task exceeded its deadline",
            "a task that was stopped: the task was killed while it was running",
            "and still 25 primes below 100",
        ];
        assert_eq!(others.map(|(_, line)| line.as_str()).collect::<Vec<_>>(), expected);
    });
}

/// The same answer from threads, in this process, and from processes.
#[test]
fn same_program() {
    guarded("same_program", || {
        let answer = "from 77031 it takes 350 steps, more than from any other number to 100,000";
        let elsewhere = |count| format!("{count} of 10 tasks ran in another process");
        assert_eq!(output_with("same_program", &["threads"]), [answer, &elsewhere(0)]);
        assert_eq!(output_with("same_program", &["processes"]), [answer, &elsewhere(10)]);
    });
}
