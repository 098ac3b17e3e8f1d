//! How many workers there are, and when.

use crate::processes::exists;
use crate::support::tasks::{even_only, hold, square, visit};
use crate::support::{Busy, Scratch, eventually, guarded};
use crate::{builder, exit, pid, pool};
use concurrent_futures::{Executor, ProcessPoolExecutor, Shutdown, TaskOptions, join_all};
use std::collections::BTreeSet;

/// PPE-01, PPE-02, PPE-03: one worker per processor that may be used, none of which is started before it
/// is needed, and no limit.
#[test]
fn sizes() {
    guarded("sizes", || {
        let processors = std::thread::available_parallelism().unwrap().get();
        let pool = ProcessPoolExecutor::new().unwrap();
        assert_eq!(pool.max_workers(), processors);
        assert_eq!(Executor::max_workers(&pool), processors);
        let large = builder(1000).threads_per_worker(3).build().unwrap();
        assert_eq!((large.max_workers(), Executor::max_workers(&large)), (1000, 3000));
        assert_eq!((large.stats().started, large.worker_pids().len()), (0, 0));
        assert_eq!(large.submit(square, 3).unwrap().result(), Ok(9));
        assert_eq!(large.stats().started, 1);
    });
}

/// PPE-04: one task after the other needs one worker.
#[test]
fn idle_worker_is_reused() {
    guarded("idle_worker_is_reused", || {
        let pool = pool(4);
        let pids: BTreeSet<_> =
            (0..20).map(|_| pool.submit(pid, ()).unwrap().result().unwrap()).collect();
        assert_eq!((pids.len(), pool.stats().started), (1, 1));
        assert_eq!(pool.worker_pids(), pids.into_iter().collect::<Vec<_>>());
        assert!(exists(pool.worker_pids()[0]) || !cfg!(target_os = "linux"));
    });
}

/// PPE-04: as many workers as tasks at a time.
#[test]
fn idle_workers_are_reused() {
    guarded("idle_workers_are_reused", || {
        let scratch = Scratch::new();
        let pool = pool(5);
        for _ in 0..3 {
            let busy = Busy::occupy(&pool, &scratch, 3);
            assert_eq!((pool.stats().started, pool.stats().idle), (3, 0));
            busy.release();
        }
        assert_eq!((pool.stats().live, pool.stats().idle, pool.stats().completed), (3, 3, 9));
        assert_eq!(pool.worker_pids().into_iter().collect::<BTreeSet<_>>().len(), 3);
    });
}

/// PPE-04: as many workers as allowed for any number of blocked tasks.
#[test]
fn saturation_starts_all_workers() {
    guarded("saturation_starts_all_workers", || {
        let scratch = Scratch::new();
        let pool = pool(4);
        let gate = scratch.gate();
        let futures: Vec<_> =
            (0..60).map(|n| pool.submit(hold, (gate.gate(), n)).unwrap()).collect();
        eventually("four workers to be at it", || {
            futures.iter().filter(|future| future.running()).count() == 4
        });
        assert_eq!((pool.stats().started, pool.stats().live, pool.stats().idle), (4, 4, 0));
        gate.open();
        assert!(join_all(futures).into_iter().eq((0..60).map(Ok)));
        assert_eq!(pool.stats().started, 4);
    });
}

/// PPE-04: a map needs all workers as well.
#[test]
fn a_map_starts_all_workers() {
    guarded("a_map_starts_all_workers", || {
        let scratch = Scratch::new();
        let pool = pool(3);
        let gate = scratch.gate();
        let items: Vec<_> = (0..60).map(|n| (gate.gate(), n)).collect();
        let results = pool.map(hold, items).unwrap();
        eventually("three workers", || pool.stats().live == 3);
        gate.open();
        assert!(results.eq((0..60).map(Ok)));
        assert_eq!(pool.stats().started, 3);
    });
}

/// PPE-07: an argument is gone when the result is there, and is dropped once in each process.
#[test]
fn arguments_are_released() {
    use crate::support::Journal;

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Noted(Journal);
    impl Drop for Noted {
        fn drop(&mut self) {
            self.0.append(std::process::id());
        }
    }
    guarded("arguments_are_released", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = pool(1);
        let worker = |_: Noted| std::process::id();
        let worker = pool.submit(worker, Noted(journal.clone())).unwrap().result().unwrap();
        assert_eq!(journal.lines(), [std::process::id().to_string(), worker.to_string()]);
    });
}

