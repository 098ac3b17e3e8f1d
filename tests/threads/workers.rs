//! Rows THR: how many threads there are, what they are called, what they do when there is nothing to do.

use crate::pool;
use crate::support::leak::{context_switches, threads_named};
use crate::support::{Busy, Scratch, child, eventually, guarded};
use concurrent_futures::{BuildError, Executor, Shutdown, ThreadPoolExecutor, join_all};
use std::cell::Cell;
use std::collections::{BTreeSet, HashSet};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

/// The name of the thread this runs in.
fn thread_name() -> String {
    thread::current().name().expect("workers have names").to_owned()
}

/// THR-01: five threads per processor by default.
#[test]
fn default_is_five_per_processor() {
    guarded("default_is_five_per_processor", || {
        let processors = thread::available_parallelism().unwrap().get();
        let pool = ThreadPoolExecutor::new().unwrap();
        assert_eq!(pool.max_workers(), 5 * processors);
        assert_eq!(Executor::max_workers(&pool), pool.max_workers());
        assert_eq!(ThreadPoolExecutor::global().unwrap().max_workers(), 5 * processors);
    });
}

/// SUB-05: no workers at all are refused by `build`, and so is more than can be counted.
#[test]
fn senseless_settings_are_refused() {
    guarded("senseless_settings_are_refused", || {
        let error = ThreadPoolExecutor::builder().max_workers(0).build().unwrap_err();
        assert_eq!(error, BuildError::ZeroWorkers);
        assert_eq!(error.to_string(), "max_workers must be at least 1");
        let error = ThreadPoolExecutor::builder().max_workers(usize::MAX).build().unwrap_err();
        let BuildError::TooManyWorkers { limit } = error else { panic!("{error}") };
        assert_eq!(error.to_string(), format!("max_workers must be at most {limit}"));
        let error = ThreadPoolExecutor::builder().queue_bound(0).build().unwrap_err();
        assert_eq!(error, BuildError::ZeroQueueBound);
        assert_eq!(error.to_string(), "queue_bound must be at least 1");
        let error = ThreadPoolExecutor::builder().thread_name_prefix("a\0b").build().unwrap_err();
        assert_eq!(error, BuildError::InvalidThreadName);
        assert_eq!(error.to_string(), "thread_name_prefix must not contain a zero byte");
    });
}

/// THR-02: as many threads as allowed for many blocked tasks, and no more.
#[test]
fn saturation_starts_all_workers() {
    guarded("saturation_starts_all_workers", || {
        let pool = pool(4);
        let gate = Arc::new(Barrier::new(5));
        let running = Arc::new(AtomicUsize::new(0));
        let futures: Vec<_> = (0..60)
            .map(|n| {
                let (gate, running) = (Arc::clone(&gate), Arc::clone(&running));
                let first = n < 4;
                let task = move || {
                    running.fetch_add(1, Ordering::SeqCst);
                    if first {
                        gate.wait();
                    }
                    running.fetch_sub(1, Ordering::SeqCst);
                };
                pool.spawn(task).unwrap()
            })
            .collect();
        eventually("four tasks to run", || running.load(Ordering::SeqCst) == 4);
        let stats = pool.stats();
        assert_eq!((stats.live, stats.idle, stats.running, stats.queued), (4, 0, 4, 56));
        gate.wait();
        join_all(futures).into_iter().for_each(|outcome| outcome.unwrap());
        assert_eq!(pool.stats().live, 4);
        assert_eq!(pool.stats().completed, 60);
    });
}

/// THR-03: no thread before the first task, and an idle one is used again.
#[test]
fn idle_thread_is_reused() {
    guarded("idle_thread_is_reused", || {
        for _ in 0..50 {
            let pool = pool(8);
            assert_eq!(pool.stats().live, 0);
            let mut ids = HashSet::new();
            for n in 0..3 {
                ids.insert(pool.spawn(|| thread::current().id()).unwrap().result().unwrap());
                assert_eq!((pool.stats().live, pool.stats().completed), (1, n + 1));
            }
            assert_eq!(ids.len(), 1);
        }
    });
}

