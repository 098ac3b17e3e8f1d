//! What a pool costs while there is nothing to do.

use super::spec::{Amount, Unit, Workers};
use super::{Spec, sum_below, warm};
use crate::clock::cpu_time;
use crate::contestant::{Load, Pool, Sample, WrongAnswer};
use std::time::Duration;

pub(super) const SPEC: Spec = Spec {
    title: "processor time used by a pool that has run tasks and has none left",
    operations: "tasks before",
    amount: Amount::Part(10),
    workers: Workers::Each(&[10]),
    times: [Duration::from_secs(2), Duration::from_millis(300)],
    unit: Unit::Processor,
    repetitions: 1,
    ..Spec::USUAL
};

/// How long a pool may take to notice that there is nothing left.
pub(super) const SETTLE: Duration = Duration::from_millis(200);

/// Measures the processor time of the process while its main thread sleeps.
///
/// # Errors
///
/// [`WrongAnswer`] if the results of the tasks before do not add up.
pub fn run<P: Pool>(load: &Load) -> Result<Sample, WrongAnswer> {
    let pool = warm::<P>(load.workers);
    let sum = pool.sum((0..load.operations).map(|n| pool.submit(move || n)).collect());
    WrongAnswer::unless_equal(sum_below(load.operations), sum)?;
    std::thread::sleep(SETTLE);
    let before = cpu_time();
    std::thread::sleep(load.time);
    let used = cpu_time() - before;
    drop(pool);
    Ok(Sample::of(used.as_secs_f64()))
}
