//! Pools that are shut down, broken or full while work is divided in them; and what is left afterwards.

use crate::pool;
#[cfg(target_os = "linux")]
use crate::support::leak::threads_named;
use crate::support::{Busy, Gate, Scratch, eventually, guarded};
use concurrent_futures::{Shutdown, ThreadPoolExecutor};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;

fn count(pool: &ThreadPoolExecutor, depth: u32) -> u64 {
    if depth == 0 {
        return 1;
    }
    let (left, right) = pool.join(|| count(pool, depth - 1), || count(pool, depth - 1));
    left + right
}

/// SHUT-01: a pool that takes no more tasks divides no less; both halves run here.
#[test]
fn after_the_shutdown() {
    guarded("after_the_shutdown", || {
        let pool = pool(2);
        assert_eq!(count(&pool, 10), 1024);
        assert!(pool.shutdown(Shutdown::wait()));
        let here = thread::current().id();
        assert_eq!(pool.join(|| (), || thread::current().id()), ((), here));
        assert_eq!(count(&pool, 10), 1024);
        assert_eq!(pool.stats().live, 0);
    });
}

/// A pool whose only thread does not get to its first task before the gate is open.
fn slow_to_start(gate: Gate) -> ThreadPoolExecutor {
    let builder = ThreadPoolExecutor::builder().max_workers(1);
    builder.initializer(move || gate.wait_open()).build().unwrap()
}

/// SUB-08 (better): a half that was submitted, and that nobody has started, is run where the `join` is.
#[test]
fn unstarted_halves_come_back() {
    guarded("unstarted_halves_come_back", || {
        let scratch = Scratch::new();
        let keeper = scratch.gate();
        let pool = slow_to_start(keeper.gate());
        let (queued, ran) = pool.join(|| pool.stats().queued, || thread::current().id());
        assert_eq!((queued, ran), (1, thread::current().id()));
        keeper.open();
        eventually("the worker to clear the queue", || pool.stats().queued == 0);
        assert_eq!((pool.stats().completed, pool.stats().cancelled), (0, 0));
    });
}

/// SHUT-07: a half that a shutdown cancels is not lost: it is run where the `join` is.
#[test]
fn cancelled_halves_are_run() {
    guarded("cancelled_halves_are_run", || {
        let scratch = Scratch::new();
        let keeper = scratch.gate();
        let pool = slow_to_start(keeper.gate());
        let (queued, ran) = pool.join(
            || {
                let before = pool.stats().queued;
                pool.shutdown(Shutdown::no_wait().cancel_pending());
                (before, pool.stats().queued)
            },
            || thread::current().id(),
        );
        assert_eq!((queued, ran), ((1, 0), thread::current().id()));
        keeper.open();
    });
}

/// SHUT-01, SHUT-07: shutdowns of all kinds at any moment of a tree.
#[test]
fn shutdown_races_with_a_tree() {
    guarded("shutdown_races_with_a_tree", || {
        for n in 0..60_u32 {
            let pool = pool(3);
            let ways = [
                Shutdown::wait(),
                Shutdown::no_wait(),
                Shutdown::wait().cancel_pending(),
                Shutdown::no_wait().cancel_pending(),
            ];
            thread::scope(|scope| {
                let (started, running) = channel();
                let pool = &pool;
                let tree = scope.spawn(move || {
                    started.send(()).unwrap();
                    count(pool, 13)
                });
                running.recv().unwrap();
                for _ in 0..n * 50 {
                    std::hint::spin_loop();
                }
                pool.shutdown(ways[n as usize % 4]);
                assert_eq!(tree.join().unwrap(), 1 << 13);
            });
        }
    });
}

/// SHUT-02: a half shuts its own pool down.
#[test]
fn a_half_shuts_the_pool_down() {
    guarded("a_half_shuts_the_pool_down", || {
        for _ in 0..50 {
            let pool = pool(2);
            let (sum, _) = pool.join(
                || count(&pool, 8),
                || {
                    pool.shutdown(Shutdown::no_wait().cancel_pending());
                    count(&pool, 8)
                },
            );
            assert_eq!(sum, 256);
            assert!(pool.shutdown(Shutdown::wait()));
            assert_eq!(pool.stats().running, 0);
        }
    });
}

/// SHUT-06: the last handle of a pool goes away in a half of its own.
#[test]
fn the_last_handle_but_one() {
    guarded("the_last_handle_but_one", || {
        let pool = Arc::new(pool(2));
        let inner = Arc::clone(&pool);
        let task = pool.spawn(move || {
            let sums = inner.join(|| count(&inner, 10), || count(&inner, 10));
            drop(inner);
            sums
        });
        drop(pool);
        assert_eq!(task.unwrap().result(), Ok((1024, 1024)));
    });
}

/// BRK-13: a pool that broke, and one that breaks when it gets its first half.
#[test]
fn broken_pools() {
    guarded("broken_pools", || {
        let builder = ThreadPoolExecutor::builder().max_workers(2);
        let pool = builder.initializer(|| panic!("no database")).build().unwrap();
        for _ in 0..20 {
            assert_eq!(count(&pool, 10), 1024);
        }
        eventually("the pool to be broken", || pool.spawn(|| ()).is_err());
        assert_eq!(count(&pool, 10), 1024);
    });
}

/// SUB-07: a queue without room holds nothing up, and no half waits for room.
#[test]
fn bounded_queues() {
    guarded("bounded_queues", || {
        let scratch = Scratch::new();
        let pool = ThreadPoolExecutor::builder().max_workers(2).queue_bound(1).build().unwrap();
        assert_eq!(count(&pool, 12), 1 << 12);
        let busy = Busy::occupy(&pool, &scratch, 2);
        let queued = pool.spawn(|| 7).unwrap();
        assert_eq!(count(&pool, 12), 1 << 12);
        busy.release();
        assert_eq!(queued.result(), Ok(7));
        assert_eq!(count(&pool, 12), 1 << 12);
    });
}

/// SHUT-03: no thread is left, and what the halves held is gone.
#[cfg(target_os = "linux")]
#[test]
fn nothing_is_left() {
    guarded("nothing_is_left", || {
        let value = Arc::new(());
        for workers in [1, 2, 5] {
            let builder = ThreadPoolExecutor::builder().max_workers(workers);
            let pool = builder.thread_name_prefix("join-left").build().unwrap();
            let (one, two) = (Arc::clone(&value), Arc::clone(&value));
            let sums = pool.join(
                || {
                    let _held = one;
                    count(&pool, 12)
                },
                || {
                    let _held = two;
                    count(&pool, 12)
                },
            );
            assert_eq!(sums, (4096, 4096));
            assert_eq!(Arc::strong_count(&value), 1);
            drop(pool);
        }
        eventually("the threads to be gone", || threads_named("join-left").is_empty());
    });
}
