//! What a task costs while it waits, in all processes together.

use super::{Spec, submit_all, sum_below, warm};
use crate::alloc::counted;
use crate::cases::idle::SETTLE;
use crate::cases::spec::Unit;
use crate::contestant::{Load, ProcessPool, Sample, Trouble, WrongAnswer};
use crate::family;
use std::time::{Duration, Instant};

pub(in crate::cases) const SPEC: Spec = Spec {
    title: "bytes per task that waits, its handle and argument included, in all processes together",
    operations: "pending tasks (slow peers: fewer; the memory is per task)",
    times: [Duration::from_secs(3), Duration::from_secs(1)],
    unit: Unit::Bytes,
    repetitions: 1,
    ..Spec::PROCESSES
};

/// Lets all workers sleep, submits, and looks how much more memory there is than before. `None` if the system
/// does not tell.
///
/// That is what the allocator of this process has given, and what other processes have, and what is shared, by
/// the page, shared pages once. The allocator's own part is not counted, since it may have kept pages of
/// earlier measurements.
///
/// # Errors
///
/// [`Trouble`], if the results do not add up, if the workers did not sleep long enough, or as the pool
/// has it.
pub fn run<P: ProcessPool>(load: &Load) -> Result<Option<Sample>, Trouble> {
    let pool: P = warm(load.workers)?;
    let operations = load.reduced(P::PATIENCE).operations;
    let mut handles = Vec::with_capacity(operations as usize);
    let sleepers = (0..load.workers).map(|_| pool.submit(sleep, load.time));
    let sleepers = sleepers.collect::<Result<Vec<_>, _>>()?;
    let begin = Instant::now();
    std::thread::sleep(SETTLE);
    let before = family::resident_elsewhere();
    let (submitted, live) = counted(|| submit_all(&pool, 0..operations, &mut handles));
    let after = family::resident_elsewhere();
    submitted?;
    if begin.elapsed() > load.time {
        return Err(Trouble::GaveUp("it has taken too long to submit".to_owned()));
    }
    for sleeper in sleepers {
        pool.wait(sleeper)?;
    }
    let mut sum = 0;
    for handle in handles {
        sum += pool.wait(handle)?;
    }
    WrongAnswer::unless_equal(sum_below(operations), sum)?;
    let handle = size_of::<P::Handle<u64>>() as f64;
    let sample = |(before, after): (u64, u64)| {
        let elsewhere = after.cast_signed() - before.cast_signed();
        let per_task = |total: f64| total / operations as f64;
        let value = per_task(elsewhere as f64 + live.bytes as f64) + handle;
        let allocations = per_task(live.blocks as f64);
        Sample { operations: Some(operations), ..Sample::of(value).with(Some(allocations)) }
    };
    Ok(before.zip(after).map(sample))
}

fn sleep(time: Duration) {
    std::thread::sleep(time);
}
