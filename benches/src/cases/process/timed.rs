//! Tasks that take a certain time, as for threads.

use super::{Spec, sum_below, warm};
use crate::cases::spec::{Amount, Workers};
use crate::cases::timed;
use crate::clock::Stopwatch;
use crate::contestant::{Load, ProcessPool, Sample, Trouble, WrongAnswer};
use std::time::Duration;

pub(in crate::cases) const CPU_BOUND_SPEC: Spec = timed::CPU_BOUND_SPEC;

pub(in crate::cases) const IO_BOUND_SPEC: Spec = Spec {
    title: "1,000 tasks that each sleep for 10 ms (quick: 1 ms), until the last has",
    amount: Amount::Just(1000),
    workers: Workers::Each(&[16]),
    ..timed::IO_BOUND_SPEC
};

pub(in crate::cases) const SCALING_SPEC: Spec = timed::SCALING_SPEC;

/// Computes for so long. Returns the number.
pub fn compute((number, time): (u64, Duration)) -> u64 {
    timed::busy(time);
    number
}

/// Sleeps for so long. Returns the number.
pub fn rest((number, time): (u64, Duration)) -> u64 {
    timed::sleep(time);
    number
}

/// Measures from before the first submit until the last result is there.
///
/// # Errors
///
/// [`Trouble`], if the results do not add up, or as the pool has it.
pub fn run<P: ProcessPool>(
    load: &Load,
    task: fn((u64, Duration)) -> u64,
) -> Result<Sample, Trouble> {
    let pool: P = warm(load.workers)?;
    let watch = Stopwatch::start_family();
    let submit = |n| pool.submit(task, (n, load.time));
    let handles = (0..load.operations).map(submit).collect::<Result<Vec<_>, _>>()?;
    let mut sum = 0;
    for handle in handles {
        sum += pool.wait(handle)?;
    }
    let sample = watch.total();
    WrongAnswer::unless_equal(sum_below(load.operations), sum)?;
    Ok(sample)
}
