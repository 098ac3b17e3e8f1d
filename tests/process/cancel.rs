//! Tasks that are cancelled, here or on their way.

use crate::pool;
use crate::support::tasks::{hold, square, visit, visit_and_hold};
use crate::support::{Busy, Scratch, eventually, guarded};
use concurrent_futures::{Executor, FutureState, Shutdown, TaskError, join_all};

/// PPE-18 (better): what has been handed out ahead can be cancelled like what is queued, and never
/// runs; nothing but what is being run says that it is running.
#[test]
fn what_is_handed_out_ahead() {
    guarded("what_is_handed_out_ahead", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = pool(1);
        let busy = Busy::occupy(&pool, &scratch, 1);
        let futures: Vec<_> =
            (0..5).map(|n| pool.submit(visit, (journal.clone(), n)).unwrap()).collect();
        let stats = pool.stats();
        assert_eq!((stats.with_workers, stats.queued), (2, 4), "one is ahead");
        for future in &futures {
            assert_eq!(future.state(), FutureState::Pending);
            assert!(!future.running());
        }
        for future in &futures {
            assert!(future.cancel());
            assert!(future.cancel(), "again");
            assert_eq!(future.state(), FutureState::Cancelled);
        }
        assert_eq!(pool.stats().with_workers, 1);
        assert!(!busy.future().cancel());
        busy.release();
        assert_eq!(pool.submit(square, 3).unwrap().result(), Ok(9));
        assert_eq!(journal.lines(), [""; 0]);
        for outcome in join_all(futures) {
            assert_eq!(outcome, Err(TaskError::Cancelled));
        }
    });
}

/// PPE-18, FUT-11: a task that was sent says that it is running once it is, whoever asks, and without
/// anybody waiting for it.
#[test]
fn running_tasks_say_so() {
    guarded("running_tasks_say_so", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = pool(1);
        let gate = scratch.gate();
        let submit = |n| pool.submit(visit_and_hold, (journal.clone(), gate.gate(), n)).unwrap();
        let (first, second) = (submit(1), submit(2));
        journal.wait_for(1);
        assert!(first.running());
        assert!(!first.cancel());
        assert_eq!((first.state(), second.state()), (FutureState::Running, FutureState::Pending));
        let second = second.shared();
        gate.open();
        assert_eq!(second.result(), Ok(&2));
        assert_eq!(first.state(), FutureState::Finished);
    });
}

/// FUT-10: of `cancel` and a worker's start exactly one wins.
#[test]
fn cancel_races_with_the_start() {
    guarded("cancel_races_with_the_start", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = pool(2);
        let mut expected = Vec::new();
        let mut cancelled = 0;
        for n in 0..3000_u64 {
            let future = pool.submit(visit, (journal.clone(), n)).unwrap();
            for _ in 0..n % 64 {
                std::thread::yield_now();
            }
            if future.cancel() {
                cancelled += 1;
                assert_eq!(future.result(), Err(TaskError::Cancelled));
            } else {
                expected.push(n);
                assert_eq!(future.result(), Ok(n));
            }
        }
        assert!(pool.shutdown(Shutdown::wait()));
        assert_eq!(journal.sorted_numbers(), expected);
        let stats = pool.stats();
        assert_eq!(stats.completed, 3000 - cancelled);
        assert_eq!((stats.failed, stats.lost, stats.queued, stats.with_workers), (0, 0, 0, 0));
    });
}

/// PPE-18: what stands behind cancelled tasks is not forgotten, even if the worker has nothing left
/// that it could finish.
#[test]
fn cancelling_wakes_the_rest() {
    guarded("cancelling_wakes_the_rest", || {
        for workers in [1, 2] {
            let pool = pool(workers);
            pool.submit(square, 1).unwrap().result().unwrap();
            for n in 0..3000 {
                let futures: Vec<_> = (0..5).map(|n| pool.submit(square, n).unwrap()).collect();
                for future in futures[..4].iter().rev() {
                    future.cancel();
                }
                let last = futures.into_iter().next_back().unwrap();
                assert_eq!(last.result(), Ok(16), "{n}");
            }
        }
    });
}

