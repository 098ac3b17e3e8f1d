//! Workers that die: never a hang, and the error says so.

use crate::processes::{builder, processes};
use crate::support::tasks::square;
use crate::support::{Gate, Journal, Scratch, eventually, guarded};
#[cfg(unix)]
use concurrent_futures::AsyncResult;
use concurrent_futures::process::OnWorkerDeath;
use concurrent_futures::{Callbacks, Exit, MapOptions, Pool, PoolError, TaskError, WorkerDeath};
use std::sync::Arc;
use std::sync::mpsc::channel;

/// Ways for a task to take its worker with it, and a value for all other numbers.
fn die(n: u64) -> u64 {
    match n {
        0 => std::process::exit(0),
        7 => std::process::exit(7),
        9 => {
            #[cfg(unix)]
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
                .unwrap();
            std::process::abort()
        }
        66 => std::process::abort(),
        _ => n,
    }
}

const DEADLY: [u64; 4] = [0, 7, 9, 66];

#[track_caller]
fn death(error: TaskError) -> Arc<WorkerDeath> {
    match error {
        TaskError::WorkerDied(death) => death,
        other => panic!("{other:?}"),
    }
}

/// POOL-25 (better): a task that ends its worker fails, and says how; others do not, and the worker is
/// replaced.
#[test]
fn one_call() {
    guarded("one_call", || {
        let pool = processes(2);
        for n in DEADLY {
            let (sender, receiver) = channel();
            let tell = Callbacks::new().error_callback(move |error| {
                sender.send(error.clone()).unwrap();
            });
            let lost = pool.apply_async_with(die, n, tell).unwrap();
            let others: Vec<_> = (1..7).map(|n| pool.apply_async(die, n).unwrap()).collect();
            let error = lost.get().unwrap_err();
            assert_eq!(receiver.recv().unwrap(), error);
            assert!(error.to_string().starts_with("the worker running the task died: process "));
            let death = death(error);
            match n {
                0 | 7 => assert_eq!(death.exit, Exit::Code(i32::try_from(n).unwrap())),
                #[cfg(unix)]
                9 => assert_eq!(death.exit.signal_name(), Some("SIGKILL")),
                _ => {}
            }
            for (n, other) in (1..7).zip(others) {
                assert_eq!(other.get(), Ok(n));
            }
            let PoolError::Failed(error) = pool.apply(die, n).unwrap_err() else { panic!("{n}") };
            self::death(error);
        }
        assert_eq!(pool.map(square, 0..3), Ok(vec![0, 1, 4]));
    });
}

/// POOL-25 (better): a list with one task in it that ends its worker.
#[test]
fn among_many() {
    guarded("among_many", || {
        let pool = processes(2);
        for n in DEADLY {
            let items = || (100..150).chain([n]).chain(150..200);
            let PoolError::Failed(error) = pool.map(die, items()).unwrap_err() else { panic!() };
            death(error);
            death(pool.map_async(die, items()).unwrap().get().unwrap_err());
            let pairs = items().map(|n| (n, 1_u64));
            let result = pool.starmap_async(|n, one| die(n) * one, pairs).unwrap();
            death(result.get().unwrap_err());
            for options in [MapOptions::new(), MapOptions::new().unordered()] {
                let results: Vec<_> = pool.imap_with(die, items(), options).unwrap().collect();
                assert_eq!(results.len(), 101);
                let mut failed = results.into_iter().filter_map(Result::err);
                death(failed.next().unwrap());
                assert_eq!(failed.next(), None);
            }
        }
        assert_eq!(pool.map(square, 0..3), Ok(vec![0, 1, 4]));
        pool.close();
        pool.join().unwrap();
    });
}

/// POOL-25 (better): nothing but deadly tasks.
#[test]
fn all_of_them() {
    guarded("all_of_them", || {
        let pool = processes(2);
        let items = DEADLY.iter().copied().cycle().take(24);
        let results: Vec<_> = items.map(|n| pool.apply_async(die, n).unwrap()).collect();
        let map = pool.map_async(die, [9; 12]).unwrap();
        for result in results {
            death(result.get().unwrap_err());
        }
        death(map.get().unwrap_err());
        assert_eq!(pool.executor().stats().lost, 36);
        let dead = pool.map_async(die, [9; 4]).unwrap();
        pool.close();
        pool.join().unwrap();
        death(dead.get_timeout(std::time::Duration::ZERO).unwrap().unwrap_err());
    });
}

fn append_and_hold((journal, gate): (Journal, Gate)) -> u32 {
    journal.append(std::process::id());
    gate.wait_open();
    std::process::id()
}

