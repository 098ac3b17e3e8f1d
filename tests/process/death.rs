//! Workers that die: exactly the task that was running fails, and everything else is run elsewhere.

use crate::support::tasks::{square, visit};
use crate::support::{Gate, Journal, Scratch, eventually, guarded};
use crate::{builder, exit, pool};
use concurrent_futures::{
    Executor, Exit, Shutdown, SubmitError, TaskError, TaskOptions, WorkerDeath, join_all,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

/// The death that a task died of.
#[track_caller]
fn death(outcome: Result<u64, TaskError>) -> Arc<WorkerDeath> {
    match outcome {
        Err(TaskError::WorkerDied(death)) => death,
        other => panic!("{other:?}"),
    }
}

fn abort(_: ()) -> u64 {
    std::process::abort()
}

fn touch_nowhere(_: ()) -> u64 {
    // SAFETY: none at all; the process ends here, as the test wants it to.
    unsafe { std::ptr::without_provenance_mut::<u8>(64).write_volatile(1) };
    0
}

#[expect(unconditional_recursion, reason = "that is the point")]
fn overflow_the_stack(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 100]);
    overflow_the_stack(room[50] + 1) + room[99]
}

/// BRK-05, BRK-02 (better): however the worker ends, the future of the task that it was running says
/// which process it was and how it ended, and the pool goes on.
#[test]
fn every_way_to_die() {
    guarded("every_way_to_die", || {
        let pool = pool(1);
        let mut ways = vec![
            (pool.submit(exit, 0), Some(Exit::Code(0)), "exited with code 0"),
            (pool.submit(exit, 3), Some(Exit::Code(3)), "exited with code 3"),
        ];
        #[cfg(unix)]
        ways.extend([
            (pool.submit(abort, ()), Some(Exit::Signal(6)), "was killed by SIGABRT"),
            (pool.submit(touch_nowhere, ()), Some(Exit::Signal(11)), "was killed by SIGSEGV"),
            // SIGSEGV or SIGABRT, by who was first to notice.
            (pool.submit(overflow_the_stack, 0), None, "was killed by SIG"),
        ]);
        #[cfg(windows)]
        ways.extend([
            (pool.submit(abort, ()), None, "exited with code"), // which depends on the compiler's version
            (pool.submit(touch_nowhere, ()), Some(Exit::Code(-0x3fff_fffb)), "exited with code"),
        ]);
        // Wine ends the thread, and leaves the rest of the process as it is.
        #[cfg(windows)]
        if !crate::windows::is_wine() {
            let overflow = pool.submit(overflow_the_stack, 0);
            ways.push((overflow, Some(Exit::Code(-0x3fff_ff03)), "exited with code"));
        }
        let mut pids = Vec::new();
        for (future, exit, words) in ways {
            let future = future.unwrap();
            let id = future.id();
            let outcome = future.result();
            let text = outcome.as_ref().unwrap_err().to_string();
            let death = death(outcome);
            if let Some(exit) = exit {
                assert_eq!(death.exit, exit);
            }
            assert_eq!((death.task, death.stderr.as_str()), (Some(id), ""));
            let expected = format!("the worker running the task died: process {} ", death.pid);
            assert!(text.starts_with(&expected) && text.contains(words), "{text}");
            assert!(text.contains(&format!("while running task {id}")), "{text}");
            pids.push(death.pid);
        }
        pids.push(pool.submit(crate::pid, ()).unwrap().result().unwrap());
        let count = pids.len();
        pids.dedup();
        assert_eq!(pids.len(), count, "each in a process of its own");
        let stats = pool.stats();
        assert_eq!((stats.lost, stats.died), (count as u64 - 1, count as u64 - 1));
    });
}

/// BRK-01 (better): a worker that is killed from outside costs the task that it was running; an idle one
/// costs nothing.
#[test]
#[cfg(unix)]
fn killed_from_outside() {
    use crate::processes::signal;
    use rustix::process::Signal;

    guarded("killed_from_outside", || {
        let scratch = Scratch::new();
        let pool = pool(1);
        for stop in [false, true] {
            let busy = crate::support::Busy::occupy(&pool, &scratch, 1);
            let worker = pool.worker_pids()[0];
            if stop {
                signal(worker, Signal::STOP);
            }
            signal(worker, Signal::KILL);
            busy.future().wait();
            let error = busy.future().exception().unwrap().clone();
            let death = death(Err(error));
            assert_eq!((death.pid, death.exit), (worker, Exit::Signal(9)));
            assert!(death.to_string().contains("was killed by SIGKILL while running"), "{death}");
        }
        assert_eq!(pool.submit(square, 2).unwrap().result(), Ok(4));
        eventually("it to be idle", || pool.stats().idle == 1);
        let idle = pool.worker_pids()[0];
        signal(idle, Signal::KILL);
        assert_eq!(pool.submit(square, 3).unwrap().result(), Ok(9));
        assert!(!pool.worker_pids().contains(&idle));
        assert_eq!((pool.stats().died, pool.stats().lost), (3, 2));
    });
}

