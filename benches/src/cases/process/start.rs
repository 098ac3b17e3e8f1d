//! From no pool to the first result, and to no pool again.

use super::{Spec, number, sum_below};
use crate::contestant::{Load, ProcessPool, Sample, Trouble, WrongAnswer};
use crate::units::Unit;
use std::time::{Duration, Instant};

pub(in crate::cases) const SPEC: Spec = Spec {
    title: "process-start: a new pool, a task for each worker, until the first result; and until the \
            pool is gone",
    operations: "pools (slow peers: fewer; the time is per pool)",
    divisor: 50_000,
    unit: Unit::Start,
    once: false,
};

/// Measures pools one after another.
///
/// # Errors
///
/// [`Trouble`], if the results do not add up, or as the pool has it.
pub fn run<P: ProcessPool>(load: &Load) -> Result<Sample, Trouble> {
    let workers = load.workers as u64;
    measure(load.operations, || {
        let start = Instant::now();
        let pool = P::new(load.workers)?;
        let mut handles = Vec::new();
        for n in 0..workers {
            handles.push(pool.submit(number, n)?);
        }
        let mut first = None;
        let mut sum = 0;
        for handle in handles {
            sum += pool.wait(handle)?;
            first.get_or_insert_with(|| start.elapsed());
        }
        drop(pool);
        WrongAnswer::unless_equal(sum_below(workers), sum)?;
        Ok([first.unwrap_or_default(), start.elapsed()])
    })
}

/// Repeats what says when the first result was there and when everything was gone.
pub(crate) fn measure(
    operations: u64,
    mut once: impl FnMut() -> Result<[Duration; 2], Trouble>,
) -> Result<Sample, Trouble> {
    let mut total = [Duration::ZERO; 2];
    for _ in 0..operations {
        let [first, end] = once()?;
        total = [total[0] + first, total[1] + end];
    }
    let [first, end] = total.map(|time| time.as_secs_f64() / operations as f64);
    Ok(Sample { value: first, extra: Some(end) })
}
