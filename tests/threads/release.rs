//! Rows SUB-04, MAP-10 and ASC-05: what is let go of, and when. Counted with `Arc`s.

use crate::pool;
use crate::support::{Busy, Scratch, eventually, guarded};
use concurrent_futures::{MapOptions, Shutdown, SubmitError, as_completed, promise};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// SUB-04: the closure and its argument are gone when the result is there.
#[test]
fn closures_go_with_the_task() {
    guarded("closures_go_with_the_task", || {
        let pool = pool(1);
        for panics in [false, true] {
            let (captured, argument) = (Arc::new(()), Arc::new(()));
            let (captured_left, argument_left) =
                (Arc::downgrade(&captured), Arc::downgrade(&argument));
            let task = move |argument: Arc<()>| {
                assert!(!panics, "on purpose");
                drop((captured, argument));
            };
            let future = pool.submit(task, argument).unwrap();
            future.wait();
            assert_eq!((captured_left.strong_count(), argument_left.strong_count()), (0, 0));
            drop(future);
        }
    });
}

/// SUB-04 (an extra): a task without a future is counted, and everything in it is gone, whether it returns, panics,
/// is cancelled by a shutdown or refused.
#[test]
fn detached_tasks_let_go_of_everything() {
    guarded("detached_tasks_let_go_of_everything", || {
        let scratch = Scratch::new();
        let pool = pool(1);
        let held = Arc::new(());
        let hold = || Arc::clone(&held);

        let (value, captured) = (hold(), hold());
        pool.spawn_detached(move || {
            drop(captured);
            value
        })
        .unwrap();
        let captured = hold();
        pool.spawn_detached(move || {
            let _goes_with_the_panic = captured;
            panic!("on purpose")
        })
        .unwrap();
        eventually("both to be over", || Arc::strong_count(&held) == 1);
        eventually("both to be counted", || {
            let stats = pool.stats();
            (stats.completed, stats.failed) == (1, 1)
        });

        let gate = scratch.gate();
        let entrance = gate.gate();
        pool.spawn_detached(move || entrance.wait_open()).unwrap();
        eventually("the worker to be busy", || pool.stats().running == 1);
        let captured = hold();
        pool.spawn_detached(move || drop(captured)).unwrap();
        assert!(!pool.shutdown(Shutdown::wait_at_most(Duration::ZERO).cancel_pending()));
        assert_eq!(Arc::strong_count(&held), 1, "cancelled");
        let captured = hold();
        let refused = pool.spawn_detached(move || drop(captured));
        assert!(matches!(refused, Err(SubmitError::ShutDown)));
        assert_eq!(Arc::strong_count(&held), 1, "refused");
        gate.open();
    });
}

/// SUB-04, FUT-25: the same when nobody kept the future, and for what it returned.
#[test]
fn results_that_nobody_wants_go_too() {
    guarded("results_that_nobody_wants_go_too", || {
        let pool = pool(1);
        let value = Arc::new(());
        let left = Arc::downgrade(&value);
        drop(pool.spawn(move || value).unwrap());
        // Without shutting the pool down or giving it anything else to do.
        eventually("the result to be dropped", || left.strong_count() == 0);
    });
}

/// SUB-04: a cancelled task lets go of its closure before `cancel` returns.
#[test]
fn cancelled_closures_go_at_once() {
    guarded("cancelled_closures_go_at_once", || {
        let scratch = Scratch::new();
        let pool = pool(1);
        let busy = Busy::occupy(&pool, &scratch, 1);
        let value = Arc::new(());
        let left = Arc::downgrade(&value);
        let future = pool.spawn(move || drop(value)).unwrap();
        assert_eq!(left.strong_count(), 1);
        assert!(future.cancel());
        assert_eq!(left.strong_count(), 0);
        busy.release();
    });
}