fn hold_and_exit((gate, code): (Gate, i32)) -> u64 {
    gate.wait_open();
    std::process::exit(code)
}

/// BRK-05 (better): what was queued, and what the worker had been given and not started, is run
/// elsewhere, once.
#[test]
fn the_rest_is_run_elsewhere() {
    guarded("the_rest_is_run_elsewhere", || {
        for workers in [1, 2] {
            let scratch = Scratch::new();
            let journal = scratch.journal();
            let pool = pool(workers);
            let gate = scratch.gate();
            let deadly: Vec<_> = (0..workers)
                .map(|_| pool.submit(hold_and_exit, (gate.gate(), 3)).unwrap())
                .collect();
            eventually("them to run", || deadly.iter().all(concurrent_futures::Future::running));
            let rest: Vec<_> =
                (0..100).map(|n| pool.submit(visit, (journal.clone(), n)).unwrap()).collect();
            assert!(pool.stats().with_workers > workers, "something was handed out ahead");
            gate.open();
            for future in deadly {
                death(future.result());
            }
            assert!(join_all(rest).into_iter().eq((0..100).map(Ok)));
            assert_eq!(journal.sorted_numbers(), (0..100).collect::<Vec<_>>());
            assert_eq!(pool.stats().lost, workers as u64);
        }
    });
}

/// BRK-05 (better): one deadly task among many quick ones, which are handed out many at a time.
#[test]
fn one_among_many() {
    fn maybe_exit((journal, n): (Journal, u64)) -> u64 {
        journal.append(n);
        if n % 200 == 100 {
            std::process::exit(1);
        }
        n
    }
    guarded("one_among_many", || {
        for map in [false, true] {
            let scratch = Scratch::new();
            let journal = scratch.journal();
            let pool = pool(2);
            let items = (0..2000).map(|n| (journal.clone(), n));
            let outcomes: Vec<_> = if map {
                pool.map(maybe_exit, items.collect::<Vec<_>>()).unwrap().collect()
            } else {
                let futures = items.map(|item| pool.submit(maybe_exit, item).unwrap());
                join_all(futures.collect::<Vec<_>>())
            };
            for (n, outcome) in (0..).zip(outcomes) {
                if n % 200 == 100 {
                    assert_eq!(death(outcome).exit, Exit::Code(1));
                } else {
                    assert_eq!(outcome, Ok(n));
                }
            }
            // No task was run twice, and none was left out.
            assert_eq!(journal.sorted_numbers(), (0..2000).collect::<Vec<_>>());
            let stats = pool.stats();
            assert_eq!((stats.completed, stats.lost, stats.died), (1990, 10, 10));
        }
    });
}

/// BRK-05 (an extra): a task that may be retried is run again as often as it may, and fails then.
#[test]
fn retries() {
    fn exit_at_first((journal, times): (Journal, usize)) -> u64 {
        journal.append(std::process::id());
        if journal.lines().len() <= times {
            std::process::exit(1);
        }
        journal.lines().len() as u64
    }
    guarded("retries", || {
        let scratch = Scratch::new();
        let pool = pool(1);
        for (times, runs) in [(0, 1), (1, 2), (3, 4), (4, 4)] {
            let journal = scratch.journal();
            let retried = pool.stats().retried;
            let options = TaskOptions::new().with_retries(3);
            let argument = (journal.clone(), times);
            let outcome = pool.submit_with(exit_at_first, argument, options).unwrap().result();
            match outcome {
                Ok(value) => assert_eq!(value, times as u64 + 1),
                Err(_) => assert_eq!((death(outcome).exit, times), (Exit::Code(1), 4)),
            }
            assert_eq!(journal.lines().len(), runs, "{times}");
            assert_eq!(pool.stats().retried, retried + runs as u64 - 1);
        }
        // A panic is an answer, not a reason to try again.
        let journal = scratch.journal();
        let panics = |(journal, _): (Journal, ())| -> u64 {
            journal.append("ran");
            panic!("on purpose")
        };
        let options = TaskOptions::new().with_retries(3);
        let outcome = pool.submit_with(panics, (journal.clone(), ()), options).unwrap().result();
        assert!(matches!(outcome, Err(TaskError::Panicked(_))));
        assert_eq!(journal.lines().len(), 1);
    });
}