/// THR-03: the same after a callback, a cancellation or a panic was what the thread last did.
#[test]
fn idle_thread_is_reused_after_anything() {
    guarded("idle_thread_is_reused_after_anything", || {
        let pool = pool(8);
        for _ in 0..50 {
            let _ = pool.spawn(|| panic!("on purpose")).unwrap().result();
            let future = pool.spawn(|| 1).unwrap();
            future.add_done_callback(|_| panic!("a callback fails on purpose"));
            assert_eq!(future.result(), Ok(1));
        }
        assert_eq!(pool.stats().live, 1);
        assert_eq!((pool.stats().completed, pool.stats().failed), (50, 50));
    });
}

/// THR-04: threads are called `<prefix>_<n>`, with n below the worker count.
#[test]
fn names_have_the_prefix() {
    guarded("names_have_the_prefix", || {
        let builder = ThreadPoolExecutor::builder().max_workers(3);
        let pool = builder.thread_name_prefix("crawler").build().unwrap();
        let together = Arc::new(Barrier::new(3));
        let futures: Vec<_> = (0..3)
            .map(|_| {
                let together = Arc::clone(&together);
                let task = move || {
                    together.wait();
                    thread_name()
                };
                pool.spawn(task).unwrap()
            })
            .collect();
        let names: BTreeSet<_> = join_all(futures).into_iter().map(Result::unwrap).collect();
        assert!(names.iter().eq(["crawler_0", "crawler_1", "crawler_2"]), "{names:?}");
    });
}

/// THR-05: without a prefix the names of two pools differ.
#[test]
fn default_names_differ_between_pools() {
    guarded("default_names_differ_between_pools", || {
        let (one, other) = (pool(1), pool(1));
        let names = [&one, &other].map(|pool| pool.spawn(thread_name).unwrap().result().unwrap());
        assert_ne!(names[0], names[1]);
        for name in names {
            let number = name.strip_prefix("ThreadPoolExecutor-").unwrap();
            let (pool, worker) = number.split_once('_').unwrap();
            assert!(pool.parse::<u32>().is_ok());
            assert_eq!(worker, "0");
        }
    });
}

thread_local! {
    static PREPARED: Cell<u32> = const { Cell::new(0) };
}

/// THR-06: the initializer runs once in each thread, before its first task; what it sets up there is
/// seen by the tasks.
#[test]
fn initializer_prepares_each_thread() {
    guarded("initializer_prepares_each_thread", || {
        let runs = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&runs);
        let pool = ThreadPoolExecutor::builder()
            .max_workers(3)
            .initializer(move || {
                counter.fetch_add(1, Ordering::SeqCst);
                PREPARED.set(PREPARED.get() + 1);
            })
            .build()
            .unwrap();
        assert_eq!(runs.load(Ordering::SeqCst), 0);
        let prepared: Vec<_> = pool.map(|_| PREPARED.get(), 0..200).unwrap().collect();
        assert!(prepared.iter().all(|outcome| outcome == &Ok(1)));
        let live = pool.stats().live;
        eventually("all initializers", || runs.load(Ordering::SeqCst) == live);
        pool.shutdown(Shutdown::wait());
        assert!((1..=3).contains(&runs.load(Ordering::SeqCst)));
    });
}

/// THR-07: idle threads sleep, without looking at anything from time to time.
#[test]
#[cfg(target_os = "linux")]
fn idle_threads_do_not_wake() {
    guarded("idle_threads_do_not_wake", || {
        let scratch = Scratch::new();
        let builder = ThreadPoolExecutor::builder().max_workers(4);
        let pool = builder.thread_name_prefix("idle-watch").build().unwrap();
        Busy::occupy(&pool, &scratch, 4).release();
        let workers = threads_named("idle-watch");
        assert_eq!(workers.len(), 4);
        let switches = || workers.iter().map(|&worker| context_switches(worker)).sum::<u64>();
        // Asleep once nothing has moved for a while; then nothing ever does.
        let mut last = switches();
        eventually("the threads to fall asleep", || {
            thread::sleep(Duration::from_millis(20));
            let now = switches();
            std::mem::replace(&mut last, now) == now
        });
        thread::sleep(Duration::from_millis(500));
        assert_eq!(switches(), last);
        assert_eq!(pool.stats().idle, 4);
    });
}

