//! One task at a time: submit it, wait for its result, submit the next.

use super::spec::Amount;
use super::{Spec, sum_below, warm};
use crate::clock::Stopwatch;
use crate::contestant::{Load, Pool, Sample, WrongAnswer};

pub(super) const SPEC: Spec = Spec {
    title: "one task that does nothing at a time, submitted and its result awaited",
    operations: "round trips",
    amount: Amount::Part(50),
    ..Spec::USUAL
};

/// Measures all round trips together.
///
/// # Errors
///
/// [`WrongAnswer`] if the results do not add up.
pub fn run<P: Pool>(load: &Load) -> Result<Sample, WrongAnswer> {
    let pool = warm::<P>(load.workers);
    let watch = Stopwatch::start();
    let sum = pool.round_trips(load.operations);
    let sample = watch.per_operation(load.operations);
    WrongAnswer::unless_equal(sum_below(load.operations), sum)?;
    Ok(sample)
}
