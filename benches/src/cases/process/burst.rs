//! Many tasks that do nothing, submitted one by one from one thread, then all their results.

use super::{Spec, sum_of, warm};
use crate::cases::spec::{Amount, Axis, Workers};
use crate::clock::Stopwatch;
use crate::contestant::{Load, ProcessPool, Sample, Trouble};

pub(in crate::cases) const SPEC: Spec = Spec {
    title: "tasks that do nothing, submitted one by one, then all results collected",
    ..Spec::PROCESSES
};

pub(in crate::cases) const GROWTH_TASKS_SPEC: Spec = Spec {
    title: "as process-burst, with more and more tasks",
    amount: Amount::Growing,
    curve: Some(Axis::Operations),
    repetitions: 2,
    ..SPEC
};

pub(in crate::cases) const GROWTH_WORKERS_SPEC: Spec = Spec {
    title: "as process-burst, on more and more workers",
    amount: Amount::Part(5),
    workers: Workers::Each(&[1, 4, 16, 64]),
    curve: Some(Axis::Workers),
    repetitions: 2,
    ..SPEC
};

/// Measures from before the first submit until the last result is there.
///
/// # Errors
///
/// [`Trouble`], if the results do not add up, or as the pool has it.
pub fn run<P: ProcessPool>(load: &Load) -> Result<Sample, Trouble> {
    let pool: P = warm(load.workers)?;
    let operations = load.reduced(P::PATIENCE).operations;
    let watch = Stopwatch::start_family();
    sum_of(&pool, operations)?;
    Ok(watch.per_operation(operations))
}
