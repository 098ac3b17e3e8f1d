//! Rows FUT-01 to FUT-07: callbacks, where the test decides when the future is completed.

use crate::panicked;
use crate::support::guarded;
use concurrent_futures::{Future, Promise, SharedFuture, TaskError, promise};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

/// A way to end.
type Ending = fn(&Promise<u32>, &SharedFuture<u32>);

/// The three ways to end.
fn endings() -> [Ending; 3] {
    [
        |promise, _| promise.set_result(7).unwrap(),
        |promise, _| promise.set_error(panicked("on purpose")).unwrap(),
        |_, future| assert!(future.cancel()),
    ]
}

/// FUT-01: every question is answered inside a callback, at once, whatever the ending.
#[test]
fn nothing_blocks_inside() {
    guarded("nothing_blocks_inside", || {
        for end in endings() {
            let (promise, future) = promise::<u32>();
            let future = future.shared();
            let (asked, (sender, receiver)) = (future.clone(), channel());
            future.add_done_callback(move |outcome| {
                assert!(asked.done() && !asked.running());
                assert_eq!(asked.cancelled(), outcome == &Err(TaskError::Cancelled));
                assert_eq!(asked.result(), outcome.as_ref());
                assert_eq!(asked.exception(), outcome.as_ref().err());
                assert_eq!(asked.result_timeout(Duration::ZERO), Ok(outcome.as_ref()));
                assert_eq!(asked.cancel(), asked.cancelled());
                asked.task_ref().wait();
                sender.send(()).unwrap();
            });
            end(&promise, &future);
            assert_eq!(receiver.try_recv(), Ok(()));
        }
    });
}

/// FUT-01: asked through the unique handle, `result` inside a callback is an error, not a deadlock.
#[test]
fn taking_the_result_inside_is_an_error() {
    guarded("taking_the_result_inside_is_an_error", || {
        let (promise, future) = promise::<u32>();
        let slot = Arc::new(Mutex::new(None::<Future<u32>>));
        let (inside, (sender, receiver)) = (Arc::clone(&slot), channel());
        future.add_done_callback(move |_| {
            let future = inside.lock().unwrap().take().unwrap();
            assert_eq!(future.peek(), Some(&Ok(7)));
            sender.send(future.result()).unwrap();
        });
        *slot.lock().unwrap() = Some(future);
        promise.set_result(7).unwrap();
        let error = receiver.recv().unwrap().unwrap_err();
        assert_eq!(error, TaskError::InCallback);
        assert!(error.to_string().contains("result() was called inside a callback"));
    });
}

/// FUT-03, FUT-05: a callback that panics is skipped over; the order is that of adding; and whoever
/// completes or cancels sees no panic.
#[test]
fn panics_stay_inside() {
    guarded("panics_stay_inside", || {
        for end in endings() {
            let (promise, future) = promise::<u32>();
            let future = future.shared();
            let log = Arc::new(Mutex::new(Vec::new()));
            for n in 0..6 {
                let log = Arc::clone(&log);
                future.add_done_callback(move |_| {
                    log.lock().unwrap().push(n);
                    assert!(n % 2 == 0, "a callback fails on purpose");
                });
            }
            end(&promise, &future);
            assert_eq!(*log.lock().unwrap(), [0, 1, 2, 3, 4, 5]);
        }
    });
}

/// FUT-04: added after the end, whatever it was, they run at once, here, and once.
#[test]
fn late_ones_run_here() {
    guarded("late_ones_run_here", || {
        for end in endings() {
            let (promise, future) = promise::<u32>();
            let future = future.shared();
            end(&promise, &future);
            let (sender, receiver) = channel();
            future.add_done_callback(move |_| {
                sender.send(thread::current().id()).unwrap();
                panic!("a late callback fails on purpose");
            });
            assert_eq!(receiver.iter().collect::<Vec<_>>(), [thread::current().id()]);
        }
    });
}

