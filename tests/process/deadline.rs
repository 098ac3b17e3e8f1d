//! Tasks that are stopped: at their deadline, or by hand.

use crate::support::tasks::{hold, square, visit, visit_and_hold};
use crate::support::{Busy, Scratch, eventually, guarded};
use crate::{pid, pool};
use concurrent_futures::{
    Executor, ProcessPoolExecutor, Shutdown, TaskError, TaskOptions, ThreadPoolExecutor, join_all,
};
use std::time::Duration;

fn within(limit: Duration) -> TaskOptions {
    TaskOptions::new().with_deadline(limit)
}

/// Never ends, and never gives up the processor.
fn spin(_: ()) -> u64 {
    loop {
        std::hint::spin_loop();
    }
}

/// PPE-16 (an extra): a task that exceeds its deadline is stopped, and nothing else notices.
#[test]
fn only_that_task_is_stopped() {
    guarded("only_that_task_is_stopped", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = pool(2);
        let busy = Busy::occupy(&pool, &scratch, 1);
        let neighbour = pool.worker_pids()[0];
        let stopped = pool.submit_with(spin, (), within(Duration::from_millis(50))).unwrap();
        let later: Vec<_> =
            (0..30).map(|n| pool.submit(visit, (journal.clone(), n)).unwrap()).collect();
        let error = stopped.result().unwrap_err();
        assert_eq!(error, TaskError::DeadlineExceeded);
        assert_eq!(error.to_string(), "the task exceeded its deadline");
        assert!(join_all(later).into_iter().eq((0..30).map(Ok)));
        assert_eq!(journal.sorted_numbers(), (0..30).collect::<Vec<_>>());
        assert!(busy.future().running() && pool.worker_pids().contains(&neighbour));
        busy.release();
        let stats = pool.stats();
        assert_eq!((stats.lost, stats.died, stats.started), (1, 0, 3));
    });
}

/// The square, but for 3, of which it never comes to an end.
fn square_but_of_three(n: u64) -> u64 {
    if n == 3 { spin(()) } else { n * n }
}

/// PPE-16 (an extra): a pool's deadline holds for every task, for each item of a map by itself, and
/// gives way to a task's own.
#[test]
fn one_for_all() {
    guarded("one_for_all", || {
        let scratch = Scratch::new();
        let builder = ProcessPoolExecutor::builder().max_workers(2);
        let pool = builder.deadline(Duration::from_secs(2)).build().unwrap();
        let gate = scratch.gate();
        let own = within(Duration::from_secs(3600));
        let patient = pool.submit_with(hold, (gate.gate(), 7), own).unwrap();
        assert_eq!(pool.submit(spin, ()).unwrap().result(), Err(TaskError::DeadlineExceeded));
        let squares: Vec<_> = pool.map(square_but_of_three, 0..40).unwrap().collect();
        for (n, outcome) in (0..).zip(squares) {
            match n {
                3 => assert_eq!(outcome, Err(TaskError::DeadlineExceeded)),
                _ => assert_eq!(outcome, Ok(n * n)),
            }
        }
        gate.open();
        assert_eq!(patient.result(), Ok(7));
        let several = ProcessPoolExecutor::builder().threads_per_worker(2);
        let error = several.deadline(Duration::from_secs(2)).build().unwrap_err();
        assert!(error.to_string().contains("threads_per_worker(1)"), "{error}");
    });
}

/// PPE-16 (an extra): a task that is over in time is not touched, nor is its worker later on.
#[test]
fn in_time() {
    guarded("in_time", || {
        let pool = pool(1);
        let first = pool.submit(pid, ()).unwrap().result().unwrap();
        for _ in 0..200 {
            let future = pool.submit_with(pid, (), within(Duration::from_millis(500))).unwrap();
            assert_eq!(future.result(), Ok(first));
        }
        std::thread::sleep(Duration::from_millis(600));
        assert_eq!(pool.submit(pid, ()).unwrap().result(), Ok(first));
        for limit in [Duration::from_secs(1 << 40), Duration::MAX] {
            assert_eq!(pool.submit_with(pid, (), within(limit)).unwrap().result(), Ok(first));
        }
    });
}

