//! Rows FUT-01 to FUT-09: done callbacks, on every executor.

use crate::support::tasks::{fail, hold, hold_and_fail, square};
use crate::support::{Busy, Factory, Scratch, eventually};
use concurrent_futures::{Executor, FutureState, NotFinished, Shutdown, TaskError};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// FUT-01: a callback sees a future that is over, and asking it anything does not block.
pub(crate) fn see_a_terminal_future<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(2);
    let gate = scratch.gate();
    let fine = pool.submit(hold, (gate.gate(), 7)).unwrap().shared();
    let failing = pool.submit(hold_and_fail, (gate.gate(), "on purpose".to_owned()));
    let failing = failing.unwrap().shared();
    let (sender, receiver) = channel();
    for future in [fine, failing] {
        let (asked, sender) = (future.clone(), sender.clone());
        future.add_done_callback(move |outcome| {
            assert!(asked.done() && !asked.cancelled() && !asked.running());
            assert_eq!(asked.state(), FutureState::Finished);
            assert_eq!(asked.result(), outcome.as_ref());
            assert_eq!(asked.exception(), outcome.as_ref().err());
            assert_eq!(asked.result_timeout(Duration::ZERO), Ok(outcome.as_ref()));
            assert_eq!(asked.peek(), Some(outcome));
            assert!(!asked.cancel());
            sender.send(outcome.is_ok()).unwrap();
        });
    }
    gate.open();
    let mut seen = [receiver.recv().unwrap(), receiver.recv().unwrap()];
    seen.sort_unstable();
    assert_eq!(seen, [false, true]);
}

/// FUT-01, FUT-02, FUT-10: `cancel` runs the callbacks in its own thread, before it returns, and once.
pub(crate) fn run_inside_cancel<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let busy = Busy::occupy(&pool, &scratch, 1);
    let future = pool.submit(square, 3).unwrap().shared();
    let runs = Arc::new(Mutex::new(Vec::new()));
    let (asked, log) = (future.clone(), Arc::clone(&runs));
    future.add_done_callback(move |outcome| {
        assert_eq!(outcome, &Err(TaskError::Cancelled));
        assert!(asked.cancelled() && asked.done());
        assert_eq!(asked.result(), Err(&TaskError::Cancelled));
        log.lock().unwrap().push(thread::current().id());
    });
    assert!(future.cancel());
    assert_eq!(*runs.lock().unwrap(), [thread::current().id()]);
    assert!(future.cancel());
    busy.release();
    pool.shutdown(Shutdown::wait());
    assert_eq!(runs.lock().unwrap().len(), 1);
}

/// FUT-03, FUT-09 (done better): a callback that panics, with whatever payload, touches neither the
/// other callbacks nor whoever completed the future nor the worker.
pub(crate) fn panics_are_contained<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let completed = pool.submit(hold, (gate.gate(), 7)).unwrap();
    let cancelled = pool.submit(square, 3).unwrap();
    let runs = Arc::new(AtomicUsize::new(0));
    for future in [&completed, &cancelled] {
        let first = Arc::clone(&runs);
        future.add_done_callback(move |_| {
            first.fetch_add(1, Ordering::SeqCst);
            panic!("a callback fails on purpose");
        });
        future.add_done_callback(|_| std::panic::panic_any(42));
        let last = Arc::clone(&runs);
        future.add_done_callback(move |_| {
            last.fetch_add(1, Ordering::SeqCst);
        });
    }
    assert!(cancelled.cancel());
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    gate.open();
    assert_eq!(completed.result(), Ok(7));
    assert_eq!(runs.load(Ordering::SeqCst), 4);
    // The one worker is still there.
    assert_eq!(pool.submit(square, 4).unwrap().result(), Ok(16));
}

/// FUT-04: a callback added to a finished, failed or cancelled future runs at once, in the adding
/// thread, once; its panic does not leave `add_done_callback`.
pub(crate) fn added_late_run_at_once<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let finished = pool.submit(square, 3).unwrap();
    let failed = pool.submit(fail, "on purpose".to_owned()).unwrap();
    finished.wait();
    failed.wait();
    let busy = Busy::occupy(&pool, &scratch, 1);
    let cancelled = pool.submit(square, 4).unwrap();
    cancelled.cancel();
    for future in [&finished, &failed, &cancelled] {
        let (sender, receiver) = channel();
        future.add_done_callback(move |_| sender.send(thread::current().id()).unwrap());
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [thread::current().id()]);
        future.add_done_callback(|_| panic!("a late callback fails on purpose"));
    }
    busy.release();
}

