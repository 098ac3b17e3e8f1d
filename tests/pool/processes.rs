//! Pools of processes: how many there are, and what travels.

use crate::support::tasks::{square, visit};
use crate::support::watchdog::{guarded_for, patient};
use crate::support::{Scratch, guarded};
use concurrent_futures::process::ProcessPoolBuilder;
use concurrent_futures::{
    MapOptions, Pool, PoolError, ProcessPoolExecutor, SubmitError, TaskError,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;
use std::time::Duration;

pub(crate) fn builder(workers: usize) -> ProcessPoolBuilder {
    ProcessPoolExecutor::builder().max_workers(workers)
}

pub(crate) fn processes(workers: usize) -> Pool<ProcessPoolExecutor> {
    Pool::new(builder(workers).build().unwrap()).unwrap()
}

fn pid(_: u64) -> u32 {
    std::process::id()
}

/// POOL-12: all processes are there when the pool is, and no more; a size of zero is refused.
#[test]
fn starts_all_at_once() {
    guarded("starts_all_at_once", || {
        let start = || {
            let pool = processes(3);
            let pids: BTreeSet<_> = pool.executor().worker_pids().into_iter().collect();
            let stats = pool.executor().stats();
            assert_eq!((pids.len(), stats.live, stats.idle, stats.started), (3, 3, 3, 3));
            (pool, pids)
        };
        for _ in 0..10 {
            start();
        }
        let (pool, pids) = start();
        let used: BTreeSet<_> = pool.map(pid, 0..100).unwrap().into_iter().collect();
        assert!(used.is_subset(&pids));
        assert_eq!(pool.executor().stats().started, 3);
        assert!(builder(0).build().is_err());
    });
}

/// POOL-21: if one cannot be started, whichever, the error says why and the others are gone.
#[test]
fn failing_to_start_surfaces() {
    guarded("failing_to_start_surfaces", || {
        let scratch = Scratch::new();
        let missing = builder(3).program(scratch.path().join("no-such-program"));
        let error = Pool::new(missing.build().unwrap()).unwrap_err();
        assert!(error.to_string().contains("no-such-program cannot be started"), "{error}");

        let journal = scratch.journal();
        let refuse = |journal: crate::support::Journal| {
            journal.append(std::process::id());
            assert!(journal.lines().len() < 3, "the third does not want to");
        };
        let executor = builder(4).initializer(refuse, journal.clone()).build().unwrap();
        let pool = Pool::new(&executor);
        let Err(SubmitError::Broken(broken)) = pool else { panic!("{pool:?}") };
        assert!(broken.reason().contains("the third does not want to"), "{broken}");
        assert_eq!(executor.worker_pids(), [0; 0]);
        #[cfg(target_os = "linux")]
        for pid in journal.lines() {
            assert!(!std::path::Path::new("/proc").join(&pid).exists(), "{pid} is still there");
        }
    });
}

/// POOL-22: the initializer has run in each worker when the pool is there.
#[test]
fn initializers_have_run() {
    guarded("initializers_have_run", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let note = |journal: crate::support::Journal| journal.append(std::process::id());
        let executor = builder(3).initializer(note, journal.clone()).build().unwrap();
        let pool = Pool::new(executor).unwrap();
        let noted: BTreeSet<u32> =
            journal.sorted_numbers().into_iter().map(|pid| u32::try_from(pid).unwrap()).collect();
        assert_eq!(noted, pool.executor().worker_pids().into_iter().collect());
    });
}

/// A value that does not travel: one way, or the other.
#[derive(Debug)]
struct Clumsy(u64);

impl Serialize for Clumsy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 == 13 {
            return Err(serde::ser::Error::custom("thirteen does not travel"));
        }
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Clumsy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(u64::deserialize(deserializer)?))
    }
}

fn operation(error: &TaskError) -> &str {
    match error {
        TaskError::Codec(cause) => cause.operation(),
        other => panic!("{other:?}"),
    }
}

