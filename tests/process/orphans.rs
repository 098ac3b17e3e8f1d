//! The death of the process that the pool is in.

use crate::pool;
use crate::processes::lives;
use crate::support::{Journal, Scratch, child, eventually, guarded};
use concurrent_futures::Executor;
use std::io::Read;
use std::path::PathBuf;
use std::process::Stdio;

/// Where a program and the test that started it meet.
pub(crate) const DIRECTORY: &str = "TEST_DIRECTORY";

pub(crate) fn meeting_place() -> PathBuf {
    std::env::var_os(DIRECTORY).expect("set by the test").into()
}

/// The processes that a program and its workers have written down.
pub(crate) fn written_down(scratch: &Scratch, count: usize) -> Vec<u32> {
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
fn workers_do_not_outlive_the_program() {
    guarded("workers_do_not_outlive_the_program", || {
        let scratch = Scratch::new();
        let mut program = child::program("orphans::program_that_is_killed");
        program.env(DIRECTORY, scratch.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut program = program.spawn().unwrap();
        let pids = written_down(&scratch, 3);
        assert!(pids.iter().all(|&pid| lives(pid)));
        program.kill().unwrap();
        let status = program.wait().unwrap();
        #[cfg(unix)]
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
        assert!(!status.success());
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
