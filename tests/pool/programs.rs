//! What is seen from outside the program: pools that are alive at its end, and what a pool says when it is
//! dropped.

use crate::processes::processes;
use crate::support::child::{is_program, program, run};
use crate::support::tasks::{hold, square};
use crate::support::{Factory, GateKeeper, Scratch, eventually, factory, guarded};
use concurrent_futures::Pool;
use std::path::PathBuf;

/// Where a program finds the directory of its test.
const DIRECTORY: &str = "TEST_DIRECTORY";

fn gate() -> GateKeeper {
    let directory: PathBuf = std::env::var_os(DIRECTORY).expect("given by the test").into();
    // Not to be opened when the program ends.
    GateKeeper::new(directory.join("gate"))
}

/// Not a test: a program that leaves pools behind, one of them in the middle of work.
#[test]
fn leaves_pools_behind() {
    if !is_program() {
        return;
    }
    let keeper = std::mem::ManuallyDrop::new(gate());
    let idle = processes(2);
    let busy = processes(2);
    let threads = Pool::new(factory::Threads::pool(2)).unwrap();
    assert_eq!(idle.map(square, 0..3), Ok(vec![0, 1, 4]));
    let pids: Vec<_> =
        idle.executor().worker_pids().into_iter().chain(busy.executor().worker_pids()).collect();
    println!("workers: {pids:?}");
    for n in 0..10 {
        drop(busy.apply_async(hold, (keeper.gate(), n)).unwrap());
        drop(threads.apply_async(hold, (keeper.gate(), n)).unwrap());
    }
    std::mem::forget((idle, busy, threads));
}

/// POOL-20: pools that are alive at the end of the program do not keep it, and leave nothing.
#[test]
fn leaked_pools_end_with_the_program() {
    guarded("leaked_pools_end_with_the_program", || {
        let scratch = Scratch::new();
        let mut command = program("programs::leaves_pools_behind");
        let output = run(command.env(DIRECTORY, scratch.path()));
        let text = String::from_utf8(output.stdout).unwrap();
        let (_, rest) = text.split_once("workers: [").expect("the program says so");
        let (pids, _) = rest.split_once(']').unwrap();
        let pids: Vec<u32> = pids.split(", ").map(|pid| pid.parse().unwrap()).collect();
        assert_eq!(pids.len(), 4);
        #[cfg(target_os = "linux")]
        eventually("the workers to be gone", || {
            let stat = |pid| std::fs::read_to_string(format!("/proc/{pid}/stat"));
            // One that nobody waits for has ended as well.
            pids.iter().all(|pid| stat(pid).map_or(true, |stat| stat.contains(") Z ")))
        });
        #[cfg(not(target_os = "linux"))]
        eventually("nothing: nobody knows", || true);
    });
}

/// Not a test: a program that drops pools in all ways.
#[test]
fn drops_pools() {
    if !is_program() {
        return;
    }
    let keeper = gate();
    let pool = |n: u64| {
        let pool = processes(1);
        for n in 0..n {
            drop(pool.apply_async(hold, (keeper.gate(), n)).unwrap());
        }
        pool
    };
    drop(pool(3)); // the one that is noted
    let terminated = pool(5);
    terminated.terminate();
    drop(terminated);
    let finished = pool(0);
    assert_eq!(finished.map_async(square, 0..3).unwrap().get(), Ok(vec![0, 1, 4]));
    drop(finished);
    drop(pool(0));
}

/// POOL-14: work that is lost by a drop is told of; nothing else is.
#[test]
fn lost_work_is_told() {
    guarded("lost_work_is_told", || {
        let scratch = Scratch::new();
        let mut command = program("programs::drops_pools");
        let output = run(command.env(DIRECTORY, scratch.path()));
        let said = String::from_utf8(output.stderr).unwrap();
        let said: Vec<_> = said.lines().filter(|line| line.starts_with("concurrent-")).collect();
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("dropped with 3 asynchronous calls unfinished"), "{said:?}");
    });
}
