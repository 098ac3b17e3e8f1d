//! Rows WAIT: `wait`, on every executor.

use crate::support::tasks::{fail, hold, square};
use crate::support::{Busy, Factory, Scratch, eventually};
use concurrent_futures::{
    Executor, Future, FutureState, ReturnWhen, Shutdown, TaskError, Waitable, Waited, as_completed,
    promise, wait,
};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

/// How many are done, and how many not.
fn sizes<W: Waitable>(waited: &Waited<W>) -> (usize, usize) {
    (waited.done.len(), waited.not_done.len())
}

/// WAIT-01: several handles of one future count once.
pub(crate) fn duplicates_count_once<F: Factory>() {
    let pool = F::pool(1);
    let future = pool.submit(square, 3).unwrap().shared();
    let twice = [future.clone(), future.clone(), future.clone()];
    assert_eq!(sizes(&wait(twice, None, ReturnWhen::AllCompleted)), (1, 0));
    assert_eq!(sizes(&wait([&future, &future], None, ReturnWhen::AllCompleted)), (1, 0));
    let references = vec![future.task_ref(); 5];
    assert_eq!(sizes(&wait(references, None, ReturnWhen::FirstCompleted)), (1, 0));
}

/// WAIT-02: `FirstCompleted` returns with one that is over, while others are not.
pub(crate) fn first_completed_returns_at_the_first<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(2);
    let busy = Busy::occupy(&pool, &scratch, 1);
    let gate = scratch.gate();
    let quick = pool.submit(hold, (gate.gate(), 7)).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let waited = wait([busy.future(), &quick], None, ReturnWhen::FirstCompleted);
            (waited.done == [&quick], waited.not_done == [busy.future()])
        });
        gate.open();
        assert_eq!(waiting.join().unwrap(), (true, true));
    });
    busy.release();
}

/// WAIT-02: `FirstCompleted` returns at once if some are over, and gives all of those.
pub(crate) fn first_completed_gives_all_that_are_over<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(2);
    let first = pool.submit(square, 2).unwrap();
    let second = pool.submit(fail, "on purpose".to_owned()).unwrap();
    first.wait();
    second.wait();
    let busy = Busy::occupy(&pool, &scratch, 1);
    let waited = wait([&first, busy.future(), &second], None, ReturnWhen::FirstCompleted);
    assert_eq!(waited.done, [&first, &second]);
    assert_eq!(waited.not_done, [busy.future()]);
    busy.release();
}

/// WAIT-03: `FirstException` returns at the first failure.
pub(crate) fn first_exception_returns_at_a_failure<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(2);
    let busy = Busy::occupy(&pool, &scratch, 1);
    let fine = pool.submit(square, 3).unwrap();
    let failing = pool.submit(fail, "on purpose".to_owned()).unwrap();
    // On the one free worker in the order submitted, so the fine one is over before.
    let waited = wait([busy.future(), &failing, &fine], None, ReturnWhen::FirstException);
    assert_eq!(waited.done, [&failing, &fine]);
    assert_eq!(waited.not_done, [busy.future()]);
    // There is a failure already now: at once.
    let waited = wait([&failing, busy.future()], None, ReturnWhen::FirstException);
    assert_eq!(sizes(&waited), (1, 1));
    busy.release();
}

/// WAIT-03, WAIT-04: without a failure `FirstException` waits for all; a cancellation is none, and
/// neither is an `Err` that a task returned.
pub(crate) fn first_exception_without_one_waits_for_all<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let last = pool.submit(hold, (gate.gate(), 7)).unwrap().task_ref();
    let cancelled = pool.submit(square, 3).unwrap().task_ref();
    assert!(cancelled.cancel());
    let returned = pool.submit(|(): ()| Err::<(), ()>(()), ()).unwrap().task_ref();
    let all = [last, cancelled, returned];
    let waited = wait(&all, Duration::from_millis(5), ReturnWhen::FirstException);
    assert_eq!(sizes(&waited), (1, 2), "the cancelled one is done, and is no failure");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| sizes(&wait(&all, None, ReturnWhen::FirstException)));
        gate.open();
        assert_eq!(waiting.join().unwrap(), (3, 0));
    });
}

