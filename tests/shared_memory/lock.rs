//! The lock, and holders that die. `KILLS` sets how many, `KILLS_SEED` the moments.

use crate::support::watchdog::guarded_for;
use crate::support::{eventually, guarded, setting};
use crate::{Dice, pool, processes};
use concurrent_futures::process::{RawValue, SharedArray, SharedValue};
use concurrent_futures::{Executor, Future, ProcessPoolExecutor, TaskError};
use std::thread;
use std::time::Duration;

/// Takes the lock, does one half of something, says so, and never ends.
fn half((value, step): (SharedValue<[u64; 2]>, RawValue<u32>)) {
    let mut pair = value.lock().unwrap();
    pair[0] += 1;
    step.set(1);
    loop {
        thread::sleep(Duration::from_secs(1));
    }
}

/// A worker that holds the lock, and has done half of something.
struct Holder {
    value: SharedValue<[u64; 2]>,
    pool: Endless,
    task: Future<()>,
}

impl Holder {
    fn new() -> Self {
        let (value, step) = (SharedValue::new([0, 0]).unwrap(), RawValue::new(0).unwrap());
        let pool = Endless(pool(1));
        let task = pool.0.submit(half, (value.clone(), step.clone())).unwrap();
        eventually("a worker to take the lock", || step.get() == 1);
        Self { value, pool, task }
    }

    fn kill(self) {
        assert!(processes::kill(self.pool.0.worker_pids()[0]));
        assert!(matches!(self.task.result(), Err(TaskError::WorkerDied(_))));
    }
}

/// SHM-03: sYN (an extra): who waits and who comes later is told, until somebody accepts what is there.
#[test]
fn holder_is_killed() {
    guarded("holder_is_killed", || {
        let holder = Holder::new();
        let value = holder.value.clone();
        assert!(value.try_lock().unwrap().is_none());
        assert!(value.lock_timeout(Duration::from_millis(10)).unwrap().is_none());
        thread::scope(|scope| {
            let waiting = scope.spawn(|| value.lock().unwrap_err().to_string());
            holder.kill();
            let text = waiting.join().unwrap();
            assert!(text.contains("a process died while it had the lock"), "{text}");
        });
        // The one who was told has dropped it.
        assert!(value.try_lock().is_err() && value.lock_timeout(Duration::MAX).is_err());
        assert!(value.update(|_| panic!("not called")).is_err());
        assert_eq!(value.get(), [1, 0], "as it was left");
        value.set([2, 1]);
        assert!(value.lock().is_err(), "a copy does not accept it");
        let mut pair = value.lock().unwrap_err().into_guard();
        pair[1] = 2;
        drop(pair);
        assert_eq!(value.update(|pair| *pair).unwrap(), [2, 2]);
    });
}

/// SHM-03: `?` works in functions that return any error.
#[test]
fn errors_are_errors() {
    fn sum(array: &SharedArray<u32>) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        Ok(array.lock()?.iter().sum())
    }
    assert_eq!(sum(&SharedArray::from_slice(&[1, 2, 3]).unwrap()).unwrap(), 6);
}

/// SHM-03: a panic while the lock is held releases it; the process is still there.
#[test]
fn panics_release() {
    guarded("panics_release", || {
        let value = SharedValue::new(1).unwrap();
        let there = |value: SharedValue<u32>| {
            value
                .update(|n| {
                    *n = 2;
                    panic!("in the middle")
                })
                .unwrap();
        };
        let outcome: Result<(), _> = pool(1).submit(there, value.clone()).unwrap().result();
        assert!(matches!(outcome, Err(TaskError::Panicked(_))));
        assert_eq!(*value.lock().unwrap(), 2);
    });
}

/// A pool whose tasks never end by themselves.
struct Endless(ProcessPoolExecutor);

impl Drop for Endless {
    fn drop(&mut self) {
        self.0.kill_workers();
    }
}

/// SHM-03: workers that are killed at any moment while they change two numbers together: nobody ever hangs, and
/// nobody sees them differ without being told.
#[test]
fn killed_at_any_moment() {
    /// Until it is killed.
    fn work((pair, counts): (SharedArray<u64>, [RawValue<u64>; 2])) {
        loop {
            let mut pair = pair.lock().unwrap_or_else(|abandoned| {
                let mut pair = abandoned.into_guard();
                counts[0].fetch_add(1);
                pair[1] = pair[0];
                pair
            });
            assert_eq!(pair[0], pair[1]);
            pair[0] += 1;
            std::hint::black_box(&mut pair);
            pair[1] += 1;
            drop(pair);
            counts[1].fetch_add(1);
        }
    }

    let kills = setting("KILLS").unwrap_or(40);
    guarded_for("killed_at_any_moment", Duration::from_secs(60 + kills), || {
        let pair = SharedArray::new(2).unwrap();
        let counts = [(); 2].map(|()| RawValue::new(0).unwrap());
        let pool = Endless(pool(2));
        let submit = || pool.0.submit(work, (pair.clone(), counts.clone())).unwrap();
        let mut tasks = [submit(), submit()];
        let mut dice = Dice::new(setting("KILLS_SEED").unwrap_or(7));
        for _ in 0..kills {
            let before = counts[1].get();
            eventually("work to go on", || {
                for task in tasks.iter_mut().filter(|task| task.done()) {
                    let outcome = std::mem::replace(task, submit()).result();
                    assert!(matches!(outcome, Err(TaskError::WorkerDied(_))), "{outcome:?}");
                }
                counts[1].get() > before + 100
            });
            thread::sleep(Duration::from_micros(dice.roll(2000)));
            let mut pids = Vec::new();
            eventually("a worker to be there", || {
                pids = pool.0.worker_pids();
                !pids.is_empty()
            });
            let pid = pids[dice.roll(pids.len() as u64) as usize];
            let _gone = processes::kill(pid);
        }
        drop(pool);
        let (told, there) = match pair.lock() {
            Ok(pair) => (0, pair),
            Err(abandoned) => (1, abandoned.into_guard()),
        };
        assert!(told == 1 || there[0] == there[1]);
        assert!(counts[0].get() <= kills, "each death is accepted once");
    });
}