/// BRK-05 (an extra): between two attempts a task is pending, and can be cancelled.
#[test]
fn retried_tasks_can_be_cancelled() {
    guarded("retried_tasks_can_be_cancelled", || {
        let scratch = Scratch::new();
        let pool = pool(1);
        let gate = scratch.gate();
        let options = TaskOptions::new().with_retries(1_000_000);
        let future = pool.submit_with(hold_and_exit, (gate.gate(), 1), options).unwrap().shared();
        eventually("it to run", || future.running());
        gate.open();
        eventually("it to be cancelled", || future.cancel());
        assert_eq!(future.result(), Err(&TaskError::Cancelled));
        assert_eq!(pool.submit(square, 2).unwrap().result(), Ok(4));
        assert_eq!(pool.stats().lost, 0);
    });
}

/// BRK-02 (an extra): what a worker wrote to stderr before it died comes with the error.
#[test]
fn last_words() {
    use std::io::Write;

    fn speak_and_exit(lines: u64) -> u64 {
        let mut stderr = std::io::stderr().lock();
        for n in 0..lines {
            writeln!(stderr, "  line {n}").unwrap();
        }
        write!(stderr, "  no more").unwrap();
        drop(stderr);
        std::process::exit(4)
    }
    guarded("last_words", || {
        let pool = builder(1).capture_stderr(true).build().unwrap();
        let outcome = pool.submit(speak_and_exit, 2).unwrap().result();
        let text = outcome.as_ref().unwrap_err().to_string();
        assert_eq!(death(outcome).stderr, "  line 0\n  line 1\n  no more");
        let expected = "; the last it wrote to stderr:\n  line 0\n  line 1\n  no more";
        assert!(text.ends_with(expected), "{text}");
        let many = death(pool.submit(speak_and_exit, 50).unwrap().result());
        let lines: Vec<_> = many.stderr.lines().collect();
        assert_eq!((lines.len(), lines[0], lines[19]), (20, "  line 31", "  no more"));
        let silent = death(pool.submit(exit, 1).unwrap().result());
        assert_eq!(silent.stderr, "");
    });
}

/// Ends any process but the test's in which it is encoded or decoded.
#[derive(Debug, PartialEq)]
struct Deadly {
    home: u32,
    when_encoded: bool,
}

impl Serialize for Deadly {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.when_encoded && std::process::id() != self.home {
            std::process::exit(5);
        }
        (self.home, self.when_encoded).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Deadly {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (home, when_encoded) = <(u32, bool)>::deserialize(deserializer)?;
        if !when_encoded && std::process::id() != home {
            std::process::exit(6);
        }
        Ok(Self { home, when_encoded })
    }
}

/// BRK-05: a worker that ends while it decodes an argument, or encodes a result.
#[test]
fn dying_over_a_value() {
    guarded("dying_over_a_value", || {
        let pool = pool(1);
        let home = std::process::id();
        for (when_encoded, code) in [(true, 5), (false, 6)] {
            let outcome =
                pool.submit(|deadly| deadly, Deadly { home, when_encoded }).unwrap().result();
            let Err(TaskError::WorkerDied(death)) = outcome else { panic!("{outcome:?}") };
            assert_eq!(death.exit, Exit::Code(code));
            assert_eq!(pool.submit(square, 3).unwrap().result(), Ok(9));
        }
    });
}

/// BRK-09: a worker that dies while somebody waits for the end of the pool does not hold that up.
#[test]
fn dying_during_shutdown() {
    guarded("dying_during_shutdown", || {
        let scratch = Scratch::new();
        let pool = pool(1);
        let gate = scratch.gate();
        let deadly = pool.submit(hold_and_exit, (gate.gate(), 1)).unwrap();
        let later = pool.submit(square, 3).unwrap();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| pool.shutdown(Shutdown::wait()));
            eventually("the shutdown to begin", || {
                matches!(pool.submit(square, 1), Err(SubmitError::ShutDown))
            });
            gate.open();
            assert!(waits.join().unwrap());
        });
        death(deadly.result());
        assert_eq!(later.result(), Ok(9));
    });
}

/// BRK-11: a worker that dies while large arguments are on their way to it.
#[test]
fn dying_among_large_arguments() {
    guarded("dying_among_large_arguments", || {
        let pool = pool(2);
        let maybe_exit = |bytes: Vec<u8>| match bytes[0] {
            7 => std::process::exit(1),
            n => u64::from(n) + bytes.len() as u64,
        };
        for size in [50_000, 1 << 20] {
            let submit = |n| pool.submit(maybe_exit, vec![n; size]).unwrap();
            let futures: Vec<_> = (0..20).map(submit).collect();
            for (n, outcome) in (0..).zip(join_all(futures)) {
                match n {
                    7 => assert_eq!(death(outcome).exit, Exit::Code(1)),
                    _ => assert_eq!(outcome, Ok(n + size as u64)),
                }
            }
        }
    });
}
