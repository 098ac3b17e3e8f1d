//! One task at a time: submit it, wait for its result, submit the next.

use super::{Spec, number, sum_below, warm};
use crate::cases::spec::Amount;
use crate::clock::Stopwatch;
use crate::contestant::{Load, ProcessPool, Sample, Trouble, WrongAnswer};

pub(in crate::cases) const SPEC: Spec = Spec {
    title: "one task that does nothing at a time, its result awaited",
    operations: "round trips (slow peers: fewer; the time is per round trip)",
    amount: Amount::Part(100),
    ..Spec::PROCESSES
};

/// Measures all round trips together.
///
/// # Errors
///
/// [`Trouble`], if the results do not add up, or as the pool has it.
pub fn run<P: ProcessPool>(load: &Load) -> Result<Sample, Trouble> {
    let pool: P = warm(load.workers)?;
    let mut sum = 0;
    let watch = Stopwatch::start_family();
    for n in 0..load.operations {
        sum += pool.call(number, n)?;
    }
    let sample = watch.per_operation(load.operations);
    WrongAnswer::unless_equal(sum_below(load.operations), sum)?;
    Ok(sample)
}
