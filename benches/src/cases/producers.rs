//! Many tasks that do nothing, submitted from several threads at once.

use super::spec::Amount;
use super::{Spec, sum_below, warm};
use crate::clock::Stopwatch;
use crate::contestant::{Load, Pool, Sample, WrongAnswer};
use std::sync::Barrier;

pub(super) const SPEC: Spec = Spec {
    title: "as burst, but from four threads at once, each collecting its own results",
    amount: Amount::Part(2),
    ..Spec::USUAL
};

/// The number of threads that submit.
const PRODUCERS: u64 = 4;

/// Measures from when the producers are let go until the last of them has its last result.
///
/// # Errors
///
/// [`WrongAnswer`] if the results do not add up.
///
/// # Panics
///
/// If a producer does, since the pool refuses a task or loses one.
pub fn run<P: Pool>(load: &Load) -> Result<Sample, WrongAnswer> {
    let pool = warm::<P>(load.workers);
    let share = load.operations.div_ceil(PRODUCERS);
    let start = Barrier::new(PRODUCERS as usize + 1);
    let produce = || {
        let mut handles = Vec::with_capacity(share as usize);
        start.wait();
        handles.extend((0..share).map(|n| pool.submit(move || n)));
        pool.sum(handles)
    };
    let (sum, sample) = std::thread::scope(|scope| {
        let producers: Vec<_> = (0..PRODUCERS).map(|_| scope.spawn(produce)).collect();
        start.wait();
        let watch = Stopwatch::start();
        let sum: u64 = producers
            .into_iter()
            .map(|producer| producer.join().expect("a producer does not panic"))
            .sum();
        (sum, watch.per_operation(PRODUCERS * share))
    });
    WrongAnswer::unless_equal(PRODUCERS * sum_below(share), sum)?;
    Ok(sample)
}
