//! Rows ASC: `as_completed`, on every executor.

use crate::support::tasks::{fail, hold, square};
use crate::support::{Busy, Factory, Scratch};
use concurrent_futures::{Executor, Future, as_completed, as_completed_timeout, promise};
use std::collections::HashSet;
use std::thread;
use std::time::{Duration, Instant};

/// ASC-01: every future once: finished, failed, cancelled, and those still to come.
pub(crate) fn yields_each_once<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let finished = pool.submit(square, 2).unwrap();
    let failed = pool.submit(fail, "on purpose".to_owned()).unwrap();
    finished.wait();
    failed.wait();
    let gate = scratch.gate();
    let held = pool.submit(hold, (gate.gate(), 7)).unwrap();
    let coming = pool.submit(square, 3).unwrap();
    let cancelled = pool.submit(square, 4).unwrap();
    cancelled.cancel();
    let all = [&held, &coming, &finished, &failed, &cancelled];
    let ids: HashSet<_> = all.iter().map(|future| future.id()).collect();
    let mut iterator = as_completed(all);
    assert_eq!(iterator.len(), 5);
    let mut seen: Vec<_> = iterator.by_ref().take(3).map(Future::id).collect();
    gate.open();
    seen.extend(iterator.map(Future::id));
    assert_eq!(seen.len(), 5);
    assert_eq!(seen.into_iter().collect::<HashSet<_>>(), ids);
}

/// ASC-01: the same, where futures are always over.
pub(crate) fn yields_finished_ones<F: Factory>() {
    let pool = F::pool(2);
    let futures: Vec<_> = (0..20).map(|n| pool.submit(square, n).unwrap()).collect();
    let mut results: Vec<_> =
        as_completed(futures).map(|future| future.result().unwrap()).collect();
    results.sort_unstable();
    assert_eq!(results, (0..20).map(|n| n * n).collect::<Vec<_>>());
}

/// ASC-02: those that are over come first, the others in the order in which they end.
pub(crate) fn yields_in_completion_order<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(3);
    let gates: Vec<_> = (0..3).map(|_| scratch.gate()).collect();
    let held: Vec<_> =
        (0..3).map(|n| pool.submit(hold, (gates[n].gate(), n as u64)).unwrap()).collect();
    let over = promise::<u64>();
    over.0.set_result(9).unwrap();
    let mut iterator = as_completed(held.iter().chain([&over.1]));
    assert_eq!(iterator.next(), Some(&over.1));
    for n in [1, 2, 0] {
        gates[n].open();
        assert_eq!(iterator.next(), Some(&held[n]));
    }
    assert_eq!(iterator.next(), None);
    assert_eq!(iterator.next(), None);
}

/// ASC-03: with a time limit, what is over comes, then one error with both counts and the rest.
pub(crate) fn timeout_tells_how_many<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let finished = pool.submit(square, 3).unwrap();
    finished.wait();
    let busy = Busy::occupy(&pool, &scratch, 1);
    let pending = pool.submit(square, 4).unwrap();
    for timeout in [Duration::ZERO, Duration::from_millis(5)] {
        let all = [&pending, busy.future(), &finished, &pending];
        let mut iterator = as_completed_timeout(all, timeout);
        assert_eq!(iterator.next().unwrap().unwrap(), &finished);
        let error = iterator.next().unwrap().unwrap_err();
        assert_eq!((error.unfinished(), error.total()), (2, 3));
        assert_eq!(error.to_string(), "2 (of 3) futures unfinished");
        assert_eq!(error.into_futures(), [&pending, busy.future()]);
        assert!(iterator.next().is_none());
    }
    busy.release();
    assert_eq!(pending.result(), Ok(16));
}

/// ASC-03: with time enough there is no error.
pub(crate) fn timeout_that_suffices<F: Factory>() {
    let pool = F::pool(2);
    let futures: Vec<_> = (0..10).map(|n| pool.submit(square, n).unwrap()).collect();
    let all: Result<Vec<_>, _> = as_completed_timeout(futures, Duration::MAX).collect();
    let sum: u64 = all.unwrap().into_iter().map(|future| future.result().unwrap()).sum();
    assert_eq!(sum, 285);
}

/// ASC-04: several handles of one future are yielded once; any iterable will do.
pub(crate) fn yields_duplicates_once<F: Factory>() {
    let pool = F::pool(1);
    let first = pool.submit(square, 3).unwrap().shared();
    let second = pool.submit(square, 4).unwrap().shared();
    let handles = vec![first.clone(), second.clone(), first.clone(), second, first];
    let mut results: Vec<_> =
        as_completed(handles.into_iter().rev()).map(|future| *future.result().unwrap()).collect();
    results.sort_unstable();
    assert_eq!(results, [9, 16]);
}

/// ASC-05: the iterator keeps nothing of what it has yielded: the value can be taken at once.
pub(crate) fn yields_handles_by_value<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let quick = pool.submit(square, 3).unwrap();
    let slow = pool.submit(hold, (gate.gate(), 7)).unwrap();
    let mut iterator = as_completed([slow, quick]);
    assert_eq!(iterator.next().unwrap().result(), Ok(9));
    gate.open();
    assert_eq!(iterator.next().unwrap().result(), Ok(7));
}

/// ASC-06 (as documented, not as CPython does): the time counts from the call, not from the first
/// `next`.
pub(crate) fn timeout_counts_from_the_call<F: Factory>() {
    const TIMEOUT: Duration = Duration::from_secs(1);
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let busy = Busy::occupy(&pool, &scratch, 1);
    let mut iterator = as_completed_timeout([busy.future()], TIMEOUT);
    thread::sleep(TIMEOUT);
    // Counted from here, the wait would take all of the time once more.
    let start = Instant::now();
    assert!(iterator.next().unwrap().is_err());
    assert!(start.elapsed() < TIMEOUT);
    drop(iterator);
    busy.release();
}
