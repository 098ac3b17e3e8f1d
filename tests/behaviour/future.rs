//! Rows FUT: what a future answers, on every executor.

use crate::support::tasks::{fail, hold, hold_and_fail, square, time_out_if_odd, visit};
use crate::support::{Busy, Factory, Scratch, eventually};
use concurrent_futures::{
    Executor, Future, FutureState, NotFinished, Shutdown, TaskError, as_completed,
};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

/// `cancelled()`, `running()` and `done()`.
fn answers<T>(future: &Future<T>) -> (bool, bool, bool) {
    (future.cancelled(), future.running(), future.done())
}

/// FUT-11: the three questions agree with each other in each of the four states.
pub(crate) fn states_form_a_truth_table<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let busy = Busy::occupy(&pool, &scratch, 1);
    let pending = pool.submit(square, 3).unwrap();
    let cancelled = pool.submit(square, 4).unwrap();
    assert!(cancelled.cancel());

    assert_eq!(answers(&pending), (false, false, false));
    assert_eq!(answers(busy.future()), (false, true, false));
    assert_eq!(answers(&cancelled), (true, false, true));
    busy.release();
    pending.wait();
    assert_eq!(answers(&pending), (false, false, true));
    assert_eq!(answers(&cancelled), (true, false, true));
}

/// FUT-11: a task that failed is as done as one that returned.
pub(crate) fn finished_is_done<F: Factory>() {
    let pool = F::pool(1);
    let finished = pool.submit(square, 3).unwrap();
    let failed = pool.submit(fail, "on purpose".to_owned()).unwrap();
    finished.wait();
    failed.wait();
    assert_eq!(answers(&finished), (false, false, true));
    assert_eq!(answers(&failed), (false, false, true));
    assert_eq!((finished.state(), failed.state()), (FutureState::Finished, FutureState::Finished));
}

/// FUT-10: what `cancel` answers in each state, and that it changes nothing but a pending future.
pub(crate) fn cancel_answers<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let finished = pool.submit(square, 3).unwrap();
    finished.wait();
    let busy = Busy::occupy(&pool, &scratch, 1);
    let pending = pool.submit(square, 4).unwrap();

    assert!(!finished.cancel());
    assert!(!busy.future().cancel());
    assert!(pending.cancel());
    assert!(pending.cancel(), "cancelled already");
    assert_eq!(busy.future().state(), FutureState::Running);
    busy.release();
    assert_eq!(finished.result(), Ok(9));
    assert_eq!(pending.result(), Err(TaskError::Cancelled));
}

/// FUT-10: `cancel` leaves finished and failed futures alone.
pub(crate) fn cancel_comes_too_late<F: Factory>() {
    let pool = F::pool(1);
    let finished = pool.submit(square, 3).unwrap();
    let failed = pool.submit(fail, "on purpose".to_owned()).unwrap();
    finished.wait();
    failed.wait();
    assert!(!finished.cancel());
    assert!(!failed.cancel());
    assert_eq!(finished.result(), Ok(9));
    assert_eq!(failed.result().unwrap_err().panic().unwrap().message(), "on purpose");
}

/// FUT-10, FUT-15, FUT-16: of a cancellation and a start exactly one wins; the loser of the race does
/// no harm, and what was cancelled never runs.
pub(crate) fn cancel_races_with_the_start<F: Factory>() {
    const TASKS: u64 = 200;
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = F::pool(2);
    let mut finished = Vec::new();
    for n in 0..TASKS {
        let future = pool.submit(visit, (journal.clone(), n)).unwrap();
        if n % 3 == 0 {
            thread::yield_now();
        }
        let cancelled = future.cancel();
        match future.result() {
            Ok(value) => {
                assert!(!cancelled);
                finished.push(value);
            }
            Err(error) => {
                assert_eq!(error, TaskError::Cancelled);
                assert!(cancelled);
            }
        }
    }
    pool.shutdown(Shutdown::wait());
    assert_eq!(journal.sorted_numbers(), finished);
}

/// FUT-12: without waiting, four outcomes that cannot be confused.
pub(crate) fn zero_timeout_tells_outcomes_apart<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let finished = pool.submit(square, 3).unwrap();
    let failed = pool.submit(fail, "on purpose".to_owned()).unwrap();
    finished.wait();
    failed.wait();
    let busy = Busy::occupy(&pool, &scratch, 1);
    let running = pool.submit(square, 4).unwrap();
    let cancelled = pool.submit(square, 5).unwrap();
    cancelled.cancel();

    let late = running.result_timeout(Duration::ZERO).unwrap_err();
    assert_eq!(late.to_string(), "the task is still pending");
    let late = late.into_future().try_result().unwrap_err();
    assert_eq!(cancelled.result_timeout(Duration::ZERO).unwrap(), Err(TaskError::Cancelled));
    let error = failed.result_timeout(Duration::ZERO).unwrap().unwrap_err();
    assert_eq!(error.panic().unwrap().message(), "on purpose");
    assert_eq!(finished.result_timeout(Duration::ZERO).unwrap(), Ok(9));
    busy.release();
    assert_eq!(late.into_future().result(), Ok(16));
}

