//! Rows SHUT: `shutdown` and drop, on every executor.

use crate::support::tasks::{fail, hold, square, visit, visit_and_hold};
use crate::support::{Busy, Factory, Scratch};
use concurrent_futures::{
    Executor, Future, FutureState, MapOptions, Shutdown, SubmitError, TaskError, as_completed,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// SHUT-01: `submit` and `map` fail at the call.
pub(crate) fn refuses_afterwards<F: Factory>() {
    for how in [Shutdown::wait(), Shutdown::no_wait(), Shutdown::wait().cancel_pending()] {
        let pool = F::pool(1);
        pool.submit(square, 3).unwrap().wait();
        pool.shutdown(how);
        let error = pool.submit(square, 3).unwrap_err();
        assert_eq!(error, SubmitError::ShutDown);
        assert_eq!(error.to_string(), "cannot submit after shutdown");
        assert_eq!(pool.map(square, 0..3).unwrap_err(), SubmitError::ShutDown);
        let buffered = MapOptions::new().with_buffersize(2);
        assert_eq!(pool.map_with(square, 0..3, buffered).unwrap_err(), SubmitError::ShutDown);
    }
}

/// SHUT-02: shutting down again, in any way and from any thread, is fine.
pub(crate) fn may_be_repeated<F: Factory>() {
    let pool = F::pool(2);
    let future = pool.submit(square, 3).unwrap();
    pool.shutdown(Shutdown::no_wait());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(pool.shutdown(Shutdown::wait())));
        }
    });
    assert!(pool.shutdown(Shutdown::wait().cancel_pending()));
    assert!(pool.shutdown(Shutdown::no_wait()), "everything has ended");
    assert_eq!(future.result(), Ok(9));
}

/// SHUT-03: a shutdown that waits returns after the last of many tasks.
pub(crate) fn waits_for_everything<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(5);
    let gate = scratch.gate();
    let futures: Vec<_> = (0..50).map(|n| pool.submit(hold, (gate.gate(), n)).unwrap()).collect();
    thread::scope(|scope| {
        let shutting_down = scope.spawn(|| {
            assert!(pool.shutdown(Shutdown::wait()));
            assert!(gate.is_open(), "no task could end before");
        });
        gate.open();
        shutting_down.join().unwrap();
    });
    for (n, future) in futures.into_iter().enumerate() {
        assert_eq!(future.try_result().expect("all have ended"), Ok(n as u64));
    }
}

/// SHUT-04: a shutdown that does not wait returns while tasks are running; those and the waiting ones
/// are completed.
pub(crate) fn no_wait_keeps_accepted_work<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(2);
    let gate = scratch.gate();
    let futures: Vec<_> = (0..20).map(|n| pool.submit(hold, (gate.gate(), n)).unwrap()).collect();
    assert!(!pool.shutdown(Shutdown::no_wait()), "nothing can have ended");
    assert!(futures.iter().all(|future| !future.done()));
    gate.open();
    for (n, future) in futures.into_iter().enumerate() {
        assert_eq!(future.result(), Ok(n as u64));
    }
    assert!(pool.shutdown(Shutdown::wait()));
}

/// SHUT-03, SHUT-04: a time limit is in between: `false` when it has passed, and nothing is lost.
pub(crate) fn may_wait_for_a_while<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let future = pool.submit(hold, (gate.gate(), 7)).unwrap();
    assert!(!pool.shutdown(Shutdown::wait_at_most(Duration::from_millis(5))));
    gate.open();
    assert!(pool.shutdown(Shutdown::wait_at_most(Duration::from_secs(600))));
    assert!(pool.shutdown(Shutdown::wait_at_most(Duration::MAX)));
    assert_eq!(future.try_result().expect("all have ended"), Ok(7));
}

/// SHUT-05: the end of the scope is a shutdown that waits, and results can be read afterwards.
pub(crate) fn leaving_the_scope_waits<F: Factory>() {
    let futures: Vec<_> = {
        let pool = F::pool(3);
        (0..20).map(|n| pool.submit(square, n).unwrap()).collect()
    };
    for (n, future) in futures.into_iter().enumerate() {
        assert_eq!(future.try_result().expect("all have ended"), Ok((n * n) as u64));
    }
}

/// SHUT-05: also when the scope is left by a panic.
pub(crate) fn unwinding_waits<F: Factory>() {
    let mut futures = Vec::new();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let pool = F::pool(3);
        futures.extend((0..20).map(|n| pool.submit(square, n).unwrap()));
        futures.push(pool.submit(fail, "a task fails too".to_owned()).unwrap());
        panic!("leaving on purpose");
    }));
    let payload = unwound.unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"leaving on purpose"));
    assert_eq!(futures.len(), 21);
    assert!(futures.iter().all(Future::done));
}

/// SHUT-06, SHUT-09: a pool that is dropped without a word completes what was submitted, and the end
/// of `main` drops it.
pub(crate) fn drop_completes_queued_work<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = F::pool(1);
    let gate = scratch.gate();
    for n in 0..20 {
        drop(pool.submit(visit_and_hold, (journal.clone(), gate.gate(), n)).unwrap());
    }
    thread::scope(|scope| {
        let dropping = scope.spawn(move || drop(pool));
        gate.open();
        dropping.join().unwrap();
    });
    assert_eq!(journal.sorted_numbers(), (0..20).collect::<Vec<_>>());
}

