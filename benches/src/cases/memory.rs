//! What a task costs while it waits in the queue.

use super::spec::{Unit, Workers};
use super::{Spec, sum_below, warm};
use crate::alloc::counted;
use crate::contestant::{Load, Pool, Sample, WrongAnswer};
use crate::gate::Gate;
use std::sync::Arc;

pub(super) const SPEC: Spec = Spec {
    title: "bytes per task that waits in the queue, its handle included, its closure not",
    operations: "pending tasks",
    workers: Workers::Each(&[10]),
    unit: Unit::Bytes,
    repetitions: 1,
    ..Spec::USUAL
};

/// Blocks all workers, submits, and counts what is alive then.
///
/// # Errors
///
/// [`WrongAnswer`] if the results do not add up once the workers go on.
pub fn run<P: Pool>(load: &Load) -> Result<Sample, WrongAnswer> {
    let pool = warm::<P>(load.workers);
    let gate = Arc::new(Gate::default());
    for _ in 0..load.workers {
        let gate = Arc::clone(&gate);
        pool.forget(move || gate.pass());
    }
    gate.await_waiting(load.workers);

    let mut handles = Vec::with_capacity(load.operations as usize);
    let mut closure = 0;
    let ((), live) = counted(|| {
        for n in 0..load.operations {
            let task = move || n;
            closure = size_of_val(&task);
            handles.push(pool.submit(task));
        }
    });
    gate.open();

    let per_task = |total: isize| total as f64 / load.operations as f64;
    let heap = per_task(live.bytes);
    let value = heap + size_of::<P::Handle<u64>>() as f64 - closure as f64;
    let sample = Sample::of(value).with(Some(per_task(live.blocks)));
    WrongAnswer::unless_equal(sum_below(load.operations), pool.sum(handles))?;
    Ok(sample)
}