/// FUT-12: a running task has no result yet, for the owner and for those who share it.
pub(crate) fn running_has_no_result<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let future = pool.submit(hold, (gate.gate(), 7)).unwrap();
    eventually("the task to run", || future.running());
    let future = future.result_timeout(Duration::ZERO).unwrap_err().into_future().shared();
    assert_eq!(future.result_timeout(Duration::ZERO), Err(NotFinished));
    assert!(future.peek().is_none());
    gate.open();
    assert_eq!(future.result(), Ok(&7));
}

/// FUT-13: whoever is blocked in `result` is woken by the end of the task, and by a cancellation.
pub(crate) fn blocked_result_is_woken<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let running = pool.submit(hold, (gate.gate(), 7)).unwrap();
    eventually("the task to run", || running.running());
    let pending = pool.submit(square, 4).unwrap();
    let canceller = pending.task_ref();
    let about_to_block = Barrier::new(3);
    thread::scope(|scope| {
        let value = scope.spawn(|| {
            about_to_block.wait();
            running.result()
        });
        let error = scope.spawn(|| {
            about_to_block.wait();
            pending.result()
        });
        about_to_block.wait();
        assert!(canceller.cancel());
        assert_eq!(error.join().unwrap(), Err(TaskError::Cancelled));
        gate.open();
        assert_eq!(value.join().unwrap(), Ok(7));
    });
}

/// FUT-14: `exception` times out, and tells a cancellation, a failure and a success apart.
pub(crate) fn exception_mirrors_result<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let failing = pool.submit(hold_and_fail, (gate.gate(), "on purpose".to_owned())).unwrap();
    let fine = pool.submit(square, 3).unwrap();
    let cancelled = pool.submit(square, 4).unwrap();
    eventually("the task to run", || failing.running());
    cancelled.cancel();

    assert_eq!(failing.exception_timeout(Duration::ZERO), Err(NotFinished));
    assert_eq!(fine.exception_timeout(Duration::ZERO), Err(NotFinished));
    assert_eq!(cancelled.exception(), Some(&TaskError::Cancelled));
    thread::scope(|scope| {
        let blocked = scope.spawn(|| failing.exception().unwrap().panic().unwrap().clone());
        gate.open();
        assert_eq!(blocked.join().unwrap().message(), "on purpose");
    });
    assert_eq!(fine.exception(), None);
    assert_eq!(fine.exception_timeout(Duration::ZERO), Ok(None));
    assert!(failing.exception_timeout(Duration::ZERO).unwrap().is_some());
}

/// FUT-17, FUT-24: a shared future answers again and again, to any thread, and always the same.
pub(crate) fn all_readers_agree<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(2);
    let gate = scratch.gate();
    let fine = pool.submit(hold, (gate.gate(), 7)).unwrap().shared();
    let failing = pool.submit(hold_and_fail, (gate.gate(), "on purpose".to_owned()));
    let failing = failing.unwrap().shared();
    let about_to_ask = Barrier::new(9);
    thread::scope(|scope| {
        for _ in 0..8 {
            let (fine, failing) = (fine.clone(), failing.clone());
            let about_to_ask = &about_to_ask;
            scope.spawn(move || {
                about_to_ask.wait();
                for _ in 0..10 {
                    assert_eq!(fine.result(), Ok(&7));
                    assert_eq!(fine.exception(), None);
                    assert_eq!((fine.peek(), fine.state()), (Some(&Ok(7)), FutureState::Finished));
                    let report = failing.result().unwrap_err().panic().unwrap();
                    assert_eq!(report.message(), "on purpose");
                    assert_eq!(failing.exception().unwrap().panic(), Some(report));
                }
            });
        }
        about_to_ask.wait();
        gate.open();
    });
}

/// FUT-17: the unique handle gives its value out once, and can be looked at before.
pub(crate) fn unique_handle_can_be_looked_at<F: Factory>() {
    let pool = F::pool(1);
    let future = pool.submit(square, 3).unwrap();
    future.wait();
    assert_eq!(future.peek(), Some(&Ok(9)));
    assert_eq!(future.exception(), None);
    assert_eq!(future.peek(), Some(&Ok(9)));
    assert_eq!(future.result(), Ok(9));
}

