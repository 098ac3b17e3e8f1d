//! The end of workers and pools.

use crate::processes::{assert_gone, wait_until_gone};
use crate::support::tasks::square;
use crate::support::{Busy, Gate, Journal, Scratch, eventually, guarded};
use crate::{builder, exit, pool};
use concurrent_futures::process::OnWorkerDeath;
use concurrent_futures::{
    Executor, ProcessPoolExecutor, Shutdown, SubmitError, TaskError, join_all,
};
use std::sync::Arc;
use std::sync::mpsc::channel;

/// SHUT-03, SHUT-06, SHUT-13: when a shutdown that waits has returned, or the pool has been dropped,
/// there is no worker any more, not even one that nobody has waited for.
#[test]
fn workers_are_gone_afterwards() {
    guarded("workers_are_gone_afterwards", || {
        let scratch = Scratch::new();
        for ending in 0..4 {
            let pool = pool(3);
            let busy = Busy::occupy(&pool, &scratch, 3);
            let pids = pool.worker_pids();
            assert_eq!(pids.len(), 3);
            busy.let_go();
            match ending {
                0 => assert!(pool.shutdown(Shutdown::wait())),
                1 => assert!(pool.shutdown(Shutdown::wait().cancel_pending())),
                2 => {
                    assert!(!pool.shutdown(Shutdown::no_wait()));
                    wait_until_gone(&pids);
                    eventually("the books to be closed", || pool.shutdown(Shutdown::no_wait()));
                }
                _ => drop(pool),
            }
            assert_gone(&pids);
            busy.release();
        }
    });
}

/// SHUT-02: a pool whose last handle goes away in one of its own callbacks ends by itself.
#[test]
fn dropped_in_a_callback() {
    guarded("dropped_in_a_callback", || {
        let scratch = Scratch::new();
        let pool = Arc::new(pool(2));
        let busy = Busy::occupy(&*pool, &scratch, 2);
        let pids = pool.worker_pids();
        let later = pool.submit(square, 3).unwrap();
        let (over, ended) = channel();
        busy.future().add_done_callback(move |_| {
            assert!(!pool.shutdown(Shutdown::wait()), "that would be to wait for itself");
            drop(pool);
            over.send(()).unwrap();
        });
        busy.let_go(); // nobody waits for it, so the callback runs in a thread of the pool
        ended.recv().unwrap();
        assert_eq!(later.result(), Ok(9));
        busy.release();
        wait_until_gone(&pids);
    });
}

/// PPE-15, PPE-16: both ways to end all workers by force: what was running fails and goes no further,
/// what was not is cancelled, and nothing is accepted any more.
#[test]
fn force_ends_everything() {
    fn twice((journal, gate): (Journal, Gate)) {
        journal.append("began");
        gate.wait_open();
        journal.append("went on");
    }
    guarded("force_ends_everything", || {
        for (force, signal) in [
            (ProcessPoolExecutor::kill_workers as fn(&ProcessPoolExecutor), "SIGKILL"),
            (ProcessPoolExecutor::terminate_workers, "SIGTERM"),
        ] {
            let scratch = Scratch::new();
            let journal = scratch.journal();
            let pool = pool(2);
            let gate = scratch.gate();
            let submit = |_| pool.submit(twice, (journal.clone(), gate.gate())).unwrap();
            let futures: Vec<_> = (0..10).map(submit).collect();
            journal.wait_for(2);
            let pids = pool.worker_pids();
            force(&pool);
            assert_eq!(pool.submit(square, 1).unwrap_err(), SubmitError::ShutDown);
            let outcomes = join_all(futures);
            let died = outcomes.iter().filter_map(|outcome| match outcome {
                Err(TaskError::WorkerDied(death)) => Some(death),
                Err(TaskError::Cancelled) => None,
                other => panic!("{other:?}"),
            });
            let died: Vec<_> = died.collect();
            assert_eq!(died.len(), 2);
            for death in died {
                assert!(pids.contains(&death.pid));
                assert!(cfg!(not(unix)) || death.exit.signal_name() == Some(signal), "{death}");
            }
            assert!(pool.shutdown(Shutdown::wait()));
            assert_gone(&pids);
            gate.open();
            assert_eq!(journal.lines(), ["began", "began"]);
            assert!(pool.broken().is_none());
        }
    });
}

/// PPE-17: force is of no consequence on a pool that has no worker yet, or whose worker has died, or that
/// has ended, but for the pool being shut down.
#[test]
fn force_without_workers() {
    guarded("force_without_workers", || {
        for policy in [OnWorkerDeath::Replace, OnWorkerDeath::BreakPool] {
            for force in [ProcessPoolExecutor::kill_workers, ProcessPoolExecutor::terminate_workers]
            {
                let unused = builder(2).on_worker_death(policy).build().unwrap();
                force(&unused);
                assert_eq!(unused.submit(square, 1).unwrap_err(), SubmitError::ShutDown);
                assert!(unused.shutdown(Shutdown::wait()));
                force(&unused);

                let dead = builder(2).on_worker_death(policy).build().unwrap();
                assert!(dead.submit(exit, 1).unwrap().result().is_err());
                force(&dead);
                assert!(dead.submit(square, 1).is_err());
                assert!(dead.shutdown(Shutdown::wait()));
                force(&dead);
            }
        }
    });
}