/// POOL-25 (better): the same when somebody else kills it; what others run is not lost.
#[test]
#[cfg(unix)]
fn killed_from_outside() {
    use rustix::process::{Pid, Signal, kill_process};

    guarded("killed_from_outside", || {
        let scratch = Scratch::new();
        let pool = processes(2);
        for signal in [Signal::KILL, Signal::SEGV] {
            let journal = scratch.journal();
            let keeper = scratch.gate();
            let results: Vec<_> = (0..2)
                .map(|_| {
                    pool.apply_async(append_and_hold, (journal.clone(), keeper.gate())).unwrap()
                })
                .collect();
            journal.wait_for(2);
            let victim: i32 = journal.lines()[0].parse().unwrap();
            kill_process(Pid::from_raw(victim).unwrap(), signal).unwrap();
            eventually("the loss to be noticed", || results.iter().any(AsyncResult::ready));
            keeper.open();
            let (lived, died): (Vec<_>, Vec<_>) =
                results.into_iter().map(AsyncResult::get).partition(Result::is_ok);
            assert_eq!((lived.len(), died.len()), (1, 1));
            let death = death(died.into_iter().next().unwrap().unwrap_err());
            assert_eq!(
                (death.pid.cast_signed(), death.exit),
                (victim, Exit::Signal(signal.as_raw()))
            );
        }
        assert_eq!(pool.map(square, 0..100), Ok((0..100).map(square).collect()));
    });
}

/// POOL-25 (better): workers killed at random while maps are running; every map ends, with the list or
/// the error.
#[test]
#[cfg(unix)]
fn killed_at_random() {
    use rustix::process::{Pid, Signal, kill_process};
    use std::thread::sleep;
    use std::time::Duration;

    /// How many workers are killed.
    const VICTIMS: usize = 20;

    let slow = |n: u64| {
        sleep(Duration::from_micros(100));
        n * n
    };
    guarded("killed_at_random", || {
        let pool = processes(2);
        std::thread::scope(|scope| {
            let killer = scope.spawn(|| {
                for n in 0..VICTIMS {
                    sleep(Duration::from_millis(15));
                    let pids = pool.executor().worker_pids();
                    let Some(pid) = pids.get(n % 2) else { continue };
                    let _it_may_be_gone =
                        kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::KILL);
                }
            });
            while !killer.is_finished() {
                match pool.map(slow, 0..200) {
                    Ok(list) => assert_eq!(list, (0..200).map(square).collect::<Vec<_>>()),
                    Err(PoolError::Failed(TaskError::WorkerDied(_))) => {}
                    // Several in a row were killed before they had started.
                    Err(PoolError::Failed(TaskError::PoolBroken(_)) | PoolError::Refused(_)) => {
                        break;
                    }
                    Err(other) => panic!("{other:?}"),
                }
                if let Ok(results) = pool.imap_unordered(slow, 0..50) {
                    assert!((1..=50).contains(&results.count()));
                }
            }
        });
    });
}

/// POOL-25: where the executor breaks as a whole, as Python's executors do, so does the pool, and says
/// why.
#[test]
fn a_pool_that_breaks() {
    guarded("a_pool_that_breaks", || {
        let executor = builder(2).on_worker_death(OnWorkerDeath::BreakPool).build().unwrap();
        let pool = Pool::new(executor).unwrap();
        let result = pool.map_async(die, [9; 50]).unwrap();
        assert!(matches!(result.get(), Err(TaskError::WorkerDied(_) | TaskError::PoolBroken(_))));
        eventually("the pool to be broken", || pool.executor().broken().is_some());
        assert!(matches!(pool.apply(square, 2), Err(PoolError::Refused(_))));
        pool.close();
        pool.join().unwrap();
    });
}

/// POOL-26 (better), POOL-13: tasks that would never end are killed, and no worker is left.
#[test]
fn terminate_kills() {
    guarded("terminate_kills", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = processes(2);
        let keeper = scratch.gate(); // never opened
        let items = || (0..100).map(|_| (journal.clone(), keeper.gate()));
        let one = pool.apply_async(append_and_hold, (journal.clone(), keeper.gate())).unwrap();
        let map = pool.map_async(append_and_hold, items()).unwrap();
        let imap = pool.imap(append_and_hold, items().collect::<Vec<_>>()).unwrap();
        journal.wait_for(2);
        let pids = pool.executor().worker_pids();
        pool.terminate();
        pool.join().unwrap();
        assert_eq!(one.get(), Err(TaskError::Terminated));
        assert_eq!(map.get(), Err(TaskError::Terminated));
        assert!(imap.into_iter().all(|result| result == Err(TaskError::Terminated)));
        assert_eq!(pool.executor().worker_pids(), [0; 0]);
        assert_eq!(pool.executor().stats().died, 0);
        #[cfg(target_os = "linux")]
        assert!(
            pids.iter().all(|pid| !std::path::Path::new("/proc").join(pid.to_string()).exists())
        );
        drop(pids);
    });
}
