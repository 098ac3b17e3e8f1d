//! Many tasks that do nothing, and in their midst one that takes long.

use super::{Spec, submit_all, sum_below, warm};
use crate::contestant::{Load, ProcessPool, Sample, Trouble, WrongAnswer};
use crate::units::Unit;
use std::time::{Duration, Instant};

pub(in crate::cases) const SPEC: Spec = Spec {
    title: "process-latency: one long task in the midst of many that do nothing, until all of these \
            are done",
    operations: "short tasks",
    divisor: 100,
    unit: Unit::Time,
    once: false,
};

/// Measures from before the first submit until the last of the short tasks is done.
///
/// # Errors
///
/// [`Trouble`], if the results do not add up, or as the pool has it.
pub fn run<P: ProcessPool>(load: &Load) -> Result<Sample, Trouble> {
    let pool: P = warm(load.workers)?;
    measure(&pool, load.operations, load.long)
}

/// Measures on this pool. Without a long task if that has no length.
pub(crate) fn measure<P: ProcessPool>(
    pool: &P,
    operations: u64,
    long: Duration,
) -> Result<Sample, Trouble> {
    let mut handles = Vec::with_capacity(operations as usize);
    let start = Instant::now();
    submit_all(pool, 0..operations / 2, &mut handles)?;
    let among_them = if long.is_zero() { None } else { Some(pool.submit(sleep, long)?) };
    submit_all(pool, operations / 2..operations, &mut handles)?;
    let mut sum = 0;
    for handle in handles {
        sum += pool.wait(handle)?;
    }
    let value = start.elapsed().as_secs_f64();
    if let Some(handle) = among_them {
        pool.wait(handle)?;
    }
    WrongAnswer::unless_equal(sum_below(operations), sum)?;
    Ok(Sample { value, extra: None })
}

fn sleep(time: Duration) {
    std::thread::sleep(time);
}
