//! What is seen from outside the program: pools that are alive at its end, and what a pool says when it is
//! dropped.

use crate::processes::processes;
use crate::support::child::{is_program, program, run};
use crate::support::leak::keep;
use crate::support::tasks::{hold, square};
use crate::support::{Factory, Gate, GateKeeper, Journal, Scratch, eventually, factory, guarded};
use concurrent_futures::Pool;
use std::path::PathBuf;

/// Where a program finds the directory of its test.
const DIRECTORY: &str = "TEST_DIRECTORY";

fn directory() -> PathBuf {
    std::env::var_os(DIRECTORY).expect("given by the test").into()
}

fn gate() -> GateKeeper {
    GateKeeper::new(directory().join("gate"))
}

/// One that is not opened when the program ends.
fn closed_gate() -> Gate {
    let keeper = gate();
    let gate = keeper.gate();
    keep(keeper);
    gate
}

/// Not a test: a program that leaves pools behind, one of them in the middle of work.
#[test]
fn leaves_pools_behind() {
    if !is_program() {
        return;
    }
    let gate = closed_gate();
    let idle = processes(2);
    let busy = processes(2);
    let threads = Pool::new(factory::Threads::pool(2)).unwrap();
    assert_eq!(idle.map(square, 0..3), Ok(vec![0, 1, 4]));
    let pids: Vec<_> =
        idle.executor().worker_pids().into_iter().chain(busy.executor().worker_pids()).collect();
    println!("workers: {pids:?}");
    for n in 0..10 {
        drop(busy.apply_async(hold, (gate.clone(), n)).unwrap());
        drop(threads.apply_async(hold, (gate.clone(), n)).unwrap());
    }
    keep((idle, busy, threads));
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

/// Not a test: a program that is in the middle of a `map` until it is interrupted.
#[test]
fn is_interrupted_during_a_map() {
    if !is_program() {
        return;
    }
    let gate = closed_gate();
    let pool = processes(2);
    println!("workers: {:?}", pool.executor().worker_pids());
    // What a program does that reacts to Ctrl-C: it ends its work at once.
    let pool = std::sync::Arc::new(pool);
    if std::env::var_os(PREPARED).is_some() {
        let pool = std::sync::Arc::clone(&pool);
        ctrlc::set_handler(move || pool.terminate()).unwrap();
    } else {
        // What is started in the background ignores it, and so does what that starts.
        #[cfg(unix)]
        // SAFETY: there is no handler.
        unsafe {
            libc::signal(libc::SIGINT, libc::SIG_DFL)
        };
    }
    let journal = Journal::new(directory().join("begun"));
    let items = (0..100).map(|n| (journal.clone(), gate.clone(), n));
    let failed = pool.map(begin_and_hold, items).unwrap_err();
    println!("after the interrupt: {failed}");
}

fn begin_and_hold((journal, gate, n): (Journal, Gate, u64)) -> u64 {
    journal.append(n);
    hold((gate, n))
}

/// Set for a program that reacts to Ctrl-C.
const PREPARED: &str = "TEST_PREPARED";

/// POOL-13 (S06): Ctrl-C, which goes to the workers as well, ends a program in the middle of a `map`; it never
/// hangs, and no worker is left.
#[cfg(target_os = "linux")]
#[test]
fn interrupted_during_a_map() {
    guarded("interrupted_during_a_map", || interrupt_during_a_map(false));
}

/// POOL-13 (S06): what the program does about it ends the `map`.
#[cfg(target_os = "linux")]
#[test]
fn interrupted_and_prepared_during_a_map() {
    guarded("interrupted_and_prepared_during_a_map", || interrupt_during_a_map(true));
}

#[cfg(target_os = "linux")]
fn interrupt_during_a_map(prepared: bool) {
    use std::io::{BufRead, BufReader, Read};
    use std::os::unix::process::{CommandExt, ExitStatusExt};

    let scratch = Scratch::new();
    let mut command = program("programs::is_interrupted_during_a_map");
    command.env(DIRECTORY, scratch.path()).process_group(0);
    if prepared {
        command.env(PREPARED, "1");
    }
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut until = |text: &str| {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "it ended before {text}");
        }
        line
    };
    let pids = until("workers: [");
    let (_, pids) = pids.trim_end().trim_end_matches(']').split_once('[').unwrap();
    let pids: Vec<u32> = pids.split(", ").map(|pid| pid.parse().unwrap()).collect();
    Journal::new(scratch.path().join("begun")).wait_for(2);
    let group = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process_group(group, rustix::process::Signal::INT).unwrap();
    if prepared {
        let said = until("after the interrupt");
        assert!(said.contains("terminated"), "{said}");
    }
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    let status = child.wait().unwrap();
    let expected = if prepared { (Some(0), None) } else { (None, Some(2)) };
    assert_eq!((status.code(), status.signal()), expected, "{rest}");
    eventually("the workers to be gone", || {
        let stat = |pid| std::fs::read_to_string(format!("/proc/{pid}/stat"));
        pids.iter().all(|pid| stat(pid).map_or(true, |stat| stat.contains(") Z ")))
    });
}
