//! Many tasks that do nothing, submitted one by one from one thread, then all their results.

use super::{Spec, sum_of, warm};
use crate::clock::Stopwatch;
use crate::contestant::{Load, ProcessPool, Sample, Trouble};
use crate::units::Unit;

pub(in crate::cases) const SPEC: Spec = Spec {
    title: "process-burst: tasks that do nothing, submitted one by one, then all results collected",
    operations: "tasks (slow peers: fewer; the time is per task)",
    divisor: 1,
    unit: Unit::Time,
    once: false,
};

/// Measures from before the first submit until the last result is there.
///
/// # Errors
///
/// [`Trouble`], if the results do not add up, or as the pool has it.
pub fn run<P: ProcessPool>(load: &Load) -> Result<Sample, Trouble> {
    let pool: P = warm(load.workers)?;
    let operations = (load.operations / P::PATIENCE).max(1);
    let watch = Stopwatch::start_family();
    sum_of(&pool, operations)?;
    Ok(watch.per_operation(operations))
}
