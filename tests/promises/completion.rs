//! Rows FUT: a promise completes its future, once.

use crate::panicked;
use crate::support::guarded;
use concurrent_futures::{FutureState, NotFinished, TaskError, promise};
use std::fmt;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// FUT-15: a second completion is an error that names the state and gives the value back; the first
/// outcome stands.
#[test]
fn second_completion_is_refused() {
    guarded("second_completion_is_refused", || {
        let (promise, future) = promise::<String>();
        promise.set_result("first".to_owned()).unwrap();
        let error = promise.set_result("second".to_owned()).unwrap_err();
        assert_eq!(error.state(), FutureState::Finished);
        assert_eq!(error.to_string(), "the future is already finished");
        assert_eq!(error.into_inner(), "second");
        let error = promise.set_error(panicked("late")).unwrap_err();
        assert_eq!(error.into_inner().panic().unwrap().message(), "late");
        let error = promise.set_outcome(Ok("third".to_owned())).unwrap_err();
        assert_eq!(error.into_inner(), Ok("third".to_owned()));
        assert_eq!(future.result().as_deref(), Ok("first"));
    });
}

/// FUT-15: the same after an error, and after a cancellation.
#[test]
fn completion_comes_too_late() {
    guarded("completion_comes_too_late", || {
        let (failed, future) = promise::<u32>();
        failed.set_error(panicked("first")).unwrap();
        assert_eq!(failed.set_result(1).unwrap_err().state(), FutureState::Finished);
        assert_eq!(future.result().unwrap_err().panic().unwrap().message(), "first");

        let (cancelled, future) = promise::<u32>();
        assert!(future.cancel());
        assert!(cancelled.is_cancelled());
        let error = cancelled.set_result(1).unwrap_err();
        assert_eq!(error.state(), FutureState::Cancelled);
        assert_eq!(error.to_string(), "the future is already cancelled");
        assert_eq!(error.into_inner(), 1);
        assert_eq!(future.result(), Err(TaskError::Cancelled));
    });
}

/// FUT-15: of many that complete at once, exactly one wins, and the future has its value.
#[test]
fn one_of_many_completions_wins() {
    guarded("one_of_many_completions_wins", || {
        for _ in 0..100 {
            let (promise, future) = promise::<usize>();
            let (winner, start) = (AtomicUsize::new(usize::MAX), Barrier::new(4));
            thread::scope(|scope| {
                for n in 0..4 {
                    let (promise, winner, start) = (&promise, &winner, &start);
                    scope.spawn(move || {
                        start.wait();
                        match promise.set_result(n) {
                            Ok(()) => assert_eq!(winner.swap(n, Ordering::SeqCst), usize::MAX),
                            Err(error) => assert_eq!(error.into_inner(), n),
                        }
                    });
                }
            });
            assert_eq!(future.result(), Ok(winner.into_inner()));
        }
    });
}

/// FUT-10, FUT-15: of a completion and a cancellation exactly one wins, and both know which.
#[test]
fn completion_races_with_cancel() {
    guarded("completion_races_with_cancel", || {
        for _ in 0..300 {
            let (promise, future) = promise::<u32>();
            let (start, cancel) = (Barrier::new(2), future.task_ref());
            thread::scope(|scope| {
                let cancelled = scope.spawn(|| {
                    start.wait();
                    cancel.cancel()
                });
                start.wait();
                let completed = promise.set_result(1).is_ok();
                assert_ne!(cancelled.join().unwrap(), completed);
                let expected = if completed { Ok(1) } else { Err(TaskError::Cancelled) };
                assert_eq!(future.result(), expected);
            });
        }
    });
}

/// FUT-16: pending to running; not twice, and not after the end; `false` if cancelled before.
#[test]
fn set_running_once() {
    guarded("set_running_once", || {
        let (started, future) = promise::<u32>();
        assert_eq!(started.set_running(), Ok(true));
        assert!(future.running());
        let error = started.set_running().unwrap_err();
        assert_eq!(error.state(), FutureState::Running);
        assert_eq!(error.to_string(), "the future is already running");
        assert!(!future.cancel());
        started.set_result(1).unwrap();
        assert_eq!(started.set_running().unwrap_err().state(), FutureState::Finished);

        let (cancelled, future) = promise::<u32>();
        assert!(future.cancel());
        assert_eq!(cancelled.set_running(), Ok(false));
        assert_eq!(cancelled.set_running(), Ok(false));
    });
}

/// FUT-10, FUT-11: what `cancel` answers, and the truth table, through all states of a promise.
#[test]
fn states() {
    guarded("states", || {
        let table = |future: &concurrent_futures::Future<u32>| {
            (future.cancelled(), future.running(), future.done(), future.state().as_str())
        };
        let (promised, future) = promise::<u32>();
        assert_eq!(table(&future), (false, false, false, "pending"));
        promised.set_running().unwrap();
        assert_eq!(table(&future), (false, true, false, "running"));
        assert!(!future.cancel());
        promised.set_result(1).unwrap();
        assert_eq!(table(&future), (false, false, true, "finished"));
        assert!(!future.cancel());
        let (_promised, future) = promise::<u32>();
        assert!(future.cancel() && future.cancel());
        assert_eq!(table(&future), (true, false, true, "cancelled"));
    });
}

