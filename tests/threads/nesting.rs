//! Row SUB-08, better than in Python: tasks that wait for tasks of the same pool.

use crate::pool;
use crate::support::{Busy, Scratch, eventually, guarded};
use concurrent_futures::{
    Future, MapOptions, ReturnWhen, ThreadPoolExecutor, as_completed, join_all, wait,
};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Runs a test whose pool has one thread, or two.
fn on_small_pools(name: &str, test: impl Fn(&Arc<ThreadPoolExecutor>)) {
    guarded(name, || {
        for workers in [1, 2] {
            test(&Arc::new(pool(workers)));
        }
    });
}

/// SUB-08 (better): a task waits for tasks of its own pool, which has one thread: no deadlock.
#[test]
fn a_task_waits_for_another() {
    on_small_pools("a_task_waits_for_another", |pool| {
        let inner = Arc::clone(pool);
        let future = pool.spawn(move || {
            let children: Vec<_> = (0..10).map(|n| inner.submit(|n| 2 * n, n).unwrap()).collect();
            children.into_iter().map(|child| child.result().unwrap()).sum::<i32>()
        });
        assert_eq!(future.unwrap().result(), Ok(90));
    });
}

/// The value of a tree of tasks, each of which waits for its two children.
fn tree(pool: &Arc<ThreadPoolExecutor>, depth: u32) -> u64 {
    if depth == 0 {
        return 1;
    }
    let children = [(); 2].map(|()| {
        let inner = Arc::clone(pool);
        pool.spawn(move || tree(&inner, depth - 1)).unwrap()
    });
    children.into_iter().map(|child| child.result().unwrap()).sum()
}

/// SUB-08 (better): waiting to any depth.
#[test]
fn a_tree_of_tasks() {
    on_small_pools("a_tree_of_tasks", |pool| assert_eq!(tree(pool, 10), 1024));
}

/// SUB-08 (better): a chain as long as memory allows, on one thread.
#[test]
fn a_chain_of_100_000_tasks() {
    const LENGTH: u32 = 100_000;
    fn link(pool: &Arc<ThreadPoolExecutor>, left: u32) -> u32 {
        if left == 0 {
            return 0;
        }
        let inner = Arc::clone(pool);
        let next = pool.spawn(move || link(&inner, left - 1)).unwrap();
        next.result().unwrap() + 1
    }
    guarded("a_chain_of_100_000_tasks", || {
        let pool = Arc::new(pool(1));
        let inner = Arc::clone(&pool);
        assert_eq!(pool.spawn(move || link(&inner, LENGTH)).unwrap().result(), Ok(LENGTH));
        assert_eq!(pool.stats().completed, u64::from(LENGTH) + 1);
    });
}

/// SUB-08 (better): `wait`, `as_completed`, `join_all`, `map` and shared futures inside a task.
#[test]
fn every_way_of_waiting_helps() {
    on_small_pools("every_way_of_waiting_helps", |pool| {
        let inner = Arc::clone(pool);
        let submit = move || -> Vec<Future<u64>> {
            (0..5).map(|n| inner.submit(|n| n * n, n).unwrap()).collect()
        };
        let inner = Arc::clone(pool);
        let task = move || {
            let waited = wait(submit(), None, ReturnWhen::AllCompleted);
            assert_eq!((waited.done.len(), waited.not_done.len()), (5, 0));
            let waited = wait(submit(), None, ReturnWhen::FirstCompleted);
            assert!(!waited.done.is_empty());
            assert_eq!(
                as_completed(submit()).map(|future| future.result().unwrap()).sum::<u64>(),
                30
            );
            assert_eq!(join_all(submit()), [Ok(0), Ok(1), Ok(4), Ok(9), Ok(16)]);
            for future in submit() {
                let shared = future.shared();
                assert_eq!(shared.exception(), None);
                let late = shared.clone();
                assert!(late.result_timeout(Duration::MAX).unwrap().is_ok());
            }
            let mapped = inner.map(|n: u64| n + 1, 0..50).unwrap();
            assert_eq!(mapped.map(Result::unwrap).sum::<u64>(), 1275);
            for options in [
                MapOptions::new().unordered(),
                MapOptions::new().with_buffersize(3),
                MapOptions::new().with_buffersize(3).unordered(),
            ] {
                let mapped = inner.map_with(|n: u64| n + 1, 0..50, options).unwrap();
                assert_eq!(mapped.map(Result::unwrap).sum::<u64>(), 1275);
            }
            7
        };
        assert_eq!(pool.spawn(task).unwrap().result(), Ok(7));
    });
}

