//! Row BRK-13: a pool whose initializer fails.

use crate::support::{Scratch, eventually, guarded};
use concurrent_futures::{
    Shutdown, SubmitError, TaskError, ThreadPoolBuilder, ThreadPoolExecutor, as_completed,
};
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};

fn builder(max_workers: usize) -> ThreadPoolBuilder {
    ThreadPoolExecutor::builder().max_workers(max_workers)
}

/// BRK-13: pending futures fail as broken, with the cause; later submissions are refused; nothing
/// hangs.
#[test]
fn failing_initializer_breaks_the_pool() {
    guarded("failing_initializer_breaks_the_pool", || {
        for workers in [1, 3] {
            let scratch = Scratch::new();
            let keeper = scratch.gate();
            let gate = keeper.gate();
            let pool = builder(workers)
                .initializer(move || {
                    gate.wait_open();
                    panic!("no database");
                })
                .build()
                .unwrap();
            let futures: Vec<_> = (0..10).map(|n| pool.submit(|n: u64| n, n).unwrap()).collect();
            keeper.open();
            for future in as_completed(futures) {
                let Err(TaskError::PoolBroken(broken)) = future.result() else {
                    panic!("the pool is broken")
                };
                assert_eq!(broken.panic().unwrap().message(), "no database");
                assert!(broken.reason().starts_with("a worker's initializer panicked at"));
                assert!(broken.reason().ends_with("no database"));
            }
            let error = pool.submit(|n: u64| n, 1).unwrap_err();
            assert!(error.to_string().starts_with("cannot submit to a broken pool: a worker's"));
            assert!(error.to_string().ends_with("no database"));
            assert!(error.source().unwrap().to_string().contains("no database"));
            assert!(matches!(pool.map(|n: u64| n, 0..3), Err(SubmitError::Broken(_))));
            assert!(pool.shutdown(Shutdown::wait()));
            assert!(matches!(pool.submit(|n: u64| n, 1), Err(SubmitError::Broken(_))));
        }
    });
}

/// BRK-13: a map on a breaking pool ends too, with the same error for each item.
#[test]
fn breaking_ends_a_map() {
    guarded("breaking_ends_a_map", || {
        let scratch = Scratch::new();
        let keeper = scratch.gate();
        let gate = keeper.gate();
        let pool = builder(2)
            .initializer(move || {
                gate.wait_open();
                panic!("no database");
            })
            .build()
            .unwrap();
        let results = pool.map(|n: u64| n, 0..10).unwrap();
        keeper.open();
        assert_eq!(
            results.filter(|outcome| matches!(outcome, Err(TaskError::PoolBroken(_)))).count(),
            10
        );
    });
}

/// BRK-13: a later thread whose initializer fails breaks the pool; tasks that are running end well.
#[test]
fn running_tasks_survive_the_break() {
    guarded("running_tasks_survive_the_break", || {
        let scratch = Scratch::new();
        let runs = AtomicUsize::new(0);
        let pool = builder(2)
            .initializer(move || {
                let run = runs.fetch_add(1, Ordering::SeqCst);
                assert_eq!(run, 0, "only one connection");
            })
            .build()
            .unwrap();
        let gate = scratch.gate();
        let opened = gate.gate();
        let running = pool.spawn(move || opened.wait_open()).unwrap();
        eventually("the first task to run", || running.running());
        let second = pool.submit(|n: u64| n, 1).unwrap();
        assert!(matches!(second.result(), Err(TaskError::PoolBroken(_))));
        gate.open();
        assert_eq!(running.result(), Ok(()));
        assert!(matches!(pool.submit(|n: u64| n, 1), Err(SubmitError::Broken(_))));
    });
}

/// SUB-03: when the system gives the pool not a single thread, the task fails with the reason instead
/// of waiting for ever.
#[test]
fn no_thread_to_be_had() {
    /// More than there are addresses. Of less, an emulator may try to keep count.
    const TOO_MUCH: usize = match (usize::BITS, cfg!(windows)) {
        (64, false) => (1_u64 << 60) as usize,
        (64, true) => (1_u64 << 46) as usize,
        _ => 3 << 30,
    };
    guarded("no_thread_to_be_had", || {
        let pool = builder(2).stack_size(TOO_MUCH).build().unwrap();
        for n in 0..3 {
            let error = pool.submit(|n: u64| n, n).unwrap().result().unwrap_err();
            let TaskError::PoolBroken(broken) = error else { panic!("{error}") };
            assert!(broken.reason().starts_with("could not start a worker thread: "));
            assert!(broken.panic().is_none());
        }
        assert_eq!((pool.stats().live, pool.stats().queued, pool.stats().failed), (0, 0, 3));
        assert!(pool.shutdown(Shutdown::wait()));
    });
}
