//! The pools that have such workers: what is expected of them.

use super::script::{Kind, OVER, VARIABLE, variable};
use super::silence;
use crate::ProcessPoolBuilder;
use crate::pool::ProcessPoolExecutor;
use crate::shared_bytes::SharedBytes;
use executor_core::{Executor, Exit, Shutdown, TaskError};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Set in the process that a test runs its pools in.
const ROLE: &str = "CONCURRENT_FUTURES_HOST";

/// How much more memory the process of the pools may map than it has at the beginning. A worker may say that
/// its result is of any size.
const ROOM: u64 = 1 << 30;

/// How much of that may be in use afterwards.
const SLACK: u64 = 64 << 20;

/// Runs a test of this file in a process of its own: `body` there.
fn alone(test: &str, body: fn()) {
    if std::env::var_os(ROLE).is_some() {
        std::panic::set_hook(Box::new(|panic| {
            eprintln!("{panic}");
            std::process::abort(); // in whatever thread it is, and whoever catches it
        }));
        let Rlimit { maximum, .. } = getrlimit(Resource::As);
        let current = Some(status("VmSize:") + ROOM);
        setrlimit(Resource::As, Rlimit { current, maximum }).unwrap();
        let before = status("RssAnon:");
        body();
        let after = status("RssAnon:");
        assert!(after < before + SLACK, "{} MiB more", (after - before) >> 20);
        return;
    }
    let mut program = Command::new(std::env::current_exe().unwrap());
    let name = format!("engine::hostile::pool::{test}");
    program.args(["--exact", "--nocapture", "--test-threads=1", &name]).env(ROLE, "1");
    let mut child =
        program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let stderr = child.stderr.take().unwrap();
    let complaints =
        std::thread::spawn(move || std::io::read_to_string(stderr).unwrap_or_default());
    let (start, limit) = (Instant::now(), Duration::from_secs(60) * (1 + rounds() as u32 / 40));
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status.to_string(),
            None if start.elapsed() > limit => {
                child.kill().unwrap();
                break format!("it has not ended within {limit:?}");
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let complaints = complaints.join().unwrap();
    assert_eq!(status, "exit status: 0", "{complaints}");
}

/// A number of bytes that the system has of this process.
fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_ascii_whitespace().next().unwrap().parse::<u64>().unwrap() << 10
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

fn rounds() -> u64 {
    setting("HOSTILE_ROUNDS").unwrap_or(12)
}

/// A pool of one worker that plays this.
fn builder(kind: Kind, seed: u64) -> ProcessPoolBuilder {
    ProcessPoolExecutor::builder().max_workers(1).env(VARIABLE, variable(kind, seed))
}

/// Many scripts of a kind, each with tasks of all sorts.
fn play_many(kind: Kind) {
    let first = setting("HOSTILE_SEED").unwrap_or(1);
    let mut failed = 0;
    for seed in first..first + rounds() {
        eprintln!("{}", variable(kind, seed)); // seen if it fails
        failed += play_once(kind, seed);
    }
    assert!(failed > 0, "none of them has done any harm to its tasks");
    // The process is as good as before.
    let pool = ProcessPoolExecutor::builder().max_workers(2).build().unwrap();
    assert!(pool.map(|n: u64| n * n, 0..1000).unwrap().all(|outcome| outcome.is_ok()));
}

/// Every future gets some outcome, and the pool ends. Says how many tasks have failed.
fn play_once(kind: Kind, seed: u64) -> usize {
    let limited = builder(kind, seed).start_timeout(Duration::from_secs(5));
    let pool = limited.deadline(Duration::from_millis(200)).build().unwrap();
    let mut failed = 0;
    let mut count = |failure: Option<TaskError>| {
        failed += usize::from(failure.is_some());
        if let Some(error) = failure {
            assert!(!error.to_string().is_empty());
        }
    };
    // A broken pool refuses, which is an answer as well.
    let number = pool.submit(|n: u64| n + 1, seed).ok();
    let text = pool.submit(|n: u64| vec![Some(n.to_string()); 3], seed).ok();
    let numbers = pool.submit(|n: u64| vec![n; 100], seed).ok();
    let bytes = pool.submit(|n: usize| SharedBytes::from(vec![1; n]), 100).ok();
    let large = pool.submit(|bytes: Vec<u8>| bytes, vec![2; 300_000]).ok();
    let map = pool.map(|n: u32| n + 1, 0..5).ok();
    count(number.and_then(|future| future.result().err()));
    count(text.and_then(|future| future.result().err()));
    count(numbers.and_then(|future| future.result().err()));
    count(bytes.and_then(|future| future.result().err()));
    count(large.and_then(|future| future.result().err()));
    map.into_iter().flatten().for_each(|outcome| count(outcome.err()));
    assert!(pool.shutdown(Shutdown::wait()));
    let stats = pool.stats();
    assert_eq!((stats.live, stats.queued, stats.with_workers), (0, 0, 0));
    failed
}

#[test]
fn hello() {
    alone("hello", || play_many(Kind::Hello));
}

#[test]
fn frames() {
    alone("frames", || play_many(Kind::Frames));
}

#[test]
fn memory() {
    alone("memory", || play_many(Kind::Memory));
}

#[test]
fn sockets() {
    alone("sockets", || play_many(Kind::Sockets));
}

/// Nobody waits for it: neither who submits, nor the pool's own threads.
#[test]
fn who_is_woken_and_does_not_read() {
    alone("who_is_woken_and_does_not_read", || {
        let pool = builder(Kind::Silent, 1).build().unwrap();
        let mut killed = 0;
        for n in 0..silence::TASKS as u64 {
            match pool.submit(|n: u64| n, n).unwrap().result() {
                Ok(answer) => assert_eq!(answer, 1),
                Err(TaskError::WorkerDied(death)) => {
                    assert_eq!(death.exit, Exit::Signal(9), "{death}");
                    killed += 1;
                }
                Err(other) => panic!("{other}"),
            }
        }
        let deaths = pool.stats().died;
        assert!(deaths > 0, "as many messages as that have no room");
        assert!(killed <= deaths);
    });
}

/// What it has announced once is known; who says it again breaks the rules, and there is nothing to keep.
#[test]
fn who_starts_a_task_twice() {
    alone("who_starts_a_task_twice", || {
        let pool =
            builder(Kind::StartsTwice, 1).deadline(Duration::from_secs(3600)).build().unwrap();
        let outcome = pool.submit(|n: u64| n, 1).unwrap().result();
        let Err(TaskError::WorkerDied(death)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(death.exit, Exit::Signal(9), "not {OVER}, for then it has said it all");
    });
}

/// A deadline holds whatever a worker says.
#[test]
fn who_denies_what_it_runs() {
    alone("who_denies_what_it_runs", || {
        let pool = builder(Kind::Denies, 1).deadline(Duration::from_millis(100)).build().unwrap();
        let outcome = pool.submit(|n: u64| n, 1).unwrap().result();
        assert_eq!(outcome, Err(TaskError::DeadlineExceeded));
        pool.kill_workers();
    });
}

/// It is the end of the process that counts; who says that it has come is killed.
#[test]
fn who_says_that_it_has_ended() {
    alone("who_says_that_it_has_ended", || {
        let pool = builder(Kind::SaysEnded, 1).build().unwrap();
        let outcome = pool.submit(|n: u64| n, 1).unwrap().result();
        let Err(TaskError::WorkerDied(death)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(death.exit, Exit::Signal(9));
        pool.kill_workers();
    });
}

/// Nor what has become of the nonsense that it is killed for.
#[test]
fn who_takes_it_back() {
    alone("who_takes_it_back", || {
        for seed in 1..=6 {
            let pool = builder(Kind::TakesBack, seed).build().unwrap();
            let future = pool.submit(|n: u64| n, 1).unwrap();
            while pool.stats().died < 2 {
                std::thread::yield_now();
            }
            pool.kill_workers();
            assert!(future.result().is_err());
            assert!(pool.shutdown(Shutdown::wait()));
        }
    });
}

/// Workers that have begun nothing when they end are not replaced for ever, whatever they have said.
#[test]
fn who_answers_in_vain() {
    alone("who_answers_in_vain", || {
        for seed in 1..=6 {
            let pool = builder(Kind::AnswersInVain, seed).build().unwrap();
            let outcome = pool.submit(|n: u64| n, 1).unwrap().result();
            let Err(TaskError::PoolBroken(broken)) = outcome else { panic!("{outcome:?}") };
            assert!(broken.reason().contains("before they have begun anything"), "{broken}");
            assert!(pool.shutdown(Shutdown::wait()));
        }
    });
}

/// Nor does it matter whether there is room to say that the process has ended.
#[test]
fn who_leaves_no_room() {
    alone("who_leaves_no_room", || {
        for seed in 1..=6 {
            let pool = builder(Kind::Stuffs, seed).build().unwrap();
            let first = pool.submit(|n: u64| n, 1).unwrap();
            let second = pool.submit(|n: u64| n, 2).unwrap();
            let (go_on, waits) = std::sync::mpsc::channel::<()>();
            let (tell, told) = std::sync::mpsc::channel();
            first.add_done_callback(move |outcome| {
                tell.send(outcome.clone()).unwrap();
                let _released = waits.recv(); // the reader has no time
            });
            assert_eq!(told.recv(), Ok(Ok(7)));
            // Who waits meanwhile, and looks for what there is in the reader's place, does not wait for room.
            let start = Instant::now();
            while start.elapsed() < Duration::from_millis(200) {
                let _not_yet = second.wait_timeout(Duration::from_millis(5));
            }
            drop(go_on);
            assert_eq!(second.result(), Ok(7));
            pool.kill_workers();
            assert!(pool.shutdown(Shutdown::wait()));
        }
    });
}

/// The end of a worker is the end of its process, whoever has its sockets.
#[test]
fn who_leaves_somebody_behind() {
    alone("who_leaves_somebody_behind", || {
        let pool = builder(Kind::LeavesSomebody, 1).build().unwrap();
        let future = pool.submit(|n: u64| n, 1).unwrap();
        let other = pool.submit(|n: u64| n, 2).unwrap();
        while pool.stats().died < 2 {
            std::thread::yield_now();
        }
        pool.kill_workers();
        assert!(future.result().is_err() && other.result().is_err());
        assert!(pool.shutdown(Shutdown::wait()));
    });
}