/// PPE-04: what the counters say.
#[test]
fn stats_count() {
    guarded("stats_count", || {
        let scratch = Scratch::new();
        let pool = pool(1);
        assert_eq!(pool.stats(), Default::default());
        let busy = Busy::occupy(&pool, &scratch, 1);
        let futures: Vec<_> = (0..10).map(|n| pool.submit(even_only, n).unwrap()).collect();
        let stats = pool.stats();
        assert_eq!((stats.live, stats.idle, stats.started), (1, 0, 1));
        assert_eq!(stats.queued + stats.with_workers, 11);
        // The one that runs, and at most one ahead, since nothing is known of these tasks.
        assert!((1..=2).contains(&stats.with_workers), "{stats:?}");
        busy.release();
        join_all(futures);
        assert_eq!((pool.stats().completed, pool.stats().failed), (6, 5));
        assert!(pool.submit(exit, 1).unwrap().result().is_err());
        let retried = TaskOptions::new().with_retries(2);
        assert!(pool.submit_with(exit, 1, retried).unwrap().result().is_err());
        let results = pool.map(even_only, 0..3000).unwrap();
        assert_eq!(results.filter(Result::is_ok).count(), 1500);
        let stats = pool.stats();
        assert_eq!((stats.completed, stats.failed), (1506, 1505));
        assert_eq!((stats.lost, stats.retried, stats.died, stats.started), (2, 2, 4, 5));
        assert_eq!((stats.live, stats.idle, stats.queued, stats.with_workers), (1, 1, 0, 0));
        assert!(pool.shutdown(Shutdown::wait()));
        assert_eq!((pool.stats().live, pool.stats().idle, pool.stats().died), (0, 0, 4));
    });
}

/// PPE-04: what `Debug` shows.
#[test]
fn debug_shows_the_counters() {
    guarded("debug_shows_the_counters", || {
        let pool = pool(3);
        let text = format!("{pool:?}");
        let beginning = "ProcessPoolExecutor { max_workers: 3, stats: Stats { live: 0, idle: 0, ";
        assert!(text.starts_with(beginning), "{text}");
        let builder = format!("{:?}", builder(2).env("TEST_A", "a"));
        assert!(builder.contains("Some(2)") && builder.contains("TEST_A"), "{builder}");
    });
}

/// BRK-12: while nobody reads results, because a callback holds up whoever does, any number of tasks
/// can be submitted, and all are run when it goes on.
#[test]
fn submitting_never_waits_for_the_reader() {
    guarded("submitting_never_waits_for_the_reader", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = pool(1);
        let gate = scratch.gate();
        let opened = gate.gate();
        let first = pool.submit(visit, (journal.clone(), 0)).unwrap();
        first.add_done_callback(move |_| opened.wait_open());
        journal.wait_for(1);
        let futures: Vec<_> = (0..20_000).map(|n| pool.submit(square, n).unwrap()).collect();
        let large = pool.submit(|text: String| text.len(), "x".repeat(1 << 20)).unwrap();
        gate.open();
        assert_eq!(first.result(), Ok(0));
        assert!(join_all(futures).into_iter().eq((0..20_000).map(|n| Ok(n * n))));
        assert_eq!(large.result(), Ok(1 << 20));
    });
}

/// PPE-04: a pool that has nothing to do uses no processor time, here or in its workers.
#[test]
#[cfg(target_os = "linux")]
fn idle_workers_do_not_wake() {
    use std::time::Duration;

    guarded("idle_workers_do_not_wake", || {
        let scratch = Scratch::new();
        let pool = pool(3);
        Busy::occupy(&pool, &scratch, 3).release();
        let switches = || -> u64 {
            let of = |pid| {
                let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
                let lines = status.lines().filter(|line| line.contains("_ctxt_switches"));
                let numbers = lines.map(|line| line.split_ascii_whitespace().last().unwrap());
                numbers.map(|number| number.parse::<u64>().unwrap()).sum::<u64>()
            };
            pool.worker_pids().into_iter().map(of).sum()
        };
        // Asleep once nothing has moved for a while; then nothing ever does.
        let mut last = switches();
        eventually("the workers to fall asleep", || {
            std::thread::sleep(Duration::from_millis(50));
            let now = switches();
            std::mem::replace(&mut last, now) == now
        });
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(switches(), last);
        assert_eq!(pool.stats().idle, 3);
    });
}
