//! Signals, and the death of the process that the pool is in.

use crate::pool;
use crate::processes::{lives, signal};
use crate::support::tasks::{square, visit_and_hold};
use crate::support::{Gate, Journal, Scratch, child, eventually, guarded};
use concurrent_futures::Executor;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Stdio};

/// Where a program and the test that started it meet.
const DIRECTORY: &str = "TEST_DIRECTORY";

fn meeting_place() -> PathBuf {
    std::env::var_os(DIRECTORY).expect("set by the test").into()
}

/// Starts one of the programs below, in a process group of its own.
fn start(test: &str, scratch: &Scratch) -> Child {
    let mut program = child::program(test);
    program.env(DIRECTORY, scratch.path()).process_group(0);
    program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The processes that a program and its workers have written down.
fn written_down(scratch: &Scratch, count: usize) -> Vec<u32> {
    let journal = Journal::new(scratch.path().join("pids"));
    journal.wait_for(count);
    journal.lines().iter().map(|line| line.parse().unwrap()).collect()
}

fn spin(journal: Journal) -> u64 {
    journal.append(std::process::id());
    drop(journal);
    loop {
        std::hint::spin_loop();
    }
}

/// BRK-15, SHUT-09 (better): when the process that the pool is in is killed, its workers are gone within a
/// moment: idle ones, such as wait for something, and such as only compute.
#[test]
#[cfg(target_os = "linux")]
fn workers_do_not_outlive_the_program() {
    guarded("workers_do_not_outlive_the_program", || {
        let scratch = Scratch::new();
        let mut program = start("signals::program_that_is_killed", &scratch);
        let pids = written_down(&scratch, 3);
        assert!(pids.iter().all(|&pid| lives(pid)));
        signal(program.id(), Signal::KILL);
        assert_eq!(program.wait().unwrap().signal(), Some(9));
        // The ends of the pipes are with the workers as well; they are closed when these are gone.
        let mut printed = String::new();
        program.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        let mut complaints = String::new();
        program.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
        eventually("the workers to be gone", || !pids.iter().any(|&pid| lives(pid)));
        assert_eq!(complaints, "");
    });
}

/// See `workers_do_not_outlive_the_program`.
#[test]
#[cfg(target_os = "linux")]
fn program_that_is_killed() {
    if !child::is_program() {
        return;
    }
    let journal = Journal::new(meeting_place().join("pids"));
    let pool = pool(3);
    let spinning = pool.submit(spin, journal.clone()).unwrap();
    journal.wait_for(1);
    let sleep = |journal: Journal| {
        journal.append(std::process::id());
        std::thread::sleep(std::time::Duration::MAX);
        0
    };
    let sleeping = pool.submit(sleep, journal.clone()).unwrap();
    journal.wait_for(2);
    let idle = pool.submit(crate::pid, ()).unwrap().result().unwrap();
    journal.append(idle);
    spinning.wait();
    sleeping.wait();
}

/// SHUT-09: Ctrl-C in a terminal goes to the program and to its workers. A program that does not react to
/// it ends, with its workers, and none of them says a word.
#[test]
#[cfg(target_os = "linux")]
fn interrupted() {
    guarded("interrupted", || {
        let scratch = Scratch::new();
        let program = start("signals::program_that_is_killed", &scratch);
        let pids = written_down(&scratch, 3);
        let group = Pid::from_raw(i32::try_from(program.id()).unwrap()).unwrap();
        kill_process_group(group, Signal::INT).unwrap();
        let output = program.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), Some(2));
        eventually("the workers to be gone", || !pids.iter().any(|&pid| lives(pid)));
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.trim_ascii().lines().count() <= 2, "{printed}");
    });
}

/// SHUT-09: a program that does react to it ends in its own way, and its tasks are not disturbed.
#[test]
fn interrupted_and_prepared() {
    guarded("interrupted_and_prepared", || {
        let scratch = Scratch::new();
        let program = start("signals::program_that_is_prepared", &scratch);
        let pids = written_down(&scratch, 2);
        let group = Pid::from_raw(i32::try_from(program.id()).unwrap()).unwrap();
        kill_process_group(group, Signal::INT).unwrap();
        let output = program.wait_with_output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let complaints = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{printed}{complaints}");
        assert!(printed.contains("\na clean end: 1 2 9\n"), "{printed}");
        assert_eq!(complaints, "");
        assert!(!pids.iter().any(|&pid| lives(pid)));
    });
}

fn write_down_and_hold((journal, gate, n): (Journal, Gate, u64)) -> u64 {
    journal.append(std::process::id());
    gate.wait_open();
    n
}

/// See `interrupted_and_prepared`.
#[test]
fn program_that_is_prepared() {
    if !child::is_program() {
        return;
    }
    let scratch = Scratch::new();
    let pool = pool(2);
    let keeper = scratch.gate();
    let gate = keeper.gate();
    ctrlc::set_handler(move || gate.open()).unwrap();
    let journal = Journal::new(meeting_place().join("pids"));
    let submit = |n| pool.submit(write_down_and_hold, (journal.clone(), keeper.gate(), n)).unwrap();
    let (first, second) = (submit(1), submit(2));
    let third = pool.submit(square, 3).unwrap();
    let results = [first, second, third].map(|future| future.result().unwrap());
    drop(pool);
    println!("\na clean end: {} {} {}", results[0], results[1], results[2]);
}

/// SHUT-09: a worker that is interrupted alone goes on with what it does, and so does an idle one.
#[test]
fn interrupted_workers() {
    guarded("interrupted_workers", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = pool(1);
        let gate = scratch.gate();
        let held = pool.submit(visit_and_hold, (journal.clone(), gate.gate(), 5)).unwrap();
        journal.wait_for(1);
        let worker = pool.worker_pids()[0];
        for _ in 0..10 {
            signal(worker, Signal::INT);
        }
        gate.open();
        assert_eq!(held.result(), Ok(5));
        for n in 0..20 {
            std::thread::sleep(std::time::Duration::from_millis(1));
            signal(worker, Signal::INT);
            assert_eq!(pool.submit(square, n).unwrap().result(), Ok(n * n));
        }
        assert_eq!((pool.stats().started, pool.worker_pids()), (1, vec![worker]));
    });
}
