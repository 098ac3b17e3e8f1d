//! Pools that break when a worker dies, as Python's do.

use crate::processes::assert_gone;
use crate::support::tasks::{hold, square, visit};
use crate::support::{Busy, Gate, Scratch, eventually, guarded};
use crate::{builder, exit};
use concurrent_futures::process::OnWorkerDeath;
use concurrent_futures::{
    BrokenPool, Executor, MapOptions, ProcessPoolExecutor, Shutdown, SubmitError, TaskError,
    join_all,
};
use std::sync::Arc;

fn breaking(max_workers: usize) -> ProcessPoolExecutor {
    builder(max_workers).on_worker_death(OnWorkerDeath::BreakPool).build().unwrap()
}

fn hold_and_exit(gate: Gate) -> u64 {
    gate.wait_open();
    drop(gate);
    std::process::exit(3)
}

#[track_caller]
fn broken(outcome: Result<u64, TaskError>) -> Arc<BrokenPool> {
    match outcome {
        Err(TaskError::PoolBroken(broken)) => broken,
        other => panic!("{other:?}"),
    }
}

/// BRK-01, BRK-02, BRK-15, BRK-16, BRK-03: on request the death of one worker is the end of all: what is
/// pending or running fails with the reason, finished and cancelled futures stay as they are, nothing is
/// accepted any more, and no worker is left.
#[test]
fn one_for_all() {
    guarded("one_for_all", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = breaking(2);
        let finished = pool.submit(square, 5).unwrap();
        finished.wait();
        let gate = scratch.gate();
        let deadly = pool.submit(hold_and_exit, gate.gate()).unwrap();
        let busy = Busy::occupy(&pool, &scratch, 1);
        let queued: Vec<_> =
            (0..20).map(|n| pool.submit(visit, (journal.clone(), n)).unwrap()).collect();
        let mapped =
            pool.map(visit, (20..30).map(|n| (journal.clone(), n)).collect::<Vec<_>>()).unwrap();
        let cancelled = pool.submit(square, 6).unwrap();
        assert!(cancelled.cancel());
        let pids = pool.worker_pids();
        assert_eq!((pids.len(), pool.broken()), (2, None));
        gate.open();

        let error = deadly.result().unwrap_err();
        let TaskError::WorkerDied(death) = &error else { panic!("{error}") };
        assert!(pids.contains(&death.pid));
        busy.future().wait();
        let neighbour = broken(Err(busy.future().exception().unwrap().clone()));
        let expected = format!("worker process {} exited with code 3", death.pid);
        assert!(neighbour.reason().starts_with(&expected), "{neighbour}");
        for outcome in join_all(queued).into_iter().chain(mapped) {
            assert_eq!(broken(outcome), neighbour);
        }
        assert_eq!(finished.result(), Ok(25));
        assert_eq!(cancelled.result(), Err(TaskError::Cancelled));

        assert_eq!(pool.broken(), Some(Arc::clone(&neighbour)));
        let Err(SubmitError::Broken(reason)) = pool.submit(square, 1) else { panic!("refused") };
        assert_eq!(reason, neighbour);
        assert!(pool.shutdown(Shutdown::wait()));
        assert_gone(&pids);
        assert_eq!(journal.lines(), [""; 0]);
        assert_eq!((pool.stats().live, pool.stats().queued, pool.stats().completed), (0, 0, 1));
    });
}

/// BRK-01: an idle worker that is killed from outside is reason enough.
#[test]
#[cfg(unix)]
fn idle_workers_count() {
    guarded("idle_workers_count", || {
        let pool = breaking(1);
        assert_eq!(pool.submit(square, 2).unwrap().result(), Ok(4));
        let worker = pool.worker_pids()[0];
        crate::processes::signal(worker, rustix::process::Signal::KILL);
        eventually("the pool to break", || pool.broken().is_some());
        let expected = format!("worker process {worker} was killed by SIGKILL");
        assert!(pool.broken().unwrap().reason().starts_with(&expected), "{pool:?}");
        assert!(matches!(pool.submit(square, 1), Err(SubmitError::Broken(_))));
    });
}

