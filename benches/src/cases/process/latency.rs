//! Tasks that do nothing beside one that takes long.

use super::{Spec, number, warm};
use crate::cases::latency::lots;
use crate::cases::spec::{Amount, Unit};
use crate::contestant::{Load, ProcessPool, Sample, Trouble};
use std::time::Duration;

pub(in crate::cases) const SPEC: Spec = Spec {
    title: "tasks that do nothing, 32 at a time, beside a long one: how long each takes",
    operations: "long task, and short ones while it runs",
    amount: Amount::Just(1),
    times: [Duration::from_millis(1000), Duration::from_millis(300)],
    unit: Unit::Latency,
    ..Spec::PROCESSES
};

/// Measures as long as the long task runs.
///
/// # Errors
///
/// [`Trouble`], if the results do not add up, or as the pool has it.
pub fn run<P: ProcessPool>(load: &Load) -> Result<Sample, Trouble> {
    let pool: P = warm(load.workers)?;
    let long = pool.submit(sleep, load.time)?;
    let sample = measure(&pool, load.time)?;
    pool.wait(long)?;
    Ok(sample)
}

/// Measures for nearly so long on this pool.
pub(crate) fn measure<P: ProcessPool>(pool: &P, time: Duration) -> Result<Sample, Trouble> {
    lots(time, |n| pool.submit(number, n), |handle| pool.wait(handle))
}

fn sleep(time: Duration) {
    std::thread::sleep(time);
}