/// SUB-04: a refused task lets go of its closure, and a future of its result.
#[test]
fn refused_closures_go_at_once() {
    guarded("refused_closures_go_at_once", || {
        let pool = pool(1);
        let value = Arc::new(());
        let copy = Arc::clone(&value);
        let future = pool.spawn(move || copy).unwrap();
        pool.shutdown(Shutdown::wait());
        assert_eq!(Arc::strong_count(&value), 2, "the result is kept for the future");
        drop(future);
        assert_eq!(Arc::strong_count(&value), 1);
        let copy = Arc::clone(&value);
        assert!(pool.spawn(move || drop(copy)).is_err());
        assert_eq!(Arc::strong_count(&value), 1);
        let refused = pool.try_submit(drop, Arc::clone(&value)).unwrap_err();
        assert_eq!(Arc::strong_count(&value), 2, "given back");
        drop(refused);
        assert_eq!(Arc::strong_count(&value), 1);
    });
}

/// SUB-04: every result is dropped exactly once, whatever races with what.
#[test]
fn results_are_dropped_once() {
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    guarded("results_are_dropped_once", || {
        let drops = Arc::new(AtomicUsize::new(0));
        let pool = pool(2);
        for n in 0..2000 {
            let counted = Counted(Arc::clone(&drops));
            let future = pool.spawn(move || counted).unwrap();
            match n % 5 {
                0 => drop(future),
                1 => drop(future.result()),
                2 => drop(future.cancel()),
                3 => drop(future.shared().clone()),
                _ => future.add_done_callback(|_| ()),
            }
        }
        pool.shutdown(Shutdown::wait());
        assert_eq!(drops.load(Ordering::SeqCst), 2000);
    });
}

/// SUB-04: callbacks are gone once they have run.
#[test]
fn callbacks_go_when_they_have_run() {
    guarded("callbacks_go_when_they_have_run", || {
        let (promise, future) = promise::<u32>();
        let value = Arc::new(());
        let copy = Arc::clone(&value);
        future.add_done_callback(move |_| drop(copy));
        assert_eq!(Arc::strong_count(&value), 2);
        promise.set_result(1).unwrap();
        assert_eq!(Arc::strong_count(&value), 1);
        let copy = Arc::clone(&value);
        future.add_done_callback(move |_| drop(copy));
        assert_eq!(Arc::strong_count(&value), 1);
    });
}

/// MAP-10: the iterator keeps no result that it has handed out.
#[test]
fn map_keeps_no_results() {
    guarded("map_keeps_no_results", || {
        let pool = pool(2);
        let all = [
            MapOptions::new(),
            MapOptions::new().unordered(),
            MapOptions::new().with_buffersize(2),
            MapOptions::new().with_buffersize(2).unordered(),
        ];
        for options in all {
            let mut handed_out: Vec<Weak<u64>> = Vec::new();
            let mut results = pool.map_with(Arc::new, 0..10_u64, options).unwrap();
            for outcome in results.by_ref().take(9) {
                let value = outcome.unwrap();
                handed_out.push(Arc::downgrade(&value));
                drop(value);
                assert!(handed_out.iter().all(|value| value.strong_count() == 0));
            }
            drop(results);
        }
    });
}

/// MAP-10: what is never read is dropped with the iterator, and the items and the function are gone
/// when all items have been worked on.
#[test]
fn map_lets_go_of_everything() {
    guarded("map_lets_go_of_everything", || {
        let pool = pool(2);
        let (function, item, result) = (Arc::new(()), Arc::new(()), Arc::new(()));
        let left = [&function, &item, &result].map(Arc::downgrade);
        let items: Vec<_> = (0..10).map(|_| Arc::clone(&item)).collect();
        drop(item);
        let call = move |item: Arc<()>| {
            let _ = (&function, item);
            Arc::clone(&result)
        };
        let mut results = pool.map(call, items).unwrap();
        results.next().unwrap().unwrap();
        drop(results);
        eventually("everything to be dropped", || {
            left.iter().all(|value| value.strong_count() == 0)
        });
    });
}

/// ASC-05: the iterator keeps no future that it has yielded.
#[test]
fn as_completed_keeps_no_futures() {
    guarded("as_completed_keeps_no_futures", || {
        let pool = pool(2);
        let futures: Vec<_> = (0..10).map(|n| pool.spawn(move || Arc::new(n)).unwrap()).collect();
        let mut yielded = Vec::new();
        for future in as_completed(futures) {
            let value = future.result().unwrap();
            yielded.push(Arc::downgrade(&value));
            drop(value);
            assert!(yielded.iter().all(|value| value.strong_count() == 0));
        }
        assert_eq!(yielded.len(), 10);
    });
}
