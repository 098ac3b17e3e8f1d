//! Rows WAIT and ASC: watching futures of no executor, and many of them at once.

use crate::panicked;
use crate::support::guarded;
use concurrent_futures::{
    ReturnWhen, TaskError, as_completed, as_completed_timeout, join_all, join_all_timeout, promise,
    wait,
};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

/// WAIT-07: a hundred futures completed at the same instant by a hundred threads: none is missed.
#[test]
fn completed_at_the_same_instant() {
    guarded("completed_at_the_same_instant", || {
        for _ in 0..5 {
            let (promises, futures): (Vec<_>, Vec<_>) = (0..100).map(|_| promise::<u32>()).unzip();
            let start = Barrier::new(100);
            thread::scope(|scope| {
                for promise in promises {
                    let start = &start;
                    scope.spawn(move || {
                        start.wait();
                        promise.set_result(1).unwrap();
                    });
                }
                let waited = wait(&futures, None, ReturnWhen::AllCompleted);
                assert_eq!((waited.done.len(), waited.not_done.len()), (100, 0));
            });
            assert_eq!(
                as_completed(futures).map(|future| future.result().unwrap()).sum::<u32>(),
                100
            );
        }
    });
}

/// ASC-02: in the order of completion, exactly.
#[test]
fn in_completion_order() {
    guarded("in_completion_order", || {
        let (promises, futures): (Vec<_>, Vec<_>) = (0..10).map(|_| promise::<usize>()).unzip();
        let order = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7];
        let mut iterator = as_completed(futures);
        for (place, n) in order.into_iter().enumerate() {
            promises[n].set_result(n).unwrap();
            if place % 3 == 2 {
                for n in &order[place - 2..=place] {
                    assert_eq!(iterator.next().unwrap().result(), Ok(*n));
                }
            }
        }
        assert_eq!(iterator.next().unwrap().result(), Ok(7));
        assert!(iterator.next().is_none());
    });
}

/// WAIT-03, WAIT-04: failures of every kind count as failures, cancellations do not.
#[test]
fn what_counts_as_a_failure() {
    guarded("what_counts_as_a_failure", || {
        let (_pending, pending) = promise::<u32>();
        let (failed, failure) = promise::<u32>();
        let (abandoned, abandonment) = promise::<u32>();
        let (_cancelled, cancellation) = promise::<u32>();
        assert!(cancellation.cancel());
        failed.set_error(panicked("on purpose")).unwrap();
        drop(abandoned);
        let returns_at = |future| {
            let waited = wait([&pending, future], Duration::ZERO, ReturnWhen::FirstException);
            assert_eq!((waited.done.len(), waited.not_done.len()), (1, 1));
            // Without a limit it would have to return by itself.
            wait([future], None, ReturnWhen::FirstException).done.len()
        };
        assert_eq!([&failure, &abandonment, &cancellation].map(returns_at), [1, 1, 1]);
        let waited = wait([&pending, &failure], None, ReturnWhen::FirstException);
        assert_eq!(waited.not_done, [&pending]);
    });
}

/// WAIT-06, ASC-03: giving up leaves nothing behind: the future can be completed and watched again.
#[test]
fn giving_up_leaves_no_trace() {
    guarded("giving_up_leaves_no_trace", || {
        let (promise, future) = promise::<u32>();
        for _ in 0..100 {
            let waited = wait([&future], Duration::ZERO, ReturnWhen::AllCompleted);
            assert_eq!(waited.not_done, [&future]);
            assert!(as_completed_timeout([&future], Duration::ZERO).next().unwrap().is_err());
            drop(as_completed([&future]));
        }
        promise.set_result(1).unwrap();
        assert_eq!(as_completed([&future]).count(), 1);
    });
}

/// WAIT-08 (an extra): `join_all` keeps the order; its timed form gives everything back.
#[test]
fn join_all_keeps_order() {
    guarded("join_all_keeps_order", || {
        let (promises, futures): (Vec<_>, Vec<_>) = (0..3).map(|_| promise::<u32>()).unzip();
        promises[2].set_result(2).unwrap();
        let unfinished = join_all_timeout(futures, Duration::from_millis(1)).unwrap_err();
        assert_eq!((unfinished.unfinished(), unfinished.total()), (2, 3));
        let futures = unfinished.into_futures();
        assert!(futures[1].cancel());
        promises[0].set_result(0).unwrap();
        let expected = [Ok(0), Err(TaskError::Cancelled), Ok(2)];
        assert_eq!(join_all_timeout(futures, Duration::ZERO).unwrap(), expected);
        assert_eq!(join_all::<u32>([]), []);
    });
}

/// WAIT-01, ASC-04: a mixture of owners, sharers and references, some of them of one future.
#[test]
fn handles_of_all_kinds() {
    guarded("handles_of_all_kinds", || {
        let (number, first) = promise::<u32>();
        let (text, second) = promise::<&'static str>();
        let second = second.shared();
        let all =
            [first.task_ref(), second.task_ref(), second.clone().task_ref(), first.task_ref()];
        text.set_result("x").unwrap();
        number.set_result(1).unwrap();
        let ids: Vec<_> = as_completed(&all).map(concurrent_futures::TaskRef::id).collect();
        assert_eq!(ids, [first.id(), second.id()], "those that are over, in the order given");
        let guarded = first.cancel_on_drop();
        assert_eq!(wait([&guarded], None, ReturnWhen::AllCompleted).done.len(), 1);
    });
}