/// WAIT-05: `AllCompleted` returns when all have finished, failed or been cancelled.
pub(crate) fn all_completed_waits_for_all<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let held = pool.submit(hold, (gate.gate(), 7)).unwrap();
    let fine = pool.submit(square, 3).unwrap();
    let failing = pool.submit(fail, "on purpose".to_owned()).unwrap();
    let cancelled = pool.submit(square, 4).unwrap();
    cancelled.cancel();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let waited = wait([held, fine, failing, cancelled], None, ReturnWhen::AllCompleted);
            assert!(gate.is_open());
            assert_eq!(sizes(&waited), (4, 0));
            waited.done.into_iter().map(|future| future.result().is_ok()).collect::<Vec<_>>()
        });
        gate.open();
        assert_eq!(waiting.join().unwrap(), [true, true, false, false]);
    });
}

/// WAIT-05: the same, where tasks are over when they have been submitted.
pub(crate) fn all_completed_of_finished_ones<F: Factory>() {
    let pool = F::pool(2);
    let futures: Vec<_> = (0..10).map(|n| pool.submit(square, n).unwrap()).collect();
    let waited = wait(futures, None, ReturnWhen::AllCompleted);
    assert!(waited.not_done.is_empty());
    let results: Vec<_> = waited.done.into_iter().map(|future| future.result().unwrap()).collect();
    assert_eq!(results, (0..10).map(|n| n * n).collect::<Vec<_>>(), "in the order given");
}

/// WAIT-06: a time-out is no error: what is done and what is not, as it stands.
pub(crate) fn timeout_gives_the_partition<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let done = pool.submit(square, 3).unwrap();
    done.wait();
    let busy = Busy::occupy(&pool, &scratch, 1);
    let pending = pool.submit(square, 4).unwrap();
    for timeout in [Duration::ZERO, Duration::from_millis(5)] {
        let all = [&pending, &done, busy.future()];
        let waited = wait(all, timeout, ReturnWhen::AllCompleted);
        assert_eq!(waited.done, [&done]);
        assert_eq!(waited.not_done, [&pending, busy.future()]);
    }
    busy.release();
    assert_eq!(pending.result(), Ok(16), "the wait has not changed it");
}

/// WAIT-07: many tasks that end at the same instant are all noticed.
pub(crate) fn none_of_many_is_missed<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(8);
    for _ in 0..3 {
        let gate = scratch.gate();
        let futures: Vec<_> =
            (0..100).map(|n| pool.submit(hold, (gate.gate(), n)).unwrap()).collect();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| sizes(&wait(&futures, None, ReturnWhen::AllCompleted)));
            gate.open();
            assert_eq!(waiting.join().unwrap(), (100, 0));
        });
    }
}

/// WAIT-08: every future is in one of the two lists, once; no futures, no waiting.
pub(crate) fn lists_are_a_partition<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let mut all: Vec<_> = (0..10).map(|n| pool.submit(square, n).unwrap()).collect();
    all.iter().for_each(Future::wait);
    let busy = Busy::occupy(&pool, &scratch, 1);
    all.extend((10..20).map(|n| pool.submit(square, n).unwrap()));
    let waited = wait(&all, Duration::ZERO, ReturnWhen::AllCompleted);
    assert_eq!(waited.done, all[..10].iter().collect::<Vec<_>>());
    assert_eq!(waited.not_done, all[10..].iter().collect::<Vec<_>>());
    busy.release();

    for return_when in
        [ReturnWhen::AllCompleted, ReturnWhen::FirstCompleted, ReturnWhen::FirstException]
    {
        let none: [&Future<u64>; 0] = [];
        assert_eq!(sizes(&wait(none, None, return_when)), (0, 0));
    }
}

