//! A few tasks that do nothing, from no pool to none: what a process for each of them would take.

use super::{Spec, submit_all, sum_below};
use crate::cases::spec::{Amount, Unit};
use crate::contestant::{Load, ProcessPool, Sample, Trouble, WrongAnswer};
use std::time::Instant;

pub(in crate::cases) const SPEC: Spec = Spec {
    title: "100 tasks that do nothing: a pool made for them and ended, or a process for each",
    operations: "tasks",
    amount: Amount::Just(100),
    unit: Unit::Total,
    ..Spec::PROCESSES
};

/// Measures from no pool to no pool.
///
/// # Errors
///
/// [`Trouble`], if the results do not add up, or as the pool has it.
pub fn run<P: ProcessPool>(load: &Load) -> Result<Sample, Trouble> {
    let begin = Instant::now();
    let pool = P::new(load.workers)?;
    let mut handles = Vec::new();
    submit_all(&pool, 0..load.operations, &mut handles)?;
    let mut sum = 0;
    for handle in handles {
        sum += pool.wait(handle)?;
    }
    drop(pool);
    let time = begin.elapsed();
    WrongAnswer::unless_equal(sum_below(load.operations), sum)?;
    Ok(Sample::of(time.as_secs_f64()))
}

/// Measures a process for each task: all are started, then the result of each is waited for.
pub(crate) fn measure<H>(
    load: &Load,
    start: impl FnMut(u64) -> Result<H, Trouble>,
    wait: impl FnMut(H) -> Result<u64, Trouble>,
) -> Result<Sample, Trouble> {
    let begin = Instant::now();
    let started = (0..load.operations).map(start).collect::<Result<Vec<_>, _>>()?;
    let results = started.into_iter().map(wait).sum::<Result<u64, _>>();
    let time = begin.elapsed();
    WrongAnswer::unless_equal(sum_below(load.operations), results?)?;
    Ok(Sample::of(time.as_secs_f64()))
}