/// FUT-18: a wait that times out has no effect on the task or its future.
pub(crate) fn timed_out_result_changes_nothing<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let running = pool.submit(hold, (gate.gate(), 7)).unwrap();
    let pending = pool.submit(square, 3).unwrap();
    let running = running.result_timeout(Duration::from_micros(1500)).unwrap_err().into_future();
    let pending = pending.result_timeout(Duration::from_micros(1500)).unwrap_err().into_future();
    assert!(!running.wait_timeout(Duration::from_millis(1)));
    assert!(!pending.cancelled());
    gate.open();
    assert_eq!(running.result(), Ok(7));
    assert_eq!(pending.result(), Ok(9));
}

/// FUT-19, MAP-07 (done better): a time-out that the task reports is the task's own value; a wait
/// that timed out is another type.
pub(crate) fn timeouts_are_told_apart<F: Factory>() {
    let pool = F::pool(1);
    let future = pool.submit(time_out_if_odd, 1).unwrap();
    let outcome = future.result_timeout(Duration::MAX).expect("no wait timed out");
    let error = outcome.expect("the task returned").unwrap_err();
    assert_eq!(error.to_string(), "the task's own time-out");
}

/// FUT-20: fractions of a second work, and times beyond the end of the clock mean for ever.
pub(crate) fn any_timeout_is_fine<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let future = pool.submit(hold, (gate.gate(), 7)).unwrap();
    let future = future.result_timeout(Duration::from_nanos(1)).unwrap_err().into_future();
    let future = future.result_timeout(Duration::from_secs_f64(0.002)).unwrap_err().into_future();
    let shared = future.shared();
    thread::scope(|scope| {
        for timeout in [Duration::MAX, Duration::from_secs(u64::MAX / 4), Duration::from_secs(600)]
        {
            let shared = &shared;
            scope.spawn(move || assert_eq!(shared.result_timeout(timeout), Ok(Ok(&7))));
        }
        gate.open();
    });
}

/// FUT-22: `Debug` shows type, identity and state, and never the value.
pub(crate) fn debug_shows_no_values<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let running = pool.submit(hold, (gate.gate(), 771_177)).unwrap();
    let cancelled = pool.submit(square, 3).unwrap();
    cancelled.cancel();
    eventually("the task to run", || running.running());

    let id = running.id();
    assert_eq!(format!("{running:?}"), format!("<Future<u64> {id} running>"));
    assert_eq!(format!("{cancelled:?}"), format!("<Future<u64> {} cancelled>", cancelled.id()));
    let pending = pool.submit(square, 3).unwrap();
    assert_eq!(format!("{pending:?}"), format!("<Future<u64> {} pending>", pending.id()));
    gate.open();
    running.wait();
    assert_eq!(format!("{running:?}"), format!("<Future<u64> {id} finished>"));
    assert_eq!(format!("{:?}", running.shared()), format!("Shared(<Future<u64> {id} finished>)"));
}

/// FUT-25: a task whose future was dropped runs all the same, neither cancelled nor put off.
pub(crate) fn dropped_handle_is_inert<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = F::pool(1);
    for n in 0..10 {
        drop(pool.submit(visit, (journal.clone(), n)).unwrap());
    }
    journal.wait_for(10); // without anything else being done to the pool
    assert_eq!(journal.sorted_numbers(), (0..10).collect::<Vec<_>>());
}

/// FUT-25: the opposite is to be asked for: `cancel_on_drop`.
pub(crate) fn cancel_on_drop_cancels<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = F::pool(1);
    let busy = Busy::occupy(&pool, &scratch, 1);
    let dropped = pool.submit(visit, (journal.clone(), 1)).unwrap().cancel_on_drop();
    let kept = pool.submit(visit, (journal.clone(), 2)).unwrap().cancel_on_drop();
    let released = pool.submit(visit, (journal.clone(), 3)).unwrap().cancel_on_drop();
    let watched = dropped.task_ref();
    drop(dropped);
    assert!(watched.cancelled());
    drop(released.into_inner());
    busy.release();
    assert_eq!(kept.result(), Ok(2));
    pool.shutdown(Shutdown::wait());
    assert_eq!(journal.sorted_numbers(), [2, 3]);
}

/// FUT-25, ASC-01: identities outlive the handles, so that they can key what a future was for.
pub(crate) fn identities_key_a_map<F: Factory>() {
    let pool = F::pool(2);
    let mut arguments = std::collections::HashMap::new();
    let mut futures = Vec::new();
    for n in 0..20 {
        let future = pool.submit(square, n).unwrap();
        assert_eq!(arguments.insert(future.id(), n), None);
        futures.push(future);
    }
    for future in as_completed(futures) {
        let n = arguments.remove(&future.id()).expect("each once");
        assert_eq!(future.result(), Ok(n * n));
    }
    assert!(arguments.is_empty());
}
