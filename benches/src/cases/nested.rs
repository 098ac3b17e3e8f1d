//! Tasks that submit tasks and wait for them.

use super::{Spec, warm};
use crate::clock::Stopwatch;
use crate::contestant::{Load, Pool, Sample, WrongAnswer};
use crate::units::Unit;

pub(super) const SPEC: Spec = Spec {
    title: "nested: a binary tree of tasks, each submitting its children and waiting for them",
    operations: "tasks",
    divisor: 10,
    unit: Unit::Time,
    once: false,
};

/// Measures one tree, whose tasks count themselves and everything below.
///
/// # Errors
///
/// [`WrongAnswer`] if the count is wrong.
pub fn run<P: Pool>(load: &Load) -> Result<Option<Sample>, WrongAnswer> {
    let pool = warm::<P>(load.workers);
    let watch = Stopwatch::start();
    let count = pool.tree(load.operations);
    let sample = watch.per_operation(load.operations);
    let Some(count) = count else {
        return Ok(None);
    };
    WrongAnswer::unless_equal(load.operations, count)?;
    Ok(Some(sample))
}

/// The sizes of the two trees below the root of one with this many nodes; 0 is no tree.
pub fn children(nodes: u64) -> [u64; 2] {
    let left = (nodes - 1) / 2;
    [left, nodes - 1 - left]
}
