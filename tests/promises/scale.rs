//! Rows WAIT and ASC with 100,000 futures: the work must not grow with the square of their number.
//!
//! It would be 10^10 steps, which is minutes in a debug build; the watchdog sees to it.

use crate::support::guarded;
use crate::support::watchdog::patient;
use concurrent_futures::{
    Executor, MapOptions, ReturnWhen, TaskRef, ThreadPoolExecutor, as_completed,
    as_completed_timeout, promise, wait,
};
use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

const MANY: usize = 100_000;

/// Runs a test that must take a time in proportion to [`MANY`].
fn in_proportion(name: &str, test: impl FnOnce()) {
    guarded(name, || {
        let start = Instant::now();
        test();
        assert!(start.elapsed() < patient(Duration::from_secs(30)), "{:?}", start.elapsed());
    });
}

/// WAIT-05, ASC-02: all of them pending, then completed in an order of its own.
#[test]
fn watching_many_promises() {
    in_proportion("watching_many_promises", || {
        let (promises, futures): (Vec<_>, Vec<_>) = (0..MANY).map(promise_of).unzip();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| wait(&futures, None, ReturnWhen::AllCompleted).done.len());
            let mut seen = HashSet::new();
            let mut iterator = as_completed(&futures);
            for (n, promise) in promises.iter().enumerate().rev() {
                promise.set_result(n).unwrap();
                seen.insert(iterator.next().unwrap().id());
            }
            assert!(iterator.next().is_none());
            assert_eq!(seen.len(), MANY);
            assert_eq!(waiting.join().unwrap(), MANY);
        });
    });
}

fn promise_of(_: usize) -> (concurrent_futures::Promise<usize>, concurrent_futures::Future<usize>) {
    promise()
}

/// WAIT-02, WAIT-06: partitions of many, of which a few are done.
#[test]
fn partitions_of_many() {
    in_proportion("partitions_of_many", || {
        let (promises, futures): (Vec<_>, Vec<_>) = (0..MANY).map(promise_of).unzip();
        for done in 1..4 {
            promises[MANY - done].set_result(0).unwrap();
            for return_when in [ReturnWhen::FirstCompleted, ReturnWhen::AllCompleted] {
                let waited = wait(&futures, Duration::ZERO, return_when);
                assert_eq!((waited.done.len(), waited.not_done.len()), (done, MANY - done));
            }
            let mut iterator = as_completed_timeout(&futures, Duration::ZERO);
            assert_eq!(iterator.by_ref().filter(Result::is_ok).count(), done);
        }
    });
}

/// SUB-07, ASC-01, MAP-01: a hundred thousand tasks, each way.
#[test]
fn many_tasks() {
    in_proportion("many_tasks", || {
        let pool = ThreadPoolExecutor::builder().max_workers(2).build().unwrap();
        let submit =
            || (0..MANY).map(|n| pool.submit(|n: usize| n as u64, n).unwrap()).collect::<Vec<_>>();
        let sum = MANY as u64 * (MANY as u64 - 1) / 2;
        let futures = submit();
        assert_eq!(as_completed(futures).map(|future| future.result().unwrap()).sum::<u64>(), sum);
        let waited = wait(submit(), None, ReturnWhen::AllCompleted);
        assert_eq!(waited.done.len(), MANY);
        let cancelled = submit().iter().filter(|future| future.cancel()).count();
        assert!(cancelled <= MANY);
        for options in [
            MapOptions::new(),
            MapOptions::new().unordered(),
            MapOptions::new().with_buffersize(1000),
            MapOptions::new().with_buffersize(1000).unordered(),
        ] {
            let results = pool.map_with(|n: usize| n as u64, 0..MANY, options).unwrap();
            assert_eq!(results.map(Result::unwrap).sum::<u64>(), sum);
        }
    });
}

/// ASC-02, WAIT-05: waiting for many inside a task of the pool, which helps.
#[test]
fn many_tasks_inside_a_task() {
    in_proportion("many_tasks_inside_a_task", || {
        let pool = Arc::new(ThreadPoolExecutor::builder().max_workers(1).build().unwrap());
        let inner = Arc::clone(&pool);
        let task = move || {
            let submit =
                || (0..MANY).map(|n| (*inner).submit(|n: usize| n, n).unwrap()).collect::<Vec<_>>();
            let completed = as_completed(submit()).count();
            let waited = wait(submit(), None, ReturnWhen::AllCompleted).done.len();
            let mapped = (*inner).map(|n: usize| n, 0..MANY).unwrap().count();
            (completed, waited, mapped)
        };
        assert_eq!(pool.spawn(task).unwrap().result(), Ok((MANY, MANY, MANY)));
        assert_eq!(Executor::max_workers(&*pool), 1);
    });
}

/// FUT-13, FUT-17: one shared future, awaited by many.
#[test]
fn many_await_one_future() {
    in_proportion("many_await_one_future", || {
        let (promise, future) = promise::<u32>();
        let shared = future.shared();
        let mut context = Context::from_waker(Waker::noop());
        let mut handles: Vec<_> = (0..MANY).map(|_| Box::pin(shared.clone())).collect();
        for handle in &mut handles {
            assert!(handle.as_mut().poll(&mut context).is_pending());
        }
        promise.set_result(1).unwrap();
        for handle in &mut handles {
            assert_eq!(handle.as_mut().poll(&mut context), Poll::Ready(Ok(1)));
        }
    });
}

/// More references to one task than its count can hold: nothing is freed too early or twice.
#[test]
fn more_references_than_can_be_counted() {
    in_proportion("more_references_than_can_be_counted", || {
        let value = Arc::new(());
        let (promise, future) = promise();
        let mut references = vec![future.task_ref()];
        for _ in 0..3 {
            let count = references.len();
            references.resize_with(count + (1 << 20), || future.task_ref());
            assert_eq!(references[count].id(), future.id());
        }
        references.truncate(100);
        promise.set_result(Arc::clone(&value)).unwrap();
        drop(promise);
        assert!(references.iter().all(TaskRef::done));
        drop(references);
        assert_eq!(Arc::strong_count(&future.result().unwrap()), 2);
        assert_eq!(Arc::strong_count(&value), 1);
    });
}
