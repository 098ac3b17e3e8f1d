//! Tasks that submit tasks and wait for them.

use super::spec::Amount;
use super::{Spec, warm};
use crate::clock::Stopwatch;
use crate::contestant::{Load, Pool, Sample, WrongAnswer};

pub(super) const SPEC: Spec = Spec {
    title: "a binary tree of tasks, each submitting its children and waiting for them",
    amount: Amount::Part(10),
    ..Spec::USUAL
};

pub(super) const FORK_JOIN_SPEC: Spec = Spec {
    title: "the same tree by functions that divide their work in two and wait for both halves",
    operations: "nodes",
    ..SPEC
};

/// Measures one tree, whose tasks count themselves and everything below, however the pool does it.
///
/// # Errors
///
/// [`WrongAnswer`] if the count is wrong.
pub fn run<P: Pool>(
    load: &Load,
    count: impl FnOnce(&P, u64) -> Option<u64>,
) -> Result<Option<Sample>, WrongAnswer> {
    let pool = warm::<P>(load.workers);
    let watch = Stopwatch::start();
    let count = count(&pool, load.operations);
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
