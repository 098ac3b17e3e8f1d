//! From no pool to the first result, and to no pool again.

use super::spec::{Amount, Unit};
use super::{Spec, sum_below};
use crate::contestant::{Load, Pool, Sample, Trouble, WrongAnswer};
use std::time::{Duration, Instant};

pub(super) const SPEC: Spec = Spec {
    title: "a new pool, a task for each worker, until the first result; and until the pool is gone",
    operations: "pools",
    amount: Amount::Part(5000),
    unit: Unit::Start,
    ..Spec::USUAL
};

/// Measures pools one after another.
///
/// # Errors
///
/// [`Trouble::WrongAnswer`] if the results do not add up.
pub fn run<P: Pool>(load: &Load) -> Result<Sample, Trouble> {
    let workers = load.workers as u64;
    measure(load.operations, || {
        let start = Instant::now();
        let pool = P::new(load.workers);
        let mut handles = (0..workers).map(|n| pool.submit(move || n)).collect::<Vec<_>>();
        let mut sum = handles.pop().map_or(0, |last| pool.wait(last));
        let first = start.elapsed();
        sum += pool.sum(handles);
        drop(pool);
        WrongAnswer::unless_equal(sum_below(workers), sum)?;
        Ok([first, start.elapsed()])
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
    Ok(Sample { operations: Some(operations), ..Sample::of(first).with(Some(end)) })
}