/// FUT-13, FUT-14: threads that are blocked, each in its own way, are woken by an error.
#[test]
fn everybody_blocked_is_woken() {
    guarded("everybody_blocked_is_woken", || {
        let (promise, future) = promise::<u32>();
        let future = future.shared();
        let start = Barrier::new(5);
        thread::scope(|scope| {
            let ways: [fn(&concurrent_futures::SharedFuture<u32>); 4] = [
                |future| assert!(future.result().is_err()),
                |future| assert!(future.exception().is_some()),
                |future| assert!(future.result_timeout(Duration::MAX).unwrap().is_err()),
                |future| future.task_ref().wait(),
            ];
            for way in ways {
                let (start, future) = (&start, &future);
                scope.spawn(move || {
                    start.wait();
                    way(future);
                });
            }
            start.wait();
            promise.set_error(panicked("on purpose")).unwrap();
        });
    });
}

/// FUT-13: a promise that is dropped does not leave anybody waiting.
#[test]
fn dropped_promise_fails_the_future() {
    guarded("dropped_promise_fails_the_future", || {
        let (promise, future) = promise::<u32>();
        thread::scope(|scope| {
            let blocked = scope.spawn(|| future.result());
            drop(promise);
            assert_eq!(blocked.join().unwrap(), Err(TaskError::Abandoned));
        });
    });
}

/// FUT-17, FUT-18: looking and waiting in vain change nothing.
#[test]
fn waiting_in_vain_changes_nothing() {
    guarded("waiting_in_vain_changes_nothing", || {
        let (promise, future) = promise::<u32>();
        assert!(future.peek().is_none());
        assert_eq!(future.exception_timeout(Duration::from_millis(1)), Err(NotFinished));
        assert_eq!(NotFinished.to_string(), "the task has not finished in time");
        let future = future.try_result().unwrap_err().into_future();
        assert_eq!(future.state(), FutureState::Pending);
        promise.set_result(5).unwrap();
        assert_eq!(future.peek(), Some(&Ok(5)));
        assert_eq!(future.result(), Ok(5));
    });
}

/// FUT-22: `Debug` of everything that refers to a future: no value, no blocking, no `T: Debug`.
#[test]
fn debug_needs_nothing_of_the_value() {
    guarded("debug_needs_nothing_of_the_value", || {
        struct Opaque;
        let (promise, future) = promise::<Opaque>();
        let id = future.id();
        let name = std::any::type_name::<Opaque>();
        assert_eq!(format!("{future:?}"), format!("<Future<{name}> {id} pending>"));
        assert_eq!(format!("{promise:?}"), format!("<Promise {id} pending>"));
        let reference = future.task_ref();
        assert_eq!(format!("{reference:?}"), format!("<TaskRef {id} pending>"));
        promise.set_running().unwrap();
        let late = future.try_result().err().expect("it is running");
        assert_eq!(format!("{late:?}"), format!("StillRunning(<Future<{name}> {id} running>)"));
        assert_eq!(late.to_string(), "the task is still running");
        drop(late);
        assert_eq!(format!("{reference:?}"), format!("<TaskRef {id} running detached>"));
        let error = promise.set_running().unwrap_err();
        assert!(format!("{error:?}").starts_with("InvalidState"));
    });
}

/// FUT-22: the value is not shown even if it could be, and not asked to.
#[test]
fn debug_does_not_ask_the_value() {
    guarded("debug_does_not_ask_the_value", || {
        struct Loud;
        impl fmt::Debug for Loud {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("asked");
            }
        }
        let (promise, future) = promise::<Loud>();
        promise.set_result(Loud).unwrap();
        assert!(format!("{future:?}").ends_with("finished>"));
    });
}

/// FUT-24: concurrent readers see nothing, or the whole outcome; never a half of it.
#[test]
fn peek_is_one_reading() {
    guarded("peek_is_one_reading", || {
        for n in 0..50_u64 {
            let (promise, future) = promise::<[u64; 8]>();
            let future = future.shared();
            let start = Barrier::new(4);
            thread::scope(|scope| {
                for _ in 0..3 {
                    let (start, future) = (&start, &future);
                    scope.spawn(move || {
                        start.wait();
                        while future.peek().is_none() {
                            thread::yield_now();
                        }
                        assert_eq!(future.peek(), Some(&Ok([n; 8])));
                        assert_eq!((future.done(), future.cancelled()), (true, false));
                        assert_eq!(future.state(), FutureState::Finished);
                    });
                }
                start.wait();
                promise.set_result([n; 8]).unwrap();
            });
        }
    });
}

/// FUT-25: a promise can be completed although nobody holds the future any more.
#[test]
fn completing_for_nobody() {
    guarded("completing_for_nobody", || {
        let (promise, future) = promise::<Vec<u32>>();
        drop(future);
        assert!(!promise.is_cancelled());
        assert_eq!(promise.set_running(), Ok(true));
        promise.set_result(vec![1]).unwrap();
        assert_eq!(promise.state(), FutureState::Finished);
    });
}
