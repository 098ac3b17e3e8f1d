//! Several threads in a worker.

use crate::builder;
use crate::processes::assert_gone;
use crate::support::tasks::{hold, square};
use crate::support::{Busy, Gate, Scratch, guarded};
use concurrent_futures::{
    Executor, Shutdown, SubmitError, TaskError, TaskOption, TaskOptions, join_all,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// PPE-04 (an extra): one worker runs as many tasks at a time as it has threads, in as many threads.
#[test]
fn tasks_overlap_in_one_worker() {
    guarded("tasks_overlap_in_one_worker", || {
        let scratch = Scratch::new();
        let pool = builder(1).threads_per_worker(4).build().unwrap();
        let busy = Busy::occupy(&pool, &scratch, 4);
        assert_eq!((pool.stats().live, pool.worker_pids().len()), (1, 1));
        busy.release();
        let gate = scratch.gate();
        let thread = |gate: Gate| {
            gate.wait_open();
            format!("{:?}", std::thread::current().id())
        };
        let futures: Vec<_> = (0..4).map(|_| pool.submit(thread, gate.gate()).unwrap()).collect();
        crate::support::eventually("all four to run", || {
            futures.iter().all(concurrent_futures::Future::running)
        });
        gate.open();
        let threads: BTreeSet<_> = join_all(futures).into_iter().map(Result::unwrap).collect();
        assert_eq!(threads.len(), 4);
    });
}

/// PPE-04 (an extra): tasks beyond those go to further workers.
#[test]
fn threads_times_workers() {
    guarded("threads_times_workers", || {
        let scratch = Scratch::new();
        let pool = builder(2).threads_per_worker(3).build().unwrap();
        let busy = Busy::occupy(&pool, &scratch, 6);
        assert_eq!(pool.stats().live, 2);
        let pids = pool.worker_pids();
        let results = pool.map(square, 0..1000).unwrap();
        busy.release();
        assert!(results.eq((0..1000).map(|n| Ok(n * n))));
        assert!(pool.shutdown(Shutdown::wait()));
        assert_gone(&pids);
    });
}

/// PPE-18 (an extra): a long task is not in the way of thousands of others in the same worker, of which
/// the slots and the memory for arguments are used again and again.
#[test]
fn a_long_task_holds_nothing_up() {
    guarded("a_long_task_holds_nothing_up", || {
        let scratch = Scratch::new();
        let pool = builder(1).threads_per_worker(2).build().unwrap();
        let gate = scratch.gate();
        // Its argument is in the ring, as theirs are.
        let padding = "x".repeat(1000);
        let long = |(gate, text): (Gate, String)| {
            gate.wait_open();
            text.len()
        };
        let long = pool.submit(long, (gate.gate(), padding.clone())).unwrap();
        crate::support::eventually("the long task to run", || long.running());
        for round in 0..3 {
            let quick: Vec<_> = (0..3000).map(|n| pool.submit(square, n).unwrap()).collect();
            assert!(join_all(quick).into_iter().eq((0..3000).map(|n| Ok(n * n))), "{round}");
            let len = |text: String| text.len();
            let large: Vec<_> =
                (0..1500).map(|_| pool.submit(len, padding.clone()).unwrap()).collect();
            assert!(join_all(large).into_iter().eq((0..1500).map(|_| Ok(1000))), "{round}");
            let mapped = pool.map(square, 0..3000).unwrap();
            assert!(mapped.eq((0..3000).map(|n| Ok(n * n))), "{round}");
        }
        assert!(long.running());
        gate.open();
        assert_eq!(long.result(), Ok(1000));
        assert_eq!(pool.stats().started, 1);
    });
}

/// BRK-05 (an extra): the tasks of a worker share its fate, and only they do.
#[test]
fn tasks_share_the_fate() {
    guarded("tasks_share_the_fate", || {
        let scratch = Scratch::new();
        let pool = builder(1).threads_per_worker(3).build().unwrap();
        let gate = scratch.gate();
        let die = |gate: Gate| -> u64 {
            gate.wait_open();
            std::process::exit(3)
        };
        let busy = Busy::occupy(&pool, &scratch, 2);
        let dies = pool.submit(die, gate.gate()).unwrap();
        crate::support::eventually("it to run", || dies.running());
        let later: Vec<_> = (0..50).map(|n| pool.submit(square, n).unwrap()).collect();
        gate.open();
        let error = dies.result().unwrap_err();
        assert!(matches!(error, TaskError::WorkerDied(_)), "{error}");
        busy.future().wait();
        let neighbour = busy.future().exception().unwrap();
        assert!(matches!(neighbour, TaskError::WorkerDied(_)), "{neighbour}");
        assert!(join_all(later).into_iter().eq((0..50).map(|n| Ok(n * n))));
        assert_eq!((pool.stats().lost, pool.stats().died), (3, 1));
    });
}

/// SUB-01: what cannot be done to one thread of several is refused.
#[test]
fn deadlines_are_refused() {
    guarded("deadlines_are_refused", || {
        let scratch = Scratch::new();
        let pool = builder(1).threads_per_worker(2).build().unwrap();
        let deadline = TaskOptions::new().with_deadline(Duration::from_secs(1));
        let refused = pool.submit_with(square, 1, deadline).unwrap_err();
        assert_eq!(refused, SubmitError::Unsupported(TaskOption::Deadline));
        let supported = |option| pool.supports(option);
        assert!(!supported(TaskOption::Deadline) && !supported(TaskOption::Priority));
        assert!(supported(TaskOption::Retries) && supported(TaskOption::Name));
        let gate = scratch.gate();
        let running = pool.submit(hold, (gate.gate(), 7)).unwrap();
        crate::support::eventually("it to run", || running.running());
        assert!(!running.kill());
        gate.open();
        assert_eq!(running.result(), Ok(7));
    });
}