/// BRK-02: a task that is stopped by us, and a worker that is replaced in time, break nothing.
#[test]
fn what_we_do_breaks_nothing() {
    guarded("what_we_do_breaks_nothing", || {
        let scratch = Scratch::new();
        let builder = builder(1).on_worker_death(OnWorkerDeath::BreakPool);
        let pool = builder.max_tasks_per_child(2).build().unwrap();
        for n in 0..5 {
            assert_eq!(pool.submit(square, n).unwrap().result(), Ok(n * n));
        }
        let gate = scratch.gate();
        let killed = pool.submit(hold, (gate.gate(), 1)).unwrap();
        eventually("it to run", || killed.running());
        assert!(killed.kill());
        assert_eq!(killed.result(), Err(TaskError::Killed));
        assert_eq!(pool.submit(square, 3).unwrap().result(), Ok(9));
        assert_eq!(pool.broken(), None);
    });
}

/// BRK-16: whatever a worker had finished before it died is delivered.
#[test]
fn finished_work_is_delivered() {
    guarded("finished_work_is_delivered", || {
        for _ in 0..20 {
            let pool = breaking(1);
            let futures: Vec<_> = (0..200).map(|n| pool.submit(square, n).unwrap()).collect();
            let deadly = pool.submit(exit, 1).unwrap();
            let after: Vec<_> = (0..50).filter_map(|n| pool.submit(square, n).ok()).collect();
            assert!(join_all(futures).into_iter().eq((0..200).map(|n| Ok(n * n))));
            assert!(matches!(deadly.result(), Err(TaskError::WorkerDied(_))));
            for outcome in join_all(after) {
                broken(outcome);
            }
        }
    });
}

/// BRK-10: a task that cannot be sent, right before a shutdown that does not wait.
#[test]
fn unsendable_before_shutdown() {
    use serde::{Deserialize, Serialize, ser::Error};

    struct Stays;
    impl Serialize for Stays {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("it stays here"))
        }
    }
    impl<'de> Deserialize<'de> for Stays {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Ok(Self)
        }
    }
    guarded("unsendable_before_shutdown", || {
        for used in [false, true] {
            let pool = breaking(1);
            if used {
                pool.submit(square, 1).unwrap().result().unwrap();
            }
            let future = pool.submit(|_: Stays| 1_u64, Stays);
            pool.shutdown(Shutdown::no_wait());
            match future {
                Ok(future) => {
                    let error = future.result().unwrap_err();
                    assert!(matches!(error, TaskError::Codec(_)), "{error}");
                }
                Err(error) => assert!(matches!(error, SubmitError::Codec(_)), "{error}"),
            }
            assert!(pool.shutdown(Shutdown::wait()));
            assert_eq!(pool.broken(), None);
        }
    });
}

/// BRK-01, MAP-14: a bounded map whose pool breaks while it is under way tells of what was submitted, and that it could
/// go no further; then it ends.
#[test]
fn a_bounded_map() {
    guarded("a_bounded_map", || {
        let square_or_exit = |n: u64| if n == 5 { std::process::exit(3) } else { n * n };
        for unordered in [false, true] {
            let pool = breaking(1);
            let options = MapOptions::new().with_buffersize(2);
            let options = if unordered { options.unordered() } else { options };
            let outcomes: Vec<_> = pool.map_with(square_or_exit, 0.., options).unwrap().collect();
            assert!(matches!(outcomes.len(), 7 | 8), "{outcomes:?}");
            for (n, outcome) in (0..5).zip(&outcomes) {
                assert_eq!(*outcome, Ok(n * n));
            }
            assert!(matches!(outcomes[5], Err(TaskError::WorkerDied(_))), "{outcomes:?}");
            // One may have been behind it, and one was not to be submitted any more.
            outcomes[6..].iter().for_each(|outcome| drop(broken(outcome.clone())));
        }
    });
}
