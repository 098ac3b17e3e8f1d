//! Signals.

use crate::orphans::{DIRECTORY, meeting_place, written_down};
use crate::pool;
use crate::processes::{lives, signal};
use crate::support::tasks::{square, visit_and_hold};
use crate::support::{Gate, Journal, Scratch, child, eventually, guarded};
use concurrent_futures::Executor;
use rustix::process::{Pid, Signal, kill_process_group};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Stdio};

/// Starts a program, in a process group of its own.
fn start(test: &str, scratch: &Scratch) -> Child {
    let mut program = child::program(test);
    program.env(DIRECTORY, scratch.path()).process_group(0);
    // What is started in the background ignores it, and so does what that starts.
    // SAFETY: there is no handler, and the call may be made after a fork.
    unsafe {
        program.pre_exec(|| {
            libc::signal(libc::SIGINT, libc::SIG_DFL);
            Ok(())
        })
    };
    program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// SHUT-09: Ctrl-C in a terminal goes to the program and to its workers. A program that does not react to
/// it ends, with its workers, and none of them says a word.
#[test]
#[cfg(target_os = "linux")]
fn interrupted() {
    guarded("interrupted", || {
        let scratch = Scratch::new();
        let program = start("orphans::program_that_is_killed", &scratch);
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