/// FUT-04: the same, where futures are always finished.
pub(crate) fn added_late_see_the_outcome<F: Factory>() {
    let pool = F::pool(1);
    for (task, argument) in [(square as fn(u64) -> u64, 3), (crate::support::tasks::even_only, 3)] {
        let future = pool.submit(task, argument).unwrap().shared();
        future.result().ok();
        let (sender, receiver) = channel();
        let asked = future.clone();
        future.add_done_callback(move |outcome| {
            assert_eq!(asked.result(), outcome.as_ref());
            sender.send(outcome.clone()).unwrap();
        });
        assert_eq!(receiver.try_recv().unwrap(), *future.peek().unwrap());
        future.add_done_callback(|_| panic!("a late callback fails on purpose"));
    }
}

/// FUT-05: callbacks run in the order in which they were added.
pub(crate) fn run_in_order<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let future = pool.submit(hold, (gate.gate(), 7)).unwrap();
    let (sender, receiver) = channel();
    for n in 0..20 {
        let sender = sender.clone();
        future.add_done_callback(move |_| sender.send(n).unwrap());
    }
    gate.open();
    assert_eq!(future.result(), Ok(7));
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
}

/// FUT-06: a callback added inside a callback of the same future runs there and then, before those
/// that wait their turn.
pub(crate) fn nest<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let future = pool.submit(hold, (gate.gate(), 7)).unwrap().shared();
    let log = Arc::new(Mutex::new(Vec::new()));
    let note = |text| {
        let log = Arc::clone(&log);
        move || log.lock().unwrap().push(text)
    };
    let (begin, end, inner, last) = (note("begin"), note("end"), note("inner"), note("last"));
    let same = future.clone();
    future.add_done_callback(move |_| {
        begin();
        same.add_done_callback(move |_| inner());
        end();
    });
    future.add_done_callback(move |_| last());
    gate.open();
    assert_eq!(future.result(), Ok(&7));
    assert_eq!(*log.lock().unwrap(), ["begin", "inner", "end", "last"]);
}

/// FUT-07 (differs): the future is done when its callbacks start, but `result` and other waits return
/// only after those that were there at completion have run.
pub(crate) fn come_before_result<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let future = pool.submit(hold, (gate.gate(), 7)).unwrap().shared();
    let over = Arc::new(AtomicBool::new(false));
    let (starts, started) = channel();
    let (go, may_go) = channel();
    let ends = Arc::clone(&over);
    future.add_done_callback(move |_| {
        starts.send(()).unwrap();
        may_go.recv().unwrap();
        ends.store(true, Ordering::SeqCst);
    });
    gate.open();
    started.recv().unwrap();
    assert!(future.done());
    assert!(!future.task_ref().is_over());
    assert_eq!(future.result_timeout(Duration::ZERO), Err(NotFinished));
    thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(future.result(), Ok(&7));
            assert!(over.load(Ordering::SeqCst));
        });
        go.send(()).unwrap();
    });
}

/// FUT-08: callbacks run in the process that added them, each exactly once, whether the task ended
/// before or after.
pub(crate) fn run_in_this_process<F: Factory>() {
    const TASKS: u64 = 100;
    let pool = F::pool(3);
    // A static would be another one in another process.
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let runs = Arc::new(Mutex::new(Vec::new()));
    for n in 0..TASKS {
        let future = pool.submit(square, n).unwrap();
        let runs = Arc::clone(&runs);
        future.add_done_callback(move |outcome| {
            RUNS.fetch_add(1, Ordering::SeqCst);
            runs.lock().unwrap().push((n, outcome.clone()));
        });
    }
    pool.shutdown(Shutdown::wait());
    eventually("all callbacks", || runs.lock().unwrap().len() >= TASKS as usize);
    let mut runs = std::mem::take(&mut *runs.lock().unwrap());
    runs.sort_unstable_by_key(|(n, _)| *n);
    assert_eq!(runs, (0..TASKS).map(|n| (n, Ok(n * n))).collect::<Vec<_>>());
    assert!(RUNS.load(Ordering::SeqCst) >= TASKS as usize);
}