/// SHUT-07: what has not been started is cancelled, what is running or over is left alone; with a
/// shutdown that waits all of it is done on return.
pub(crate) fn cancels_pending<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = F::pool(5);
    let finished = pool.submit(square, 3).unwrap();
    finished.wait();
    let gate = scratch.gate();
    let futures: Vec<_> = (0..50)
        .map(|n| pool.submit(visit_and_hold, (journal.clone(), gate.gate(), n)).unwrap())
        .collect();
    journal.wait_for(5);
    thread::scope(|scope| {
        let shutting_down = scope.spawn(|| {
            assert!(pool.shutdown(Shutdown::wait().cancel_pending()));
            assert!(futures.iter().all(Future::done));
        });
        // The waiting ones are cancelled although the running ones cannot end.
        for pending in as_completed(&futures).take(40) {
            assert!(pending.cancelled());
        }
        gate.open();
        shutting_down.join().unwrap();
    });
    assert_eq!(finished.result(), Ok(9));
    let mut ran = Vec::new();
    for (n, future) in futures.into_iter().enumerate() {
        match future.result() {
            Ok(value) => ran.push(value),
            Err(error) => assert_eq!(error, TaskError::Cancelled, "task {n}"),
        }
    }
    assert!((5..=10).contains(&ran.len()), "{ran:?}");
    assert_eq!(journal.sorted_numbers(), ran, "what is cancelled has not run");
}

/// SHUT-07: the same without waiting.
pub(crate) fn cancels_pending_without_waiting<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let busy = Busy::occupy(&pool, &scratch, 1);
    let futures: Vec<_> = (0..20).map(|n| pool.submit(square, n).unwrap()).collect();
    assert!(!pool.shutdown(Shutdown::no_wait().cancel_pending()));
    assert!(futures.iter().all(Future::cancelled));
    assert_eq!(busy.future().state(), FutureState::Running);
    busy.release();
    assert!(pool.shutdown(Shutdown::wait()));
}

/// SHUT-08 (done better): what a shutdown cancelled is done for `result`, and callbacks have run.
pub(crate) fn cancelled_is_done_for_everybody<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let busy = Busy::occupy(&pool, &scratch, 1);
    let future = pool.submit(square, 3).unwrap();
    let called = std::sync::Arc::new(AtomicBool::new(false));
    let call = std::sync::Arc::clone(&called);
    future.add_done_callback(move |outcome| {
        assert_eq!(outcome, &Err(TaskError::Cancelled));
        call.store(true, Ordering::SeqCst);
    });
    pool.shutdown(Shutdown::no_wait().cancel_pending());
    assert_eq!(future.result(), Err(TaskError::Cancelled));
    assert!(called.load(Ordering::SeqCst));
    busy.release();
}

/// SHUT-12: when only cancelled work is left, a shutdown does not wait for it.
pub(crate) fn only_cancelled_work_is_left<F: Factory>() {
    for _ in 0..50 {
        let pool = F::pool(1);
        let future = pool.submit(square, 3).unwrap();
        future.cancel();
        assert!(pool.shutdown(Shutdown::wait()));
        assert!(future.done());
    }
}

/// SHUT-14: a failing task and then a shutdown that does not wait: no hang, no panic elsewhere.
pub(crate) fn failure_before_shutdown<F: Factory>() {
    for workers in [2, 4] {
        let pool = F::pool(workers);
        let futures: Vec<_> =
            (0..workers).map(|_| pool.submit(fail, "on purpose".to_owned()).unwrap()).collect();
        pool.shutdown(Shutdown::no_wait());
        for future in futures {
            assert_eq!(future.result().unwrap_err().panic().unwrap().message(), "on purpose");
        }
        assert!(pool.shutdown(Shutdown::wait()));
    }
}

/// SHUT-03: a pool that was never used ends at once.
pub(crate) fn unused_pool_ends<F: Factory>() {
    let pool = F::pool(4);
    assert!(pool.max_workers() >= 1);
    assert!(pool.shutdown(Shutdown::wait()));
    drop(pool);
    drop(F::pool(4));
}

/// SHUT-01, SHUT-03: what is submitted while another thread shuts down is either refused or run.
pub(crate) fn submitting_races_with_shutdown<F: Factory>() {
    let scratch = Scratch::new();
    for _ in 0..10 {
        let journal = scratch.journal();
        let pool = F::pool(2);
        let submit = |n| pool.submit(visit, (journal.clone(), n));
        // Until workers have started, which may take long, no more than these.
        let mut accepted: Vec<_> = (0..3).map(|n| submit(n).unwrap()).collect();
        journal.wait_for(3);
        let under_way = AtomicBool::new(false);
        thread::scope(|scope| {
            let submitting = scope.spawn(|| {
                for n in 3.. {
                    match submit(n) {
                        Ok(future) => accepted.push(future),
                        Err(error) => {
                            assert_eq!(error, SubmitError::ShutDown);
                            return;
                        }
                    }
                    under_way.store(true, Ordering::Relaxed);
                }
            });
            while !under_way.load(Ordering::Relaxed) {
                thread::yield_now();
            }
            pool.shutdown(Shutdown::wait());
            submitting.join().unwrap();
        });
        let count = accepted.len() as u64;
        for future in accepted {
            future.result().unwrap();
        }
        assert_eq!(journal.sorted_numbers(), (0..count).collect::<Vec<_>>());
    }
}