/// PPE-16 (an extra): of thousands of tasks that are over, the deadlines are forgotten; those of tasks that are
/// running are not.
#[test]
fn after_thousands() {
    guarded("after_thousands", || {
        let scratch = Scratch::new();
        let pool = pool(2);
        let limit = Duration::from_secs(1);
        let (long, spinning) = (scratch.gate(), scratch.gate());
        let patient = within(Duration::from_secs(3600));
        let patient = pool.submit_with(hold, (long.gate(), 7), patient).unwrap();
        let stopped = pool.submit_with(hold, (spinning.gate(), 8), within(limit)).unwrap();
        eventually("both to run", || patient.running() && stopped.running());
        let third = pool.submit(square, 3).unwrap(); // behind one of the two
        assert_eq!(stopped.result(), Err(TaskError::DeadlineExceeded));
        assert_eq!(third.result(), Ok(9));
        let stopped = pool.submit_with(hold, (spinning.gate(), 8), within(2 * limit)).unwrap();
        eventually("it to run", || stopped.running());
        long.open();
        assert_eq!(patient.result(), Ok(7));
        let hours = || within(Duration::from_secs(3600));
        let futures: Vec<_> =
            (0..5000).map(|n| pool.submit_with(square, n, hours()).unwrap()).collect();
        assert!(join_all(futures).into_iter().eq((0..5000).map(|n| Ok(n * n))));
        assert_eq!(stopped.result(), Err(TaskError::DeadlineExceeded));
        assert_eq!(pool.submit(square, 4).unwrap().result(), Ok(16));
    });
}

/// PPE-16 (an extra): the time counts from the start of the task; waiting for a worker is free.
#[test]
fn waiting_does_not_count() {
    guarded("waiting_does_not_count", || {
        let scratch = Scratch::new();
        let pool = pool(1);
        let busy = Busy::occupy(&pool, &scratch, 1);
        let limit = Duration::from_millis(200);
        let futures: Vec<_> =
            (0..5).map(|n| pool.submit_with(square, n, within(limit)).unwrap()).collect();
        std::thread::sleep(2 * limit);
        busy.release();
        assert!(join_all(futures).into_iter().eq((0..5).map(|n| Ok(n * n))));
        assert_eq!(pool.stats().started, 1);
    });
}

/// PPE-16 (an extra): a deadline of no time at all, and many at once.
#[test]
fn many_deadlines() {
    guarded("many_deadlines", || {
        let scratch = Scratch::new();
        let pool = pool(2);
        let gate = scratch.gate();
        let futures: Vec<_> = (0..8)
            .map(|n| {
                let limit = Duration::from_millis(n % 3);
                pool.submit_with(hold, (gate.gate(), n), within(limit)).unwrap()
            })
            .collect();
        for outcome in join_all(futures) {
            assert_eq!(outcome, Err(TaskError::DeadlineExceeded));
        }
        assert_eq!(pool.submit(square, 4).unwrap().result(), Ok(16));
    });
}

/// PPE-16 (an extra): whoever exceeds a deadline is not started again.
#[test]
fn no_retry_after_the_deadline() {
    guarded("no_retry_after_the_deadline", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = pool(1);
        let gate = scratch.gate();
        let options = within(Duration::from_millis(50)).with_retries(3);
        let argument = (journal.clone(), gate.gate(), 1);
        let future = pool.submit_with(visit_and_hold, argument, options).unwrap();
        assert_eq!(future.result(), Err(TaskError::DeadlineExceeded));
        assert!(pool.shutdown(Shutdown::wait()));
        assert_eq!((journal.lines().len(), pool.stats().retried), (1, 0));
    });
}

