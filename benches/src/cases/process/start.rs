//! From no pool to the first result, and to no pool again.

use super::{Spec, number, sum_below};
use crate::cases::spec::{Amount, Unit};
use crate::cases::start::measure;
use crate::contestant::{Load, ProcessPool, Sample, Trouble, WrongAnswer};
use std::time::Instant;

pub(in crate::cases) const SPEC: Spec = Spec {
    title: "a new pool, a task for each worker, until the first result; and until the pool is gone",
    operations: "pools (slow peers: fewer; the time is per pool)",
    amount: Amount::Part(50_000),
    unit: Unit::Start,
    ..Spec::PROCESSES
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
