//! Row SUB-07, the extra: a bounded queue. And threads that end when idle.

use crate::support::{Busy, Scratch, eventually, guarded};
use concurrent_futures::{Shutdown, SubmitError, ThreadPoolExecutor};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

fn bounded(max_workers: usize, bound: usize) -> ThreadPoolExecutor {
    ThreadPoolExecutor::builder().max_workers(max_workers).queue_bound(bound).build().unwrap()
}

/// SUB-07 (an extra): `try_submit` on a full queue is refused and gives the argument back.
#[test]
fn full_queue_refuses() {
    guarded("full_queue_refuses", || {
        let scratch = Scratch::new();
        let pool = bounded(1, 2);
        let busy = Busy::occupy(&pool, &scratch, 1);
        let queued = [1, 2].map(|n| pool.try_submit(|n: u64| n, n).unwrap());
        let refused = pool.try_submit(|text: String| text, "kept".to_owned()).unwrap_err();
        assert!(refused.is_full());
        assert_eq!(refused.to_string(), "the queue is full");
        assert_eq!(refused.into_argument().as_deref(), Some("kept"));
        assert_eq!(pool.stats().queued, 2);
        busy.release();
        assert_eq!(queued.map(|future| future.result().unwrap()), [1, 2]);
        assert_eq!(pool.try_submit(|n: u64| n, 3).unwrap().result(), Ok(3));
    });
}

/// SUB-07 (an extra): `submit` waits for room, and the bound holds while many submit.
#[test]
fn full_queue_makes_wait() {
    guarded("full_queue_makes_wait", || {
        let scratch = Scratch::new();
        let pool = bounded(1, 2);
        let busy = Busy::occupy(&pool, &scratch, 1);
        let submitted = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for n in 0..5_u64 {
                        drop(pool.submit(|n| n, n).unwrap());
                        submitted.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            eventually("the queue to be full", || submitted.load(Ordering::SeqCst) == 2);
            assert_eq!(pool.stats().queued, 2);
            busy.release();
        });
        assert_eq!(submitted.load(Ordering::SeqCst), 20);
        pool.shutdown(Shutdown::wait());
        assert_eq!(pool.stats().completed, 21);
    });
}

/// SHUT-01, SUB-07: whoever waits for room is sent away by a shutdown.
#[test]
fn shutdown_ends_the_wait_for_room() {
    guarded("shutdown_ends_the_wait_for_room", || {
        let scratch = Scratch::new();
        let pool = bounded(1, 1);
        let busy = Busy::occupy(&pool, &scratch, 1);
        let queued = pool.submit(|n: u64| n, 1).unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| pool.submit(|n: u64| n, 2).unwrap_err());
            pool.shutdown(Shutdown::no_wait());
            assert_eq!(waiting.join().unwrap(), SubmitError::ShutDown);
        });
        busy.release();
        assert_eq!(queued.result(), Ok(1));
    });
}

/// SUB-09, SUB-07: a task that submits to its own bounded pool is never made to wait for itself.
#[test]
fn own_tasks_are_not_held_up() {
    guarded("own_tasks_are_not_held_up", || {
        let pool = Arc::new(bounded(1, 1));
        let inner = Arc::clone(&pool);
        let future = pool.spawn(move || {
            let futures: Vec<_> = (0..10).map(|n| inner.submit(|n: u64| n, n).unwrap()).collect();
            futures.into_iter().map(|future| future.result().unwrap()).sum::<u64>()
        });
        assert_eq!(future.unwrap().result(), Ok(45));
        eventually("room again", || pool.try_submit(|n: u64| n, 1).is_ok());
    });
}

/// SUB-07: maps work on bounded pools, of one item or many.
#[test]
fn maps_on_bounded_pools() {
    guarded("maps_on_bounded_pools", || {
        let pool = bounded(4, 1);
        for _ in 0..20 {
            let results: Result<Vec<_>, _> = pool.map(|n: u64| n + 1, 0..50).unwrap().collect();
            assert_eq!(results.unwrap(), (1..51).collect::<Vec<_>>());
        }
    });
}

/// THR-03 (an extra): with an idle timeout threads end when there is nothing to do, down to those
/// that are to stay, and come back when there is.
#[test]
fn idle_threads_end() {
    guarded("idle_threads_end", || {
        for core in [0, 1] {
            let scratch = Scratch::new();
            let pool = ThreadPoolExecutor::builder()
                .max_workers(4)
                .idle_timeout(Duration::from_millis(2))
                .core_workers(core)
                .build()
                .unwrap();
            for _ in 0..3 {
                let busy = Busy::occupy(&pool, &scratch, 4);
                assert_eq!(pool.stats().live, 4);
                busy.release();
                eventually("idle threads to end", || pool.stats().live == core);
            }
            assert_eq!(pool.submit(|n: u64| n, 1).unwrap().result(), Ok(1));
            assert!(pool.shutdown(Shutdown::wait()));
        }
    });
}

/// THR-03 (an extra): no task is lost to a thread that is about to end.
#[test]
fn ending_threads_lose_no_task() {
    guarded("ending_threads_lose_no_task", || {
        let builder = ThreadPoolExecutor::builder().max_workers(2);
        let pool = builder.idle_timeout(Duration::from_micros(50)).build().unwrap();
        for n in 0..500_u64 {
            if n % 3 == 0 {
                thread::sleep(Duration::from_micros(n));
            }
            assert_eq!(pool.submit(|n| n, n).unwrap().result(), Ok(n));
        }
    });
}
