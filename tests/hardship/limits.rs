//! Few descriptors, little memory.

use crate::support::child::{self, is_program};
use crate::support::watchdog::patient;
use crate::{Report, everything, factor, failures, report_of, report_of_poor};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::time::{Duration, Instant};

/// Tells the program how much of something it may have.
const AMOUNT: &str = "HARDSHIP_AMOUNT";

/// How long others may have them.
const PATIENCE: Duration = Duration::from_secs(20);

fn amount() -> Option<u64> {
    crate::support::setting(AMOUNT)
}

fn limit(resource: Resource, number: u64) {
    let Rlimit { maximum, .. } = getrlimit(resource);
    setrlimit(resource, Rlimit { current: Some(number), maximum }).expect("below the maximum");
}

/// With each number of descriptors, from three up to enough, each thing works or says why not; and more of
/// them is never less of what works at the end.
#[test]
fn few_descriptors() {
    let mut numbers: Vec<u64> = (3..32).step_by(2).chain([64]).collect();
    if factor() > 1 {
        numbers = (3..64).collect();
    }
    let mut works = Vec::new();
    for &number in &numbers {
        let mut program = child::program("limits::play_few_descriptors");
        program.env(AMOUNT, number.to_string());
        let mut report = report_of(&mut program);
        let start = Instant::now();
        while number == 64 && is_crowded(&report) && start.elapsed() < patient(PATIENCE) {
            report = report_of(&mut program);
        }
        works.push(report.len() - failures(&report).len());
        if number == 64 {
            assert!(failures(&report).is_empty(), "{report:?}");
        }
        if number == 3 {
            assert!(report["thread pool"].is_none(), "threads take no descriptors: {report:?}");
        }
    }
    assert!(works[0] < everything::THINGS.len(), "three are too few: {works:?}");
}

/// Whether other processes had so many descriptors on their way that none was left of this number: of a user without
/// privileges they count together.
fn is_crowded(report: &Report) -> bool {
    report.values().flatten().any(|error| error.contains("os error 109"))
}

/// See `few_descriptors`.
#[test]
fn play_few_descriptors() {
    if let (true, Some(number)) = (is_program(), amount()) {
        everything::try_all_after(|| limit(Resource::Nofile, number));
    }
}

/// With each amount of address space.
#[test]
fn little_memory() {
    let step = if factor() > 1 { 1 } else { 3 };
    let mut reports = 0;
    for megabytes in (0..40).step_by(step) {
        let mut program = child::program("limits::play_little_memory");
        let report = report_of_poor(program.env(AMOUNT, megabytes.to_string()));
        reports += usize::from(report.is_some());
    }
    assert!(reports > 1, "the standard library needs not so much");
    let mut program = child::program("limits::play_little_memory");
    let report = report_of(program.env(AMOUNT, "2000"));
    assert!(failures(&report).is_empty(), "{report:?}");
}

/// See `little_memory`.
#[test]
fn play_little_memory() {
    let (true, Some(megabytes)) = (is_program(), amount()) else { return };
    let pages = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages: u64 = pages.split(' ').next().expect("a number").parse().expect("a number");
    let used = pages * rustix::param::page_size() as u64;
    // With room for the thread that watches over this one.
    everything::try_all_after(|| limit(Resource::As, used + ((megabytes + 4) << 20)));
}
