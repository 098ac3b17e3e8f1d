//! Many tasks that do nothing, submitted one by one from one thread, then all their results.

use super::{Spec, sum_below, warm};
use crate::clock::Stopwatch;
use crate::contestant::{Load, Pool, Sample, WrongAnswer};
use crate::units::Unit;

pub(super) const SPEC: Spec = Spec {
    title: "burst: tasks that do nothing, submitted one by one, then all results collected",
    operations: "tasks",
    divisor: 1,
    unit: Unit::Time,
    once: false,
};

/// Measures from before the first submit until the last result is there.
///
/// # Errors
///
/// [`WrongAnswer`] if the results do not add up.
pub fn run<P: Pool>(load: &Load) -> Result<Sample, WrongAnswer> {
    let pool = warm::<P>(load.workers);
    let mut handles = Vec::with_capacity(load.operations as usize);
    let watch = Stopwatch::start();
    handles.extend((0..load.operations).map(|n| pool.submit(move || n)));
    let sum = pool.sum(handles);
    let sample = watch.per_operation(load.operations);
    WrongAnswer::unless_equal(sum_below(load.operations), sum)?;
    Ok(sample)
}