/// POOL-05: one item that cannot be encoded fails the map, which does not hang; the pool goes on.
#[test]
fn items_that_do_not_travel() {
    guarded("items_that_do_not_travel", || {
        let pool = processes(2);
        let value = |item: Clumsy| item.0;
        for len in [14, 20, 3000] {
            for chunksize in [1, 100] {
                let options = MapOptions::new().with_chunksize(chunksize);
                let failed = pool.map_with(value, (0..len).map(Clumsy), options);
                let Err(PoolError::Failed(error)) = failed else { panic!("{failed:?}") };
                assert_eq!(operation(&error), "encode the argument");
            }
            let all: Vec<_> = pool.imap(value, (0..len).map(Clumsy)).unwrap().collect();
            assert_eq!(all.len() as u64, len);
            assert_eq!(all.iter().filter(|result| result.is_err()).count(), 1);
            assert_eq!(operation(all[13].as_ref().unwrap_err()), "encode the argument");
        }
        let result = pool.apply_async(value, Clumsy(13)).unwrap();
        assert_eq!(operation(&result.get().unwrap_err()), "encode the argument");
        let pairs = [(Clumsy(1), 2), (Clumsy(13), 3)];
        assert!(pool.starmap(|a: Clumsy, b: u64| a.0 + b, pairs).is_err());
        assert_eq!(pool.map(square, 0..3), Ok(vec![0, 1, 4]));
    });
}

/// POOL-18: twenty results in a row that cannot be encoded cost no worker.
#[test]
fn results_that_do_not_travel() {
    guarded("results_that_do_not_travel", || {
        let pool = processes(2);
        let before = pool.executor().worker_pids();
        for _ in 0..20 {
            let error = pool.apply_async(Clumsy, 13).unwrap().get().unwrap_err();
            assert_eq!(operation(&error), "encode the result in the worker");
            assert!(error.to_string().contains("could not encode the result"), "{error}");
        }
        let failed = pool.map(Clumsy, [1, 13, 2]).unwrap_err();
        assert!(failed.to_string().contains("could not encode the result"), "{failed}");
        assert_eq!(pool.apply(square, 3), Ok(9));
        assert_eq!(pool.executor().worker_pids(), before);
    });
}

/// POOL-19: workers that are replaced after a number of tasks lose no result, also when the pool is
/// closed at once; a quota of zero is refused.
#[test]
fn quotas_lose_nothing() {
    guarded("quotas_lose_nothing", || {
        let scratch = Scratch::new();
        let executor = |quota| builder(2).max_tasks_per_child(quota).build();
        assert!(executor(0).is_err());
        let pool = Pool::new(executor(2).unwrap()).unwrap();
        let pids: BTreeSet<_> = pool.map(pid, 0..10).unwrap().into_iter().collect();
        assert!(pids.len() >= 5, "{pids:?}");
        for early in [true, false] {
            let journal = scratch.journal();
            let pool = Pool::new(executor(1).unwrap()).unwrap();
            let items = || (0..6).map(|n| (journal.clone(), n));
            let results: Vec<_> =
                items().map(|item| pool.apply_async(visit, item).unwrap()).collect();
            let map = pool.map_async(visit, items()).unwrap();
            if !early {
                map.wait();
            }
            pool.close();
            pool.join().unwrap();
            for (n, result) in (0..).zip(results) {
                assert_eq!(result.get(), Ok(n));
            }
            assert_eq!(map.get(), Ok((0..6).collect()));
            assert_eq!(journal.lines().len(), 12);
        }
    });
}

/// POOL-27: as many processes as one may reasonably ask for.
#[test]
fn two_hundred() {
    guarded_for("two_hundred", Duration::from_secs(180), || {
        // All of them start at once, and an emulator takes a second of a processor for each.
        let patience = patient(Duration::from_secs(60));
        let pool = Pool::new(builder(200).start_timeout(patience).build().unwrap()).unwrap();
        assert_eq!(pool.executor().worker_pids().len(), 200);
        assert_eq!(pool.map(square, 0..2000), Ok((0..2000).map(square).collect()));
        pool.terminate();
        pool.join().unwrap();
        assert_eq!(pool.executor().stats().live, 0);
    });
}

/// POOL-28 (differs): a worker may have processes, and pools, of its own.
#[test]
fn workers_may_have_workers() {
    guarded("workers_may_have_workers", || {
        let inner = |n: u64| {
            let pool = processes(1);
            let squares = pool.map(square, 0..n).unwrap();
            squares.into_iter().sum::<u64>()
        };
        assert_eq!(processes(1).apply(inner, 4), Ok(14));
    });
}
