//! Tasks that do nothing beside one that takes long: how long each takes.
//!
//! There are always a few at a time, so that a pool that hands a task to the worker that is busy, or
//! keeps it waiting behind others, shows it.

use super::spec::{Amount, Unit, Workers};
use super::{Spec, sum_below, warm};
use crate::contestant::{Load, Pool, Sample, Trouble, WrongAnswer};
use std::time::{Duration, Instant};

pub(super) const SPEC: Spec = Spec {
    title: "tasks that do nothing, 32 at a time, beside a long one: how long each takes",
    operations: "long task, and short ones while it runs",
    amount: Amount::Just(1),
    times: [Duration::from_millis(1000), Duration::from_millis(300)],
    unit: Unit::Latency,
    workers: Workers::Each(&[2]),
    repetitions: 3,
    ..Spec::USUAL
};

/// How many short tasks there are at a time.
const LOT: u64 = 32;

/// Measures as long as the long task runs.
///
/// # Errors
///
/// [`Trouble::WrongAnswer`] if the results do not add up.
pub fn run<P: Pool>(load: &Load) -> Result<Sample, Trouble> {
    let pool = warm::<P>(load.workers);
    let time = load.time;
    let long = pool.submit(move || std::thread::sleep(time));
    let sample = lots(time, |n| Ok(pool.submit(move || n)), |handle| Ok(pool.wait(handle)))?;
    pool.wait(long);
    Ok(sample)
}

/// Submits short tasks in lots for nearly so long. A latency is from before a submit until the result was
/// collected, in the order of the submits.
pub(super) fn lots<H>(
    time: Duration,
    submit: impl Fn(u64) -> Result<H, Trouble>,
    wait: impl Fn(H) -> Result<u64, Trouble>,
) -> Result<Sample, Trouble> {
    let mut latencies = Vec::new();
    let begin = Instant::now();
    while begin.elapsed() < time.mul_f64(0.9) {
        let mut lot = Vec::new();
        for n in 0..LOT {
            let submitted = Instant::now();
            lot.push((submitted, submit(n)?));
        }
        let mut sum = 0;
        for (submitted, handle) in lot {
            sum += wait(handle)?;
            latencies.push(submitted.elapsed().as_secs_f64());
        }
        WrongAnswer::unless_equal(sum_below(LOT), sum)?;
    }
    latencies.sort_by(f64::total_cmp);
    Ok(summary(&latencies))
}

/// The median, and that which 99 of 100 stay below and the largest besides.
fn summary(sorted: &[f64]) -> Sample {
    let rank = |part: f64| {
        let rank = (part * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied()
    };
    Sample {
        value: rank(0.5).unwrap_or(f64::NAN),
        besides: [rank(0.99), rank(1.0)],
        operations: Some(sorted.len() as u64),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let numbers: Vec<f64> = (1..=200).map(f64::from).collect();
        let sample = super::summary(&numbers);
        assert_eq!((sample.value, sample.besides), (100.0, [Some(198.0), Some(200.0)]));
    }
}
