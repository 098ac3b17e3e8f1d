//! A function that does next to nothing on many items, the results in order.

use super::{Spec, warm};
use crate::clock::Stopwatch;
use crate::contestant::{Load, ProcessPool, Sample, Trouble, WrongAnswer};

pub(in crate::cases) const SPEC: Spec = Spec {
    title: "a function that adds 1, on every item of a vector, results in a vector",
    operations: "items (python-executor: fewer; the time is per item)",
    ..Spec::PROCESSES
};

/// Measures from the vector of items to the vector of results.
///
/// # Errors
///
/// [`Trouble`], with the first result that is wrong or out of place, or as the pool has it.
pub fn run<P: ProcessPool>(load: &Load) -> Result<Option<Sample>, Trouble> {
    let pool: P = warm(load.workers)?;
    let items: Vec<u64> = (0..load.operations).collect();
    let watch = Stopwatch::start_family();
    let results = pool.map(add_one, items)?;
    let sample = watch.per_operation(load.operations);
    let Some(results) = results else {
        return Ok(None);
    };
    check(load.operations, results.into_iter())?;
    Ok(Some(sample))
}

/// The function.
pub(crate) fn add_one(x: u64) -> u64 {
    x + 1
}

/// Whether these are the results for the numbers below `number`, in their order.
pub(crate) fn check(
    number: u64,
    results: impl ExactSizeIterator<Item = u64>,
) -> Result<(), WrongAnswer> {
    WrongAnswer::unless_equal(number, results.len() as u64)?;
    (0..)
        .zip(results)
        .try_for_each(|(item, result)| WrongAnswer::unless_equal(add_one(item), result))
}