/// FUT-04: added at the moment of completion, they run exactly once, wherever.
#[test]
fn adding_races_with_completion() {
    guarded("adding_races_with_completion", || {
        for _ in 0..300 {
            let (promise, future) = promise::<u32>();
            let future = future.shared();
            let (runs, start) = (Arc::new(AtomicUsize::new(0)), Barrier::new(2));
            thread::scope(|scope| {
                let completing = scope.spawn(|| {
                    start.wait();
                    promise.set_result(7).unwrap();
                });
                start.wait();
                for _ in 0..5 {
                    let runs = Arc::clone(&runs);
                    future.add_done_callback(move |outcome| {
                        assert_eq!(outcome, &Ok(7));
                        runs.fetch_add(1, Ordering::SeqCst);
                    });
                }
                completing.join().unwrap();
            });
            assert_eq!(runs.load(Ordering::SeqCst), 5);
        }
    });
}

/// FUT-06: nested ones run at once, to any depth, before those that wait.
#[test]
fn nested_ones_run_at_once() {
    fn nest(future: &SharedFuture<u32>, log: &Arc<Mutex<Vec<u32>>>, depth: u32) {
        let (same, entries) = (future.clone(), Arc::clone(log));
        future.add_done_callback(move |_| {
            entries.lock().unwrap().push(depth);
            if depth < 5 {
                nest(&same, &entries, depth + 1);
            }
        });
    }
    guarded("nested_ones_run_at_once", || {
        let (promise, future) = promise::<u32>();
        let future = future.shared();
        let log = Arc::new(Mutex::new(Vec::new()));
        nest(&future, &log, 0);
        let last = Arc::clone(&log);
        future.add_done_callback(move |_| last.lock().unwrap().push(100));
        promise.set_result(7).unwrap();
        assert_eq!(*log.lock().unwrap(), [0, 1, 2, 3, 4, 5, 100]);
    });
}

/// FUT-01, FUT-06: one added by another thread while callbacks are running does not block that
/// thread, and runs once.
#[test]
fn added_by_another_thread_meanwhile() {
    guarded("added_by_another_thread_meanwhile", || {
        let (promise, future) = promise::<u32>();
        let future = future.shared();
        let (same, (sender, receiver)) = (future.clone(), channel());
        future.add_done_callback(move |_| {
            thread::scope(|scope| {
                // Joined: so neither side holds a lock that the other needs.
                scope.spawn(|| same.add_done_callback(move |_| sender.send(()).unwrap()));
            });
        });
        promise.set_result(7).unwrap();
        assert_eq!(receiver.iter().count(), 1);
    });
}

/// FUT-07 (differs): done, but not over, while callbacks run; a blocked `result` returns after them.
#[test]
fn result_returns_after_them() {
    guarded("result_returns_after_them", || {
        let (promise, future) = promise::<u32>();
        let future = future.shared();
        let (same, ran) = (future.clone(), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&ran);
        future.add_done_callback(move |_| {
            let elsewhere = thread::scope(|scope| {
                scope.spawn(|| (same.done(), same.result_timeout(Duration::ZERO).is_ok())).join()
            });
            assert_eq!(elsewhere.unwrap(), (true, false));
            counter.fetch_add(1, Ordering::SeqCst);
        });
        thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(future.result(), Ok(&7));
                assert_eq!(ran.load(Ordering::SeqCst), 1);
            });
            promise.set_result(7).unwrap();
        });
    });
}

/// FUT-25, FUT-01: the last handle may go away inside a callback.
#[test]
fn the_last_handle_goes_inside() {
    guarded("the_last_handle_goes_inside", || {
        let (promise, future) = promise::<Arc<()>>();
        let value = Arc::new(());
        let future = future.shared();
        let last = Arc::new(Mutex::new(None));
        let inside = Arc::clone(&last);
        future.add_done_callback(move |outcome| {
            drop(inside.lock().unwrap().take());
            assert_eq!(Arc::strong_count(outcome.as_ref().unwrap()), 2, "still lent out");
        });
        *last.lock().unwrap() = Some(future);
        promise.set_result(Arc::clone(&value)).unwrap();
        assert_eq!(Arc::strong_count(&value), 1);
    });
}
