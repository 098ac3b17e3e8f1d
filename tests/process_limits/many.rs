//! Many tasks, many pools, many threads.

use crate::holdings::{Holdings, SLACK, mappings, resident};
use crate::support::child::is_program;
use crate::support::tasks::{fail, hold, square};
use crate::support::{GateKeeper, Scratch};
use crate::{alone, factor};
use concurrent_futures::{
    Executor, Future, MapOptions, ProcessPoolExecutor, SharedBytes, Shutdown, TaskOptions,
    as_completed, join_all,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

const MILLION: u64 = 1_000_000;

alone! {
    /// One of the limits that the library promises to live with.
    a_million_outstanding_tasks runs submit_a_million
    a_million_results_that_nobody_reads runs drop_a_million
    a_million_callbacks runs call_back_a_million
    two_hundred_pools runs pools_in_a_loop
    fifty_pools_at_once runs pools_at_once
    sixteen_threads_use_one_pool runs share_a_pool
    thirty_two_workers runs use_many_workers
    /// Each has two threads in this process, which must not pile up until the end of the pool.
    hundreds_of_workers_one_after_the_other runs replace_workers
    large_values runs send_large_values
}

fn pool(workers: usize) -> ProcessPoolExecutor {
    ProcessPoolExecutor::builder().max_workers(workers).build().expect("valid settings")
}

/// Has the process make and drop a pool, so that what is set up once is set up.
fn warm_up() {
    let pool = pool(2);
    join_all((0..100).map(|n| pool.submit(square, n).unwrap()).collect::<Vec<_>>());
}

/// Runs `body` between two looks at what this process holds.
fn leaves_nothing(body: impl FnOnce()) {
    warm_up();
    let (before, memory) = (Holdings::settled(), resident());
    body();
    before.come_back(memory, SLACK);
}

/// Has all workers of a pool wait for a gate.
fn hold_all(pool: &ProcessPoolExecutor, scratch: &Scratch) -> (GateKeeper, Vec<Future<u64>>) {
    let keeper = scratch.gate();
    let workers = pool.max_workers() as u64;
    let held = (0..workers).map(|n| pool.submit(hold, (keeper.gate(), n)).unwrap()).collect();
    (keeper, held)
}

fn limit_descriptors(number: u64) {
    let limit = Rlimit { current: Some(number), maximum: Some(number) };
    setrlimit(Resource::Nofile, limit).expect("less is always allowed");
}

#[test]
fn submit_a_million() {
    if !is_program() {
        return;
    }
    limit_descriptors(256);
    warm_up();
    let before = Holdings::settled();
    let scratch = Scratch::new();
    let pool = pool(2);
    let (keeper, held) = hold_all(&pool, &scratch);
    let futures: Vec<_> = (0..MILLION).map(|n| pool.submit(square, n).unwrap()).collect();
    let stats = pool.stats();
    assert!(stats.queued + stats.with_workers >= MILLION as usize, "{stats:?}");
    keeper.open();
    for (n, future) in (0..).zip(futures) {
        assert_eq!(future.result(), Ok(n * n));
    }
    assert!(join_all(held).iter().all(Result::is_ok));
    assert!(pool.shutdown(Shutdown::wait()));
    drop(pool);
    drop((keeper, scratch));
    // The allocator need not give back what so many small pieces were in, but must use it again.
    before.come_back(usize::MAX, 0);
}

#[test]
fn drop_a_million() {
    if !is_program() {
        return;
    }
    leaves_nothing(|| {
        let pool = pool(2);
        let mut before = 0;
        for part in 0..10 {
            for n in 0..MILLION / 10 {
                drop(pool.submit(square, n).unwrap());
            }
            let next = pool.submit(square, part).unwrap();
            assert_eq!(next.result(), Ok(part * part)); // not all before it need be over
            if part == 4 {
                before = resident();
            }
        }
        assert!(pool.shutdown(Shutdown::wait()));
        assert_eq!(pool.stats().completed, MILLION + 10);
        assert!(resident() < before + SLACK, "memory grows with every task");
    });
}

#[test]
fn call_back_a_million() {
    if !is_program() {
        return;
    }
    /// Submits the next task when one is done: `rest` in a row.
    fn go_on(pool: &Arc<ProcessPoolExecutor>, rest: u64, over: std::sync::mpsc::Sender<()>) {
        let next = Arc::clone(pool);
        pool.submit(square, rest).unwrap().add_done_callback(move |outcome| {
            assert_eq!(outcome, &Ok(rest * rest));
            if rest == 0 {
                drop((next, over));
            } else {
                go_on(&next, rest - 1, over);
            }
        });
    }
    leaves_nothing(|| {
        let pool = Arc::new(pool(2));
        let (sender, receiver) = channel();
        let chains = 100;
        for _ in 0..chains {
            go_on(&pool, MILLION / 100 / 20, sender.clone());
        }
        drop(sender);
        assert!(receiver.recv().is_err(), "all are dropped and none sends");
        assert_eq!(pool.stats().completed, chains * (MILLION / 100 / 20 + 1));
        drop(pool);
    });
}

/// Uses a pool and leaves it in one of several ways.
fn use_and_leave(pool: ProcessPoolExecutor, leave: usize) {
    let ok = pool.submit(square, 3).unwrap();
    // Not always, since the report of a panic takes longer than all the rest.
    let failed =
        leave.is_multiple_of(20).then(|| pool.submit(fail, "on purpose".to_owned()).unwrap());
    let exit: Future<u64> = pool.submit(|code: i32| std::process::exit(code), 5).unwrap();
    let late: Future<()> = {
        let deadline = TaskOptions::new().with_deadline(Duration::from_millis(1));
        pool.submit_with(|()| thread::sleep(Duration::MAX), (), deadline).unwrap()
    };
    let shared = SharedBytes::from(vec![7; 100_000]);
    let add = |bytes: SharedBytes| bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>();
    let sum = pool.submit(add, shared);
    let large = pool.submit(|text: String| text, "x".repeat(200_000)).unwrap();
    let cancelled = pool.submit(square, 4).unwrap();
    cancelled.cancel();
    drop(pool.submit(square, 2).unwrap());
    let mut lazy = pool.map_with(square, 0.., MapOptions::new().with_buffersize(2)).unwrap();
    assert_eq!(lazy.next(), Some(Ok(0)));
    drop(lazy);
    let waits = match leave % 6 {
        0 => pool.shutdown(Shutdown::wait()),
        1 => pool.shutdown(Shutdown::wait().cancel_pending()),
        2 => {
            pool.shutdown(Shutdown::no_wait());
            true
        }
        3 => {
            pool.kill_workers();
            true
        }
        4 => {
            pool.terminate_workers();
            true
        }
        _ => true,
    };
    assert!(waits);
    drop(pool);
    drop((
        ok.result(),
        failed.map(Future::result),
        exit.result(),
        large.result().map(|text| text.len()),
    ));
    drop((late.result(), sum.unwrap().result(), cancelled.result()));
}

#[test]
fn pools_in_a_loop() {
    if !is_program() {
        return;
    }
    for leave in 0..6 {
        use_and_leave(pool(2), leave);
    }
    leaves_nothing(|| {
        for round in 0..200 * factor() {
            use_and_leave(pool(1 + round % 2), round);
            drop(pool(3));
        }
    });
}

#[test]
fn pools_at_once() {
    if !is_program() {
        return;
    }
    leaves_nothing(|| {
        for _ in 0..factor() {
            let pools: Vec<_> = (0..50).map(|n| pool(1 + n % 2)).collect();
            let tasks = (0..20).flat_map(|n| pools.iter().map(move |pool| (pool, n)));
            let futures: Vec<_> = tasks.map(|(pool, n)| pool.submit(square, n).unwrap()).collect();
            assert_eq!(
                as_completed(futures).filter(|future| future.exception().is_none()).count(),
                1000
            );
        }
    });
}

#[test]
fn share_a_pool() {
    if !is_program() {
        return;
    }
    leaves_nothing(|| {
        let pool = pool(2);
        thread::scope(|scope| {
            for thread in 0..16_u64 {
                let pool = &pool;
                scope.spawn(move || {
                    for round in 0..20 * factor() as u64 {
                        let base = thread * 1000 + round;
                        let futures: Vec<_> =
                            (0..100).map(|n| pool.submit(square, base + n).unwrap()).collect();
                        for (n, future) in (base..).zip(futures) {
                            assert_eq!(future.result(), Ok(n * n));
                        }
                        let squares = pool.map(square, 0..50).unwrap();
                        assert!(squares.eq((0..50).map(|n| Ok(n * n))));
                        assert_eq!(pool.submit(square, round).unwrap().result(), Ok(round * round));
                    }
                });
            }
        });
    });
}

#[test]
fn use_many_workers() {
    if !is_program() {
        return;
    }
    leaves_nothing(|| {
        let scratch = Scratch::new();
        let pool = pool(32);
        let (keeper, held) = hold_all(&pool, &scratch);
        crate::support::eventually("all workers to start", || pool.stats().live == 32);
        let futures: Vec<_> = (0..5000).map(|n| pool.submit(square, n).unwrap()).collect();
        keeper.open();
        for (n, future) in (0..).zip(futures) {
            assert_eq!(future.result(), Ok(n * n));
        }
        assert!(join_all(held).iter().all(Result::is_ok));
        assert!(pool.map(square, 0..5000).unwrap().eq((0..5000).map(|n| Ok(n * n))));
    });
}

#[test]
fn replace_workers() {
    if !is_program() {
        return;
    }
    leaves_nothing(|| {
        let builder = ProcessPoolExecutor::builder().max_workers(2).max_tasks_per_child(1);
        let pool = builder.build().unwrap();
        let run = |count: u64| {
            for outcome in pool.map(square, 0..count).unwrap() {
                outcome.unwrap();
            }
        };
        run(20);
        let before = mappings();
        run(300);
        let after = mappings();
        assert!(after < before + 100, "{before} mappings have become {after}");
    });
}

#[test]
fn send_large_values() {
    if !is_program() {
        return;
    }
    leaves_nothing(|| {
        let pool = pool(2);
        for round in 0..20 * factor() {
            // Of all sizes, so that none can be put where the one before it was.
            let len = 60_000 + round * 150_000;
            let text = |n: usize| char::from(b'a' + n as u8).to_string().repeat(len + n);
            let futures: Vec<_> =
                (0..20).map(|n| pool.submit(|text: String| text, text(n)).unwrap()).collect();
            for (n, future) in futures.into_iter().enumerate() {
                assert!(future.result().unwrap() == text(n));
            }
        }
    });
}
