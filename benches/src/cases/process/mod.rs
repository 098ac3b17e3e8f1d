//! What process pools have to do, one file per case.
//!
//! As for threads: a fresh pool, warmed up, except where starting it is the point; the answer is
//! checked. Processor time is that of this process and all its workers.

pub mod burst;
pub mod each;
pub mod echo;
pub mod idle;
pub mod latency;
pub mod map;
pub mod memory;
pub mod round_trip;
pub mod start;
pub mod timed;

use super::{Spec, sum_below};
use crate::contestant::{ProcessPool, Trouble, WrongAnswer};
use std::collections::HashSet;
use std::time::Duration;

/// What a task does that does nothing.
pub(crate) fn number(n: u64) -> u64 {
    n
}

/// For as many tasks at a time to be in flight while a pool is warmed up.
const FEW: u64 = 100;

/// Makes a pool all of whose processes are there and have run tasks.
///
/// # Errors
///
/// [`Trouble::GaveUp`] if they do not come, or as the pool has it.
pub fn warm<P: ProcessPool>(workers: usize) -> Result<P, Trouble> {
    let pool = P::new(workers)?;
    let mut seen = HashSet::new();
    for _ in 0..100 {
        let handles: Result<Vec<_>, _> = (0..workers).map(|_| pool.submit(who, 10)).collect();
        for handle in handles? {
            seen.insert(pool.wait(handle)?);
        }
        if seen.len() >= workers {
            break;
        }
    }
    if seen.len() != workers {
        return Err(Trouble::GaveUp(format!("{} instead of {workers} workers", seen.len())));
    }
    for _ in 0..10 {
        sum_of(&pool, FEW)?;
    }
    Ok(pool)
}

/// The worker's process, after some milliseconds in which it cannot take another task.
fn who(milliseconds: u64) -> u32 {
    std::thread::sleep(Duration::from_millis(milliseconds));
    std::process::id()
}

/// Submits so many tasks and then adds up their results, which are checked.
fn sum_of<P: ProcessPool>(pool: &P, operations: u64) -> Result<(), Trouble> {
    let mut handles = Vec::with_capacity(operations as usize);
    submit_all(pool, 0..operations, &mut handles)?;
    let mut sum = 0;
    for handle in handles {
        sum += pool.wait(handle)?;
    }
    Ok(WrongAnswer::unless_equal(sum_below(operations), sum)?)
}

/// Submits a task for each number.
fn submit_all<P: ProcessPool>(
    pool: &P,
    numbers: std::ops::Range<u64>,
    handles: &mut Vec<P::Handle<u64>>,
) -> Result<(), Trouble> {
    for n in numbers {
        let handle = pool.submit(number, n).map_err(|trouble| after(handles.len(), &trouble))?;
        handles.push(handle);
    }
    Ok(())
}

/// Says how far it got.
fn after(tasks: usize, trouble: &Trouble) -> Trouble {
    match trouble {
        Trouble::GaveUp(reason) => Trouble::GaveUp(format!("after {tasks} tasks: {reason}")),
        other => other.clone(),
    }
}
