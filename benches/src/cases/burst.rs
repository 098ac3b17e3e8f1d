//! Many tasks that do nothing, submitted one by one from one thread, then all their results.

use super::spec::{Amount, Axis, Workers};
use super::{Spec, sum_below, warm};
use crate::clock::Stopwatch;
use crate::contestant::{Load, Pool, Sample, WrongAnswer};

pub(super) const SPEC: Spec = Spec {
    title: "tasks that do nothing, submitted one by one from one thread, then all results collected",
    ..Spec::USUAL
};

pub(super) const GROWTH_TASKS_SPEC: Spec = Spec {
    title: "as burst, with more and more tasks",
    amount: Amount::Growing,
    workers: Workers::Each(&[2]),
    curve: Some(Axis::Operations),
    repetitions: 2,
    ..SPEC
};

pub(super) const GROWTH_WORKERS_SPEC: Spec = Spec {
    title: "as burst, on more and more workers",
    amount: Amount::Part(5),
    workers: Workers::Each(&[1, 2, 4, 8, 16, 32, 64]),
    curve: Some(Axis::Workers),
    ..SPEC
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
