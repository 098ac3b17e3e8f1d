//! Tasks that take a certain time: they compute, or they sleep.
//!
//! Computing means to use so much processor time, however long that takes, so that it is the same work
//! in every language and on however many workers.

use super::spec::{Amount, Axis, Unit, Workers};
use super::{Spec, sum_below, warm};
use crate::clock::{Stopwatch, thread_time};
use crate::contestant::{Load, Pool, Sample, WrongAnswer};
use std::time::Duration;

pub(super) const CPU_BOUND_SPEC: Spec = Spec {
    title: "12 tasks that each compute for 50 ms (quick: 5 ms), until the last has",
    amount: Amount::Just(12),
    workers: Workers::Cores,
    times: [Duration::from_millis(50), Duration::from_millis(5)],
    unit: Unit::Total,
    repetitions: 3,
    ..Spec::USUAL
};

pub(super) const IO_BOUND_SPEC: Spec = Spec {
    title: "4,000 tasks that each sleep for 10 ms (quick: 1 ms), until the last has",
    amount: Amount::Just(4000),
    workers: Workers::Each(&[500]),
    times: [Duration::from_millis(10), Duration::from_millis(1)],
    unit: Unit::Total,
    repetitions: 3,
    ..Spec::USUAL
};

pub(super) const SCALING_SPEC: Spec = Spec {
    title: "200 tasks that each compute for 1 ms (quick: 0.1 ms), until the last has, on more and more \
            workers",
    amount: Amount::Just(200),
    workers: Workers::UpToTwiceTheCores,
    times: [Duration::from_millis(1), Duration::from_micros(100)],
    unit: Unit::Total,
    curve: Some(Axis::Workers),
    repetitions: 2,
    ..Spec::USUAL
};

/// Measures from before the first submit until the last result is there.
///
/// # Errors
///
/// [`WrongAnswer`] if the results do not add up.
pub fn run<P: Pool>(load: &Load, work: fn(Duration)) -> Result<Sample, WrongAnswer> {
    let pool = warm::<P>(load.workers);
    let time = load.time;
    let task = |n| {
        move || {
            work(time);
            n
        }
    };
    let watch = Stopwatch::start();
    let sum = pool.sum((0..load.operations).map(|n| pool.submit(task(n))).collect());
    let sample = watch.total();
    WrongAnswer::unless_equal(sum_below(load.operations), sum)?;
    Ok(sample)
}

/// Uses so much processor time.
pub fn busy(time: Duration) {
    let begin = thread_time();
    while thread_time() - begin < time {
        std::hint::spin_loop();
    }
}

/// Uses none for so long.
pub fn sleep(time: Duration) {
    std::thread::sleep(time);
}
