//! What a pool costs while there is nothing to do, in all its processes together.

use super::{Spec, sum_of, warm};
use crate::cases::idle::SETTLE;
use crate::cases::spec::{Amount, Unit, Workers};
use crate::clock::FamilyClock;
use crate::contestant::{Load, ProcessPool, Sample, Trouble};
use std::time::Duration;

pub(in crate::cases) const SPEC: Spec = Spec {
    title: "processor time used by a pool that has run tasks and has none left, in all its processes",
    operations: "tasks before",
    amount: Amount::Part(1000),
    workers: Workers::Each(&[8]),
    times: [Duration::from_secs(2), Duration::from_millis(300)],
    unit: Unit::Processor,
    repetitions: 1,
    ..Spec::PROCESSES
};

/// Measures the processor time while the main thread sleeps. `None` if the system does not tell it.
///
/// # Errors
///
/// [`Trouble`], if the results of the tasks before do not add up, or as the pool has it.
pub fn run<P: ProcessPool>(load: &Load) -> Result<Option<Sample>, Trouble> {
    let pool: P = warm(load.workers)?;
    sum_of(&pool, load.operations)?;
    std::thread::sleep(SETTLE);
    let clock = FamilyClock::start();
    std::thread::sleep(load.time);
    let used = clock.map(FamilyClock::elapsed);
    drop(pool);
    Ok(used.map(|used| Sample::of(used.as_secs_f64())))
}