/// SUB-08 (better): a map inside the items of a map.
#[test]
fn maps_nest() {
    on_small_pools("maps_nest", |pool| {
        let inner = Arc::clone(pool);
        let sum =
            move |n: u64| -> u64 { inner.map(|m: u64| m, 0..n).unwrap().map(Result::unwrap).sum() };
        let sums: Result<Vec<_>, _> = pool.map(sum, 0..20).unwrap().collect();
        assert_eq!(
            sums.unwrap(),
            (0..20).map(|n: u64| n * n.saturating_sub(1) / 2).collect::<Vec<_>>()
        );
    });
}

/// SUB-08: waits with a time limit do not help, since that could take longer; they time out.
#[test]
fn timed_waits_time_out() {
    guarded("timed_waits_time_out", || {
        let pool = Arc::new(pool(1));
        let inner = Arc::clone(&pool);
        let task = move || {
            let future = inner.submit(|n: u64| n, 1).unwrap();
            let future = future.result_timeout(Duration::from_millis(5)).unwrap_err().into_future();
            assert!(!future.wait_timeout(Duration::ZERO));
            let waited = wait([&future], Duration::from_millis(5), ReturnWhen::AllCompleted);
            assert_eq!(waited.done.len(), 0);
            assert!(!future.running());
            future.result()
        };
        assert_eq!(pool.spawn(task).unwrap().result(), Ok(Ok(1)));
    });
}

/// SUB-08: only the awaited task is run while waiting, never another one that happens to be queued:
/// the caller may hold a lock that it needs.
#[test]
fn waiting_runs_nothing_else() {
    guarded("waiting_runs_nothing_else", || {
        let scratch = Scratch::new();
        let pool = Arc::new(pool(1));
        let busy = Busy::occupy(&*pool, &scratch, 1);
        let lock = Arc::new(Mutex::new(()));
        let inner = Arc::clone(&pool);
        let outer_lock = Arc::clone(&lock);
        let outer = pool.spawn(move || {
            let locked = outer_lock.lock().unwrap();
            let awaited = inner.submit(|n| n, 1).unwrap().result();
            drop(locked);
            awaited
        });
        // In the queue before the awaited one.
        let other = pool.spawn(move || drop(lock.lock().unwrap())).unwrap();
        busy.release();
        assert_eq!(outer.unwrap().result(), Ok(Ok(1)));
        assert_eq!(other.result(), Ok(()));
    });
}

/// SUB-08 (better): a panic in a task that was run by the one that waits for it is the former's only.
#[test]
fn panics_do_not_cross() {
    on_small_pools("panics_do_not_cross", |pool| {
        let inner = Arc::clone(pool);
        let task = move || {
            let failed = inner.spawn(|| panic!("inside")).unwrap().result();
            failed.unwrap_err().panic().unwrap().message().to_owned()
        };
        assert_eq!(pool.spawn(task).unwrap().result().as_deref(), Ok("inside"));
        assert_eq!(pool.stats().failed, 1);
    });
}

/// SUB-08 (better): tasks of two pools that wait for each other's.
#[test]
fn across_pools() {
    guarded("across_pools", || {
        let (one, other) = (Arc::new(pool(2)), Arc::new(pool(1)));
        let (inner_one, inner_other) = (Arc::clone(&one), Arc::clone(&other));
        let task = move || {
            let innermost = Arc::clone(&inner_one);
            let middle = inner_other.spawn(move || innermost.submit(|n| n, 7).unwrap().result());
            middle.unwrap().result().unwrap().unwrap()
        };
        assert_eq!(one.spawn(task).unwrap().result(), Ok(7));
        assert_eq!(other.max_workers(), 1);
    });
}

/// SUB-09: a task submits to its own pool and does not wait.
#[test]
fn a_task_submits_others() {
    on_small_pools("a_task_submits_others", |pool| {
        let done = Arc::new(Mutex::new(Vec::new()));
        let (inner, log) = (Arc::clone(pool), Arc::clone(&done));
        let task = move || {
            for n in 0..20 {
                let log = Arc::clone(&log);
                drop(inner.spawn(move || log.lock().unwrap().push(n)).unwrap());
            }
        };
        drop(pool.spawn(task).unwrap());
        eventually("all tasks", || done.lock().unwrap().len() == 20);
    });
}
