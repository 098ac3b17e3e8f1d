//! A function on many items, the results in order.
//!
//! The function spends its time in the processor alone, in a chain of multiplications, so that it
//! takes as long on every worker and cannot be made shorter by the compiler.

use super::{Spec, warm};
use crate::clock::Stopwatch;
use crate::contestant::{Load, Pool, Sample, WrongAnswer};
use crate::units::Unit;
use std::hint::black_box;
use std::time::Instant;

pub(super) const SHORT_SPEC: Spec = Spec {
    title: "map-20ns: a function of about 20 ns on every item of a vector, results in a vector",
    operations: "items",
    divisor: 1,
    unit: Unit::Time,
    once: false,
};

pub(super) const LONG_SPEC: Spec = Spec {
    title: "map-1us: a function of about 1 µs on every item of a vector, results in a vector",
    ..SHORT_SPEC
};

/// How many multiplications are about 20 ns.
pub const SHORT: u32 = 32;
/// How many multiplications are about 1 µs.
pub const LONG: u32 = 750;

/// Measures from the vector of items to the vector of results.
///
/// # Errors
///
/// [`WrongAnswer`], with the first result that is wrong or out of place.
pub fn run<P: Pool>(load: &Load, rounds: u32) -> Result<Option<Sample>, WrongAnswer> {
    let pool = warm::<P>(load.workers);
    let items: Vec<u64> = (0..load.operations).collect();
    let watch = Stopwatch::start();
    let results = pool.map(items, move |item| work(rounds, item));
    let sample = watch.per_operation(load.operations);
    let Some(results) = results else {
        return Ok(None);
    };
    WrongAnswer::unless_equal(load.operations, results.len() as u64)?;
    for (item, result) in (0..).zip(results) {
        WrongAnswer::unless_equal(answer(item), result)?;
    }
    Ok(Some(sample))
}

/// How long the function takes here and now, in seconds, the smallest of a few attempts.
pub fn time_of_work(rounds: u32) -> f64 {
    const ITEMS: u64 = 1000;
    let attempt = |_| {
        let start = Instant::now();
        for item in 0..ITEMS {
            black_box(work(rounds, black_box(item)));
        }
        start.elapsed().as_secs_f64() / ITEMS as f64
    };
    (0..20).map(attempt).fold(f64::INFINITY, f64::min)
}

/// What the function returns.
fn answer(item: u64) -> u64 {
    item * 3 + 1
}

/// The function.
fn work(rounds: u32, item: u64) -> u64 {
    let mut x = item;
    for _ in 0..rounds {
        x = (x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    black_box(x);
    answer(item)
}
