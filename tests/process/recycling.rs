//! Workers that are replaced after so many tasks.

use crate::processes::wait_until_gone;
use crate::support::tasks::{hold, square, visit};
use crate::support::{Busy, Scratch, eventually, guarded};
use crate::{builder, pid};
use concurrent_futures::process::ProcessPoolBuilder;
use concurrent_futures::{Executor, Shutdown, TaskError, join_all};
use std::collections::BTreeMap;

fn limited(max_workers: usize, tasks: usize) -> ProcessPoolBuilder {
    builder(max_workers).max_tasks_per_child(tasks)
}

/// How many tasks each worker ran.
fn counted(pids: impl IntoIterator<Item = u32>) -> BTreeMap<u32, usize> {
    pids.into_iter().fold(BTreeMap::new(), |mut counts, pid| {
        *counts.entry(pid).or_default() += 1;
        counts
    })
}

/// PPE-08, PPE-09: so many tasks are run by one worker, the next ones by the next.
#[test]
fn so_many_tasks_each() {
    guarded("so_many_tasks_each", || {
        let pool = limited(1, 3).build().unwrap();
        let mut pids = Vec::new();
        for _ in 0..7 {
            pids.push(pool.submit(pid, ()).unwrap().result().unwrap());
            assert!(pool.stats().live <= 1);
        }
        let mut runs = pids.chunk_by(|a, b| a == b);
        assert!(runs.by_ref().map(<[_]>::len).eq([3, 3, 1]), "{pids:?}");
        assert_eq!(counted(pids).len(), 3);
        assert_eq!((pool.stats().died, pool.stats().completed), (0, 7));
    });
}

/// PPE-08: tasks that are submitted together, and items of a map, count one by one.
#[test]
fn never_more_than_so_many() {
    guarded("never_more_than_so_many", || {
        for (workers, limit) in [(1, 1), (1, 4), (2, 3)] {
            let pool = limited(workers, limit).build().unwrap();
            let futures: Vec<_> = (0..24).map(|_| pool.submit(pid, ()).unwrap()).collect();
            let counts = counted(join_all(futures).into_iter().map(Result::unwrap));
            assert!(counts.values().all(|&count| count <= limit), "{counts:?}");
            let results = pool.map(|_: u64| std::process::id(), 0..24).unwrap();
            let counts = counted(results.map(Result::unwrap));
            assert!(counts.values().all(|&count| count <= limit), "{counts:?}");
            assert!(pool.stats().live <= workers);
            assert_eq!((pool.stats().died, pool.stats().completed), (0, 48));
        }
    });
}

/// PPE-08: also items of a map that are so large that they are sent in shared memory.
#[test]
fn large_items_count_as_well() {
    guarded("large_items_count_as_well", || {
        let pool = limited(1, 3).build().unwrap();
        let items: Vec<_> =
            (0..90).map(|n| vec![1_u8; if n % 30 == 29 { 70_000 } else { 1000 }]).collect();
        let results = pool.map(|_: Vec<u8>| std::process::id(), items).unwrap();
        let counts = counted(results.map(Result::unwrap));
        assert!(counts.values().all(|&count| count <= 3), "{counts:?}");
    });
}

/// PPE-08: a task that was sent and taken back does not count, since it was not run.
#[test]
fn cancelled_tasks_do_not_count() {
    guarded("cancelled_tasks_do_not_count", || {
        let scratch = Scratch::new();
        let pool = limited(1, 3).build().unwrap();
        let busy = Busy::occupy(&pool, &scratch, 1);
        let worker = pool.worker_pids();
        for _ in 0..5 {
            assert!(pool.submit(square, 1).unwrap().cancel());
        }
        busy.release();
        let mut pids = (0..3).map(|_| pool.submit(pid, ()).unwrap().result().unwrap());
        assert_eq!([pids.next(), pids.next()], [Some(worker[0]); 2]);
        assert_ne!(pids.next(), Some(worker[0]));
    });
}