/// WAIT-09: futures of several executors, of no executor and of several types can be mixed.
pub(crate) fn anything_can_be_mixed<F: Factory>() {
    let (one, other) = (F::pool(1), F::pool(1));
    let (promise, promised) = promise::<String>();
    let number = one.submit(square, 3).unwrap();
    let text = other.submit(|n: u64| n.to_string(), 3).unwrap();
    promise.set_result("kept".to_owned()).unwrap();
    let mixed = [number.task_ref(), text.task_ref(), promised.task_ref()];
    assert_eq!(sizes(&wait(mixed, None, ReturnWhen::AllCompleted)), (3, 0));
    // Any iterable, by value or by reference, of one type.
    let waited = wait([text, promised], None, ReturnWhen::AllCompleted);
    assert_eq!(waited.done.len(), 2);
    assert_eq!(sizes(&wait(Some(&number), None, ReturnWhen::AllCompleted)), (1, 0));
}

/// WAIT-10 (done better), FUT-13: a cancelled future is done the moment `cancel` has returned,
/// although its executor has not come across it yet.
pub(crate) fn cancelled_is_done_at_once<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let busy = Busy::occupy(&pool, &scratch, 1);
    let cancelled = pool.submit(square, 3).unwrap();
    let pending = pool.submit(square, 4).unwrap();
    assert!(cancelled.cancel());
    for return_when in [ReturnWhen::FirstCompleted, ReturnWhen::AllCompleted] {
        let waited = wait([&cancelled], None, return_when);
        assert_eq!(waited.done, [&cancelled]);
    }
    // And it wakes whoever is waiting.
    thread::scope(|scope| {
        let waiting = scope.spawn(|| sizes(&wait([&pending], None, ReturnWhen::AllCompleted)));
        assert!(pending.cancel());
        assert_eq!(waiting.join().unwrap(), (1, 0));
    });
    assert_eq!(busy.future().state(), FutureState::Running);
    busy.release();
}

/// WAIT-12: overlapping waits from many threads, in opposite orders, do not block each other.
pub(crate) fn overlapping_waits_do_not_deadlock<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(2);
    for _ in 0..5 {
        let gate = scratch.gate();
        let futures: Vec<_> =
            (0..20).map(|n| pool.submit(hold, (gate.gate(), n)).unwrap()).collect();
        let ready = Barrier::new(9);
        thread::scope(|scope| {
            for waiter in 0..8 {
                let (futures, ready) = (&futures, &ready);
                scope.spawn(move || {
                    ready.wait();
                    let waited = if waiter % 2 == 0 {
                        wait(futures.iter(), None, ReturnWhen::AllCompleted)
                    } else {
                        wait(futures.iter().rev(), None, ReturnWhen::AllCompleted)
                    };
                    assert_eq!(sizes(&waited), (20, 0));
                });
            }
            ready.wait();
            gate.open();
        });
    }
}

/// SHUT-08 (done better), WAIT-10: what a shutdown cancels is done for everybody who waits.
pub(crate) fn shutdown_wakes_waiters<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let busy = Busy::occupy(&pool, &scratch, 1);
    let futures: Vec<_> = (0..20).map(|n| pool.submit(square, n).unwrap()).collect();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let waited = wait(&futures, None, ReturnWhen::AllCompleted);
            waited.done.iter().filter(|future| future.cancelled()).count()
        });
        let iterating = scope.spawn(|| as_completed(&futures).count());
        pool.shutdown(Shutdown::no_wait().cancel_pending());
        assert_eq!(waiting.join().unwrap(), 20);
        assert_eq!(iterating.join().unwrap(), 20);
    });
    for future in futures {
        assert_eq!(future.result(), Err(TaskError::Cancelled));
    }
    eventually("the worker to be still at it", || busy.future().running());
    busy.release();
}