/// THR-08: a task that was cancelled while it was waiting is skipped.
#[test]
fn cancelled_task_is_skipped() {
    guarded("cancelled_task_is_skipped", || {
        let scratch = Scratch::new();
        let pool = pool(1);
        let busy = Busy::occupy(&pool, &scratch, 1);
        let ran = Arc::new(Mutex::new(Vec::new()));
        let futures: Vec<_> = (0..10)
            .map(|n| {
                let ran = Arc::clone(&ran);
                pool.spawn(move || ran.lock().unwrap().push(n)).unwrap()
            })
            .collect();
        assert!(futures.iter().step_by(2).all(concurrent_futures::Future::cancel));
        busy.release();
        pool.shutdown(Shutdown::wait());
        assert_eq!(*ran.lock().unwrap(), [1, 3, 5, 7, 9]);
        let stats = pool.stats();
        assert_eq!((stats.completed, stats.cancelled), (6, 5));
        assert_eq!((stats.queued, stats.running, stats.live), (0, 0, 0));
    });
}

/// FUT-09 (done better): whatever a callback does, the pool keeps its threads.
#[test]
fn callbacks_cannot_kill_workers() {
    /// A panic payload that makes more trouble when it is thrown away.
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a panic payload fails on purpose");
        }
    }
    guarded("callbacks_cannot_kill_workers", || {
        let scratch = Scratch::new();
        let pool = pool(2);
        Busy::occupy(&pool, &scratch, 2).release();
        for n in 0..40 {
            let future = pool.spawn(move || n).unwrap();
            future.add_done_callback(|_| std::panic::panic_any(Bomb));
            let future = pool.spawn(|| std::panic::panic_any(Bomb)).unwrap();
            future.add_done_callback(|_| std::panic::panic_any(Bomb));
        }
        Busy::occupy(&pool, &scratch, 2).release(); // there are two threads to occupy
        assert_eq!(pool.stats().live, 2);
        assert_eq!((pool.stats().completed, pool.stats().failed), (44, 40));
    });
}

/// FUT-03, FUT-09 (done better): the complaint about a callback that panicked has nowhere to go, and
/// that does no harm either.
#[test]
fn complaints_may_have_nowhere_to_go() {
    guarded("complaints_may_have_nowhere_to_go", || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut program = child::program("workers::program_without_standard_error");
        assert!(program.stdout(Stdio::null()).stderr(writer).status().unwrap().success());
    });
}

/// See `complaints_may_have_nowhere_to_go`.
#[test]
fn program_without_standard_error() {
    if !child::is_program() {
        return;
    }
    let scratch = Scratch::new();
    let pool = pool(1);
    let busy = Busy::occupy(&pool, &scratch, 1);
    busy.future().add_done_callback(|_| panic!("a callback fails on purpose"));
    busy.let_go();
    let next = pool.submit(|n: u64| n, 1).unwrap();
    if !next.wait_timeout(Duration::from_secs(20)) {
        std::process::exit(1); // the worker is gone, and nobody will end it well
    }
}

/// FUT-08: callbacks run in the thread that completes the task: the worker.
#[test]
fn callbacks_run_in_the_worker() {
    guarded("callbacks_run_in_the_worker", || {
        let scratch = Scratch::new();
        let pool = pool(1);
        let worker = pool.spawn(|| thread::current().id()).unwrap().result().unwrap();
        let busy = Busy::occupy(&pool, &scratch, 1);
        let (sender, receiver) = channel();
        let future = pool.spawn(|| ()).unwrap();
        future.add_done_callback(move |_| sender.send(thread::current().id()).unwrap());
        busy.release();
        assert_eq!(receiver.recv(), Ok(worker));
    });
}

/// THR-09 (not applicable, there being no fork; what is kept of it): processes can be started from
/// the threads of a pool while others submit to it.
#[test]
fn processes_can_be_started_from_workers() {
    guarded("processes_can_be_started_from_workers", || {
        let pool = pool(3);
        thread::scope(|scope| {
            let (stop, stopped) = channel::<()>();
            let pool = &pool;
            scope.spawn(move || {
                while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                    pool.submit(|n| n + 1, 1).unwrap().wait();
                }
            });
            let start = |_| {
                let mut command = child::program("workers::program_that_ends_at_once");
                command.stdout(Stdio::null()).status().unwrap().code()
            };
            for code in pool.map(start, 0..6).unwrap() {
                assert_eq!(code, Ok(Some(0)));
            }
            drop(stop);
        });
    });
}

/// See `processes_can_be_started_from_workers`.
#[test]
fn program_that_ends_at_once() {}