/// PPE-08: what was handed out ahead to a busy worker goes to the successor of another.
#[test]
fn successors_take_over() {
    guarded("successors_take_over", || {
        let scratch = Scratch::new();
        let pool = limited(2, 2).build().unwrap();
        for _ in 0..10 {
            let long = Busy::occupy(&pool, &scratch, 1);
            let short = Busy::occupy(&pool, &scratch, 1);
            let futures: Vec<_> = (0..2).map(|n| pool.submit(square, n).unwrap()).collect();
            short.release();
            assert!(join_all(futures).into_iter().eq([Ok(0), Ok(1)]));
            assert!(long.future().running());
            long.release();
        }
    });
}

/// PPE-10: more tasks than the workers may run are run by their successors, also when the pool is shut
/// down or dropped at once.
#[test]
fn backlog_is_worked_off() {
    guarded("backlog_is_worked_off", || {
        for (workers, limit, tasks) in [(1, 2, 6), (2, 2, 8), (3, 1, 6), (1, 1, 20)] {
            for ending in 0..4 {
                let scratch = Scratch::new();
                let journal = scratch.journal();
                let pool = limited(workers, limit).build().unwrap();
                let submit = |n| pool.submit(visit, (journal.clone(), n)).unwrap();
                let futures: Vec<_> = (0..tasks).map(submit).collect();
                match ending {
                    0 => assert!(pool.shutdown(Shutdown::wait())),
                    1 => drop(pool.shutdown(Shutdown::no_wait())),
                    2 => drop(pool),
                    _ => {}
                }
                assert!(join_all(futures).into_iter().eq((0..tasks).map(Ok)));
                assert_eq!(journal.sorted_numbers(), (0..tasks).collect::<Vec<_>>());
            }
        }
    });
}

/// PPE-11 (better): whatever becomes of the pool, nothing is stranded: after a shutdown that does not
/// wait the rest is run, whether or not somebody holds the pool.
#[test]
fn nothing_is_stranded() {
    guarded("nothing_is_stranded", || {
        for hold_on in [true, false] {
            let scratch = Scratch::new();
            let pool = limited(1, 1).build().unwrap();
            let busy = Busy::occupy(&pool, &scratch, 1);
            let futures: Vec<_> = (0..5).map(|n| pool.submit(square, n).unwrap()).collect();
            assert!(!pool.shutdown(Shutdown::no_wait()));
            busy.let_go();
            if hold_on {
                assert!(join_all(futures).into_iter().eq((0..5).map(|n| Ok(n * n))));
            } else {
                drop(pool);
                assert!(futures.iter().all(concurrent_futures::Future::done));
                assert!(join_all(futures).into_iter().eq((0..5).map(|n| Ok(n * n))));
            }
            busy.release();
        }
    });
}

/// PPE-12: no worker is started any more once all have been ended by force; what was queued is cancelled.
#[test]
fn force_ends_recycling() {
    guarded("force_ends_recycling", || {
        for round in 0..10 {
            let scratch = Scratch::new();
            let pool = limited(2, 1).build().unwrap();
            let gate = scratch.gate();
            let held: Vec<_> =
                (0..50).map(|n| pool.submit(hold, (gate.gate(), n)).unwrap()).collect();
            eventually("two to run", || held.iter().filter(|task| task.running()).count() == 2);
            gate.open();
            if round % 2 == 0 {
                eventually("a replacement", || pool.stats().started > 2);
            }
            let pids = pool.worker_pids();
            pool.kill_workers();
            let started = pool.stats().started;
            for outcome in join_all(held) {
                let expected =
                    matches!(outcome, Ok(_) | Err(TaskError::Cancelled | TaskError::WorkerDied(_)));
                assert!(expected, "{outcome:?}");
            }
            assert!(pool.shutdown(Shutdown::wait()));
            assert_eq!((pool.stats().started, pool.stats().live), (started, 0));
            if !pids.is_empty() {
                wait_until_gone(&pids);
            }
        }
    });
}