/// PPE-16 (an extra): a running task can be stopped by hand, whatever it does. What is not running
/// cannot.
#[test]
fn killed_by_hand() {
    guarded("killed_by_hand", || {
        let scratch = Scratch::new();
        let pool = pool(2);
        let busy = Busy::occupy(&pool, &scratch, 1);
        for _ in 0..5 {
            let running = pool.submit(spin, ()).unwrap();
            eventually("it to run", || running.running());
            let shipped = pool.submit(square, 3).unwrap();
            let queued: Vec<_> = (0..5).map(|n| pool.submit(square, n).unwrap()).collect();
            assert!(running.kill());
            assert!(!running.kill(), "it is dying already");
            let error = running.result().unwrap_err();
            assert_eq!(error, TaskError::Killed);
            assert_eq!(error.to_string(), "the task was killed while it was running");
            assert_eq!(shipped.result(), Ok(9));
            queued[4].wait();
            assert!(!queued[4].kill(), "finished");
            assert!(join_all(queued).into_iter().eq((0..5).map(|n| Ok(n * n))));
        }
        assert!(busy.future().running());
        let stats = pool.stats();
        assert_eq!((stats.lost, stats.died), (5, 0));
        // What has not been started is cancelled.
        let spinning = pool.submit(spin, ()).unwrap();
        eventually("it to run", || spinning.running());
        let pending: Vec<_> = (0..4).map(|n| pool.submit(square, n).unwrap()).collect();
        assert!(pending.iter().all(concurrent_futures::Future::kill));
        for outcome in join_all(pending) {
            assert_eq!(outcome, Err(TaskError::Cancelled));
        }
        assert!(spinning.kill());
        busy.release();
    });
}

/// PPE-16 (an extra): what stood behind the one that is stopped does not end up behind another long one.
#[test]
fn the_next_one_finds_a_worker() {
    guarded("the_next_one_finds_a_worker", || {
        let scratch = Scratch::new();
        let pool = pool(2);
        let busy = Busy::occupy(&pool, &scratch, 1);
        for _ in 0..10 {
            let running = pool.submit(spin, ()).unwrap();
            eventually("it to run", || running.running());
            let next: Vec<_> = (0..2).map(|n| pool.submit(square, n).unwrap()).collect();
            assert!(running.kill());
            assert!(join_all(next).into_iter().eq([Ok(0), Ok(1)]));
            assert_eq!(running.result(), Err(TaskError::Killed));
            let running = pool.submit(spin, ()).unwrap();
            eventually("it to run", || running.running());
            let next = pool.submit(square, 7).unwrap();
            assert!(running.kill());
            assert_eq!(next.result(), Ok(49));
        }
        assert!(busy.future().running());
        busy.release();
    });
}

/// PPE-16 (an extra): a thread cannot be stopped, and says so.
#[test]
fn threads_cannot_be_killed() {
    guarded("threads_cannot_be_killed", || {
        let scratch = Scratch::new();
        let pool = ThreadPoolExecutor::builder().max_workers(1).build().unwrap();
        let busy = Busy::occupy(&pool, &scratch, 1);
        assert!(!busy.future().kill());
        busy.release();
    });
}

/// PPE-16 (an extra): of the end of a task and the attempt to stop it exactly one is first, and nothing
/// else is hurt.
#[test]
fn kill_races_with_the_end() {
    guarded("kill_races_with_the_end", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = pool(2);
        let mut killed = 0;
        for n in 0..100_u64 {
            let future = pool.submit(visit, (journal.clone(), n)).unwrap();
            let other = pool.submit(square, n).unwrap();
            for _ in 0..n % 50 {
                std::thread::yield_now();
            }
            let attempted = future.kill();
            match future.result() {
                Ok(value) => assert_eq!(value, n), // it may have been over before the signal came
                Err(TaskError::Cancelled) => assert!(attempted),
                Err(error) => {
                    assert!(attempted);
                    assert_eq!(error, TaskError::Killed);
                    killed += 1;
                }
            }
            assert_eq!(other.result(), Ok(n * n));
        }
        assert!(pool.shutdown(Shutdown::wait()));
        assert_eq!((pool.stats().lost, pool.stats().died), (killed, 0));
        let mut visited = journal.sorted_numbers();
        visited.dedup();
        assert_eq!(visited.len(), journal.lines().len(), "no task was run twice");
    });
}
