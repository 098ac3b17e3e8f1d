//! `scope`: tasks that borrow.

use crate::pool;
use crate::support::{Busy, Scratch, guarded};
use concurrent_futures::{Shutdown, SubmitError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// SUB-01, SUB-04: tasks read and write what lives outside, and are over when the scope is.
#[test]
fn tasks_borrow() {
    guarded("tasks_borrow", || {
        let pool = pool(2);
        let words = ["one", "two", "three"];
        let mut lengths = vec![0; 3];
        pool.scope(|scope| {
            for (word, length) in words.iter().zip(&mut lengths) {
                drop(scope.spawn(move || *length = word.len()).unwrap());
            }
        });
        assert_eq!(lengths, [3, 3, 5]);
        let longest = pool.scope(|scope| {
            let longest = scope.spawn(|| words.iter().copied().max_by_key(|word| word.len()));
            longest.unwrap().result().unwrap()
        });
        assert_eq!(longest, Some("three"));
    });
}

/// SUB-09: tasks of a scope submit to it, and those are waited for too.
#[test]
fn tasks_spawn_tasks() {
    guarded("tasks_spawn_tasks", || {
        let pool = pool(1);
        let count = AtomicUsize::new(0);
        pool.scope(|scope| {
            for _ in 0..5 {
                let outer = || {
                    count.fetch_add(1, Ordering::SeqCst);
                    for _ in 0..5 {
                        let inner = || {
                            count.fetch_add(1, Ordering::SeqCst);
                        };
                        drop(scope.spawn(inner).unwrap());
                    }
                };
                drop(scope.spawn(outer).unwrap());
            }
        });
        assert_eq!(count.load(Ordering::SeqCst), 30);
    });
}

/// SUB-08 (better): a scope inside a task of the same pool, with one thread.
#[test]
fn scopes_nest() {
    guarded("scopes_nest", || {
        let pool = Arc::new(pool(1));
        let inner = Arc::clone(&pool);
        let future = pool.spawn(move || {
            let numbers = [1, 2, 3];
            inner.scope(|scope| {
                let doubled = numbers.each_ref().map(|n| scope.spawn(move || 2 * n).unwrap());
                doubled.into_iter().map(|future| future.result().unwrap()).sum::<i32>()
            })
        });
        assert_eq!(future.unwrap().result(), Ok(12));
    });
}

/// SUB-03: a panic of a task is in its future; one of the scope's closure goes on when all tasks are
/// over.
#[test]
fn panics_wait_for_the_tasks() {
    guarded("panics_wait_for_the_tasks", || {
        let pool = pool(2);
        let count = AtomicUsize::new(0);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            pool.scope(|scope| {
                let failing = scope.spawn(|| panic!("inside")).unwrap();
                assert_eq!(failing.result().unwrap_err().panic().unwrap().message(), "inside");
                for _ in 0..20 {
                    let task = || {
                        count.fetch_add(1, Ordering::SeqCst);
                    };
                    drop(scope.spawn(task).unwrap());
                }
                panic!("outside");
            })
        }));
        assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"outside"));
        assert_eq!(count.load(Ordering::SeqCst), 20);
    });
}

/// FUT-10, SHUT-01, SHUT-07: cancelled tasks do not hold a scope up, and neither does a shutdown.
#[test]
fn cancelled_tasks_are_over() {
    guarded("cancelled_tasks_are_over", || {
        let scratch = Scratch::new();
        let pool = pool(1);
        let busy = Busy::occupy(&pool, &scratch, 1);
        let text = String::from("borrowed");
        let refused = pool.scope(|scope| {
            let cancelled = scope.spawn(|| text.len()).unwrap();
            assert!(cancelled.cancel());
            let by_shutdown = scope.spawn(|| text.len()).unwrap();
            pool.shutdown(Shutdown::no_wait().cancel_pending());
            assert!(by_shutdown.cancelled());
            scope.spawn(|| text.len()).unwrap_err()
        });
        assert_eq!(refused, SubmitError::ShutDown);
        busy.release();
    });
}

/// SUB-03: a panic of a task whose result was not asked for stays in its future, as everywhere.
#[test]
fn forgotten_panics_stay_inside() {
    guarded("forgotten_panics_stay_inside", || {
        let pool = pool(1);
        pool.scope(|scope| drop(scope.spawn(|| panic!("inside")).unwrap()));
        assert_eq!(pool.stats().failed, 1);
    });
}