/// MAP-08, PPE-18: cancelling a map takes back what has been handed out of it.
#[test]
fn cancelling_a_map() {
    guarded("cancelling_a_map", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = pool(1);
        let busy = Busy::occupy(&pool, &scratch, 1);
        let items = (0..100).map(|n| (journal.clone(), n));
        let mut results = pool.map(visit, items.collect::<Vec<_>>()).unwrap();
        assert_eq!(pool.stats().queued + pool.stats().with_workers, 101);
        results.cancel();
        assert_eq!(pool.stats().with_workers, 1);
        busy.release();
        assert_eq!(pool.submit(square, 3).unwrap().result(), Ok(9));
        assert_eq!(journal.lines(), [""; 0]);
    });
}

/// MAP-08: the same at any moment: each item is run, or it is not, and the pool ends whatever comes.
#[test]
fn cancelling_a_map_at_any_moment() {
    guarded("cancelling_a_map_at_any_moment", || {
        for round in 0..100 {
            let pool = pool(1);
            if round % 2 == 0 {
                pool.submit(square, 1).unwrap().result().unwrap();
            }
            let mut results = pool.map(square, 0..round % 7 + 1).unwrap();
            for _ in 0..round * 9 {
                std::thread::yield_now();
            }
            pool.shutdown(Shutdown::no_wait());
            results.cancel();
            assert!(pool.shutdown(Shutdown::wait()));
        }
    });
}

/// SHUT-07: a shutdown that cancels takes back what was handed out ahead, and nothing that runs.
#[test]
fn shutdown_takes_back() {
    guarded("shutdown_takes_back", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = pool(2);
        let busy = Busy::occupy(&pool, &scratch, 2);
        let futures: Vec<_> =
            (0..10).map(|n| pool.submit(visit, (journal.clone(), n)).unwrap()).collect();
        let results = pool.map(visit, (0..10).map(|n| (journal.clone(), n)).collect::<Vec<_>>());
        assert!(!pool.shutdown(Shutdown::no_wait().cancel_pending()));
        assert!(futures.iter().all(concurrent_futures::Future::cancelled));
        assert_eq!(results.unwrap().filter(|item| *item == Err(TaskError::Cancelled)).count(), 10);
        busy.release();
        assert!(pool.shutdown(Shutdown::wait()));
        assert_eq!(journal.lines(), [""; 0]);
    });
}

/// FUT-10: many are cancelled by several threads while workers run them.
#[test]
fn cancelled_from_everywhere() {
    guarded("cancelled_from_everywhere", || {
        let scratch = Scratch::new();
        let pool = pool(2);
        for _ in 0..5 {
            let gate = scratch.gate();
            let futures: Vec<_> =
                (0..500).map(|n| pool.submit(hold, (gate.gate(), n)).unwrap().shared()).collect();
            eventually("two to run", || futures.iter().filter(|f| f.running()).count() == 2);
            gate.open();
            let cancelled = std::thread::scope(|scope| {
                let cancel = || futures.iter().rev().filter(|future| future.cancel()).count();
                let all: Vec<_> = (0..3).map(|_| scope.spawn(cancel)).collect();
                all.into_iter().map(|thread| thread.join().unwrap()).max().unwrap()
            });
            let (mut ok, mut gone) = (0, 0);
            for (n, future) in (0..).zip(&futures) {
                match future.result() {
                    Ok(value) => {
                        assert_eq!(*value, n);
                        ok += 1;
                    }
                    Err(TaskError::Cancelled) => gone += 1,
                    Err(other) => panic!("{other}"),
                }
            }
            assert_eq!((gone, ok + gone), (cancelled, 500));
        }
        assert_eq!(pool.stats().lost, 0);
    });
}