/// PPE-15: force just after the first task, while its worker is being started.
#[test]
fn force_while_starting() {
    guarded("force_while_starting", || {
        for round in 0..40 {
            for policy in [OnWorkerDeath::Replace, OnWorkerDeath::BreakPool] {
                let pool = builder(2).on_worker_death(policy).build().unwrap();
                let futures: Vec<_> = (0..3).map(|n| pool.submit(square, n).unwrap()).collect();
                for _ in 0..round * 10 {
                    std::thread::yield_now();
                }
                pool.kill_workers();
                assert!(pool.shutdown(Shutdown::wait()));
                for (n, outcome) in (0..).zip(join_all(futures)) {
                    match outcome {
                        Ok(value) => assert_eq!(value, n * n),
                        Err(TaskError::Cancelled | TaskError::WorkerDied(_)) => {}
                        other => panic!("{other:?}"),
                    }
                }
                assert_eq!((pool.stats().live, pool.broken()), (0, None));
            }
        }
    });
}

/// PPE-15: a task that does not heed the polite signal is not hurt, and its worker ends after it.
#[test]
#[cfg(unix)]
fn politeness_may_be_ignored() {
    fn ignore_and_hold(argument: (Journal, Gate, u64)) -> u64 {
        // SAFETY: to ignore a signal is safe at any time.
        unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
        crate::support::tasks::visit_and_hold(argument)
    }
    guarded("politeness_may_be_ignored", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = pool(1);
        let gate = scratch.gate();
        let future = pool.submit(ignore_and_hold, (journal.clone(), gate.gate(), 5)).unwrap();
        journal.wait_for(1);
        let pids = pool.worker_pids();
        pool.terminate_workers();
        gate.open();
        assert_eq!(future.result(), Ok(5));
        assert!(pool.shutdown(Shutdown::wait()));
        assert_gone(&pids);
    });
}

/// SHUT-06, SHUT-13, BRK-14: after pools that ended in all ways, this process has as many threads,
/// descriptors and children as before, and there is no file left.
#[test]
#[cfg(target_os = "linux")]
fn nothing_is_left_behind() {
    use crate::support::child;

    guarded("nothing_is_left_behind", || {
        let output = child::run(&mut child::program("end::program_that_counts"));
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.contains("\nnothing is left\n"), "{printed}");
    });
}

/// Uses a pool in most ways and leaves it in one of several.
#[cfg(target_os = "linux")]
fn use_and_leave(round: usize) {
    use concurrent_futures::TaskOptions;
    use concurrent_futures::process::SharedBytes;
    use std::time::Duration;

    let scratch = Scratch::new();
    let pool =
        builder(2).capture_stderr(round.is_multiple_of(2)).max_tasks_per_child(50).build().unwrap();
    let busy = Busy::occupy(&pool, &scratch, 1);
    let cancelled = pool.submit(square, 1).unwrap();
    cancelled.cancel();
    let map = pool.map(square, 0..200).unwrap();
    let large = pool.submit(|bytes: Vec<u8>| bytes, vec![1; 1 << 20]).unwrap();
    let shared = SharedBytes::new(&[2; 100]);
    let shared = pool.submit(|bytes: SharedBytes| (bytes.clone(), bytes), shared).unwrap();
    let dies = pool.submit(exit, 3).unwrap();
    let deadline = TaskOptions::new().with_deadline(Duration::from_millis(10));
    let stopped = pool.submit_with(|()| std::thread::sleep(Duration::MAX), (), deadline).unwrap();
    busy.let_go();
    match round % 5 {
        0 => drop(pool.shutdown(Shutdown::wait())),
        1 => drop(pool.shutdown(Shutdown::no_wait())),
        2 => drop(pool.shutdown(Shutdown::wait().cancel_pending())),
        3 => pool.kill_workers(),
        _ => {}
    }
    drop(pool);
    drop((map, large, shared, dies, stopped, busy));

    let broken = builder(2).initializer(|()| panic!("no database"), ()).build().unwrap();
    assert!(broken.submit(square, 1).unwrap().result().is_err());
    drop(broken);
    let broken = builder(1).program("/no/such/program").build().unwrap();
    assert!(broken.submit(square, 1).unwrap().result().is_err());
    drop(broken);
    let broken = builder(2).on_worker_death(OnWorkerDeath::BreakPool).build().unwrap();
    let busy = Busy::occupy(&broken, &scratch, 1);
    assert!(broken.submit(exit, 1).unwrap().result().is_err());
    drop((broken, busy));
    drop(pool_without_use());
}

#[cfg(target_os = "linux")]
fn pool_without_use() -> ProcessPoolExecutor {
    pool(1)
}

/// See `nothing_is_left_behind`.
#[test]
#[cfg(target_os = "linux")]
fn program_that_counts() {
    use crate::support::{child, leak};

    if !child::is_program() {
        return;
    }
    let links = || {
        let entries = std::fs::read_dir("/proc/self/fd").unwrap();
        entries.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok()).collect::<Vec<_>>()
    };
    let children = || std::fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
    let own = leak::threads();
    for round in 0..2 {
        use_and_leave(round); // whatever is set up once is set up now
    }
    let threads = {
        let mut least = usize::MAX;
        eventually("the threads of the first round to end", || {
            let now = leak::threads();
            std::thread::sleep(std::time::Duration::from_millis(20));
            std::mem::replace(&mut least, now) == now && now <= own
        });
        least
    };
    let descriptors = leak::descriptors();
    for round in 0..10 {
        use_and_leave(round);
    }
    eventually("all threads to end", || leak::threads() == threads);
    assert_eq!(leak::descriptors(), descriptors, "{:?}", links());
    assert_eq!(children(), "");
    assert_eq!(Scratch::count(), 0);
    println!("\nnothing is left");
}
