//! How much of what a worker says is kept.

use crate::run_alone;
use crate::support::child::is_program;
use concurrent_futures::{Executor, ProcessPoolExecutor, TaskError};
use std::io::Write;
use std::time::Duration;

const MIB: usize = 1 << 20;

/// What a worker has written to stderr is told of its death: its last lines, and of a line that does not end its
/// last part. However much it writes, no more is kept.
#[test]
fn endless_lines_on_stderr() {
    let output = run_alone("output::play_endless_lines", Duration::from_secs(50));
    let passed_on = output.stderr.iter().filter(|&&byte| byte == b'x').count();
    assert_eq!(passed_on, 100 * MIB, "all of it is passed on");
}

/// See `endless_lines_on_stderr`.
#[test]
fn play_endless_lines() {
    if !is_program() {
        return;
    }
    let pool =
        ProcessPoolExecutor::builder().max_workers(1).capture_stderr(true).build().expect("a pool");
    let before = resident();
    let talk = |times: usize| -> u64 {
        let mut stderr = std::io::stderr();
        let much = vec![b'x'; MIB];
        (0..times).for_each(|_| stderr.write_all(&much).expect("somebody reads it"));
        std::process::exit(3)
    };
    let Err(TaskError::WorkerDied(death)) = pool.submit(talk, 100).expect("a pool").result() else {
        panic!("it has ended")
    };
    assert!(death.stderr.len() < MIB, "{}", death.stderr.len());
    assert!(death.stderr.ends_with("xxx"));
    let grown = resident().saturating_sub(before);
    assert!(grown < 20 * MIB, "{} MiB", grown / MIB);
}

/// The most memory that this process has had.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a known field");
    line.split_ascii_whitespace().next().expect("a number").parse::<usize>().expect("a number")
        * 1024
}
