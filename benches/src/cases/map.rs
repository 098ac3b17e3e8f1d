//! A function on many items, the results in order.
//!
//! The function spends its time in the processor alone, in a chain of multiplications, so that it
//! takes as long on every worker and cannot be made shorter by the compiler.

use super::spec::Amount;
use super::{Spec, warm};
use crate::clock::Stopwatch;
use crate::contestant::{Load, Pool, Sample, WrongAnswer};
use std::hint::black_box;
use std::time::Instant;

pub(super) const TINY_SPEC: Spec = Spec {
    title: "a function of about 20 ns on every item of a vector, results in a vector",
    operations: "items",
    ..Spec::USUAL
};

pub(super) const SMALL_SPEC: Spec = Spec {
    title: "a function of about 1 µs on every item of a vector, results in a vector",
    ..TINY_SPEC
};

pub(super) const UNEVEN_SPEC: Spec = Spec {
    title: "a function that takes longer from item to item, up to about 20 µs, results in a vector",
    amount: Amount::Part(20),
    ..TINY_SPEC
};

/// How many multiplications the function does for an item of so many.
pub type Rounds = fn(item: u64, items: u64) -> u64;

/// About 20 ns for each.
pub const TINY: Rounds = |_, _| 32;
/// About 1 µs for each.
pub const SMALL: Rounds = |_, _| 750;
/// About 20 µs for the last.
pub const UNEVEN: Rounds = |item, items| 15_000 * item / items;

/// Measures from the vector of items to the vector of results.
///
/// # Errors
///
/// [`WrongAnswer`], with the first result that is wrong or out of place.
pub fn run<P: Pool>(load: &Load, rounds: Rounds) -> Result<Option<Sample>, WrongAnswer> {
    let pool = warm::<P>(load.workers);
    let number = load.operations;
    let items: Vec<u64> = (0..number).collect();
    let watch = Stopwatch::start();
    let results = pool.map(items, move |item| work(rounds(item, number), item));
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
pub fn time_of_work(rounds: Rounds) -> f64 {
    const ITEMS: u64 = 1000;
    let attempt = |_| {
        let start = Instant::now();
        for item in 0..ITEMS {
            black_box(work(rounds(item, ITEMS), black_box(item)));
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
fn work(rounds: u64, item: u64) -> u64 {
    let mut x = item;
    for _ in 0..rounds {
        x = (x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    black_box(x);
    answer(item)
}
