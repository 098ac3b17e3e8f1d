//! Many tasks that nobody asks about: fire and forget.

use super::spec::Amount;
use super::{Spec, warm};
use crate::clock::Stopwatch;
use crate::contestant::{Load, Pool, Sample, WrongAnswer};
use crate::gate::Countdown;

pub(super) const SPEC: Spec = Spec {
    title: "tasks that only count themselves, submitted one by one, results not wanted",
    amount: Amount::Part(2),
    ..Spec::USUAL
};

/// Measures from before the first submit until the last task has run.
///
/// # Errors
///
/// [`WrongAnswer`] if a task runs twice. One that does not run leaves this waiting, until the limit
/// for a repetition.
pub fn run<P: Pool>(load: &Load) -> Result<Sample, WrongAnswer> {
    let pool = warm::<P>(load.workers);
    // Leaked, a few bytes each time, since counting references would cost as much as some pools do.
    let countdown: &'static Countdown = Box::leak(Box::new(Countdown::new(load.operations)));
    let watch = Stopwatch::start();
    for _ in 0..load.operations {
        pool.forget(move || countdown.count());
    }
    countdown.wait();
    let sample = watch.per_operation(load.operations);
    drop(pool);
    WrongAnswer::unless_equal(0, countdown.left())?;
    Ok(sample)
}
