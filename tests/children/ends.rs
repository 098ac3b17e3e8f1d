//! How the program ends that has started processes.

use crate::processes::{exists, wait_until_gone};
use crate::support::{Gate, Journal, Scratch, child, guarded};
use crate::{DIRECTORY, meeting_place, start, write_down_and_sleep};
#[cfg(target_os = "linux")]
use crate::{processes::signal, write_down_and_spin};
use concurrent_futures::process::{Process, StartError};
#[cfg(target_os = "linux")]
use rustix::process::Signal;
use std::io::Read;
#[cfg(target_os = "linux")]
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

/// Starts one of the programs below.
fn program(test: &str, scratch: &Scratch) -> Child {
    let mut program = child::program(test);
    program.env(DIRECTORY, scratch.path());
    program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The processes that have written themselves down.
fn written_down(scratch: &Scratch, count: usize) -> Vec<u32> {
    let journal = Journal::new(scratch.path().join("pids"));
    journal.wait_for(count);
    journal.lines().iter().map(|line| line.parse().unwrap()).collect()
}

/// Its end, and what it and its children have printed: the pipes are at their ends when all are gone.
fn end_of(mut program: Child) -> (ExitStatus, String) {
    let status = program.wait().unwrap();
    let (mut printed, mut complaints) = (String::new(), String::new());
    program.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    program.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
    (status, printed + &complaints)
}

fn write_down_and_hold((journal, gate): (Journal, Gate)) {
    journal.append(std::process::id());
    gate.wait_open();
    println!("\nthe other has ended well");
}

/// Handles the polite signal, where there are signals, by not ending.
fn write_down_and_stay((journal, _): (Journal, Gate)) {
    #[cfg(unix)]
    // SAFETY: ignoring a signal is safe.
    unsafe {
        libc::signal(libc::SIGTERM, libc::SIG_IGN)
    };
    write_down_and_sleep(journal);
}

/// A daemon, one that does not want to go, and another process that is held.
fn start_three() -> Vec<Process> {
    let journal = Journal::new(meeting_place().join("pids"));
    let gate = crate::support::GateKeeper::new(meeting_place().join("gate"));
    let argument = || (journal.clone(), gate.gate());
    let daemon = |f| Process::builder().daemon(true).start(f, argument()).unwrap();
    let polite = |(journal, _): (Journal, Gate)| write_down_and_sleep(journal);
    let first = daemon(polite);
    journal.wait_for(1);
    let second = daemon(write_down_and_stay);
    journal.wait_for(2);
    let third = start(write_down_and_hold, argument());
    journal.wait_for(3);
    std::mem::forget(gate); // it is the test that opens it
    vec![first, second, third]
}

/// What the program does after that, and how it ends.
fn daemons_end_and_others_are_waited_for(test: &str) -> (ExitStatus, String) {
    let scratch = Scratch::new();
    let program = program(test, &scratch);
    let pids = written_down(&scratch, 3);
    wait_until_gone(&pids[..2]);
    assert!(exists(program.id()) && exists(pids[2]), "the program waits");
    let gate = crate::support::GateKeeper::new(scratch.path().join("gate"));
    gate.open();
    let (status, printed) = end_of(program);
    assert!(!exists(pids[2]));
    assert_eq!(printed.matches("the other has ended well").count(), 1, "{printed}");
    (status, printed)
}

/// PRC-04, S08: when the program leaves `main` its daemons are ended, politely or not, and the others
/// waited for, also if no handle is left.
#[test]
fn leaving_main() {
    guarded("leaving_main", || {
        let (status, printed) = daemons_end_and_others_are_waited_for("ends::program_that_leaves");
        assert!(status.success(), "{status} {printed}");
    });
}

/// See `leaving_main`.
#[test]
fn program_that_leaves() {
    if child::is_program() {
        drop(start_three());
    }
}

/// PRC-04: the same with `exit`, in whatever thread, and nothing can be started after that.
///
/// On Windows `exit` ends all other threads first, the one that tries to start something among them.
#[cfg(unix)]
#[test]
fn calling_exit() {
    guarded("calling_exit", || {
        let (status, printed) = daemons_end_and_others_are_waited_for("ends::program_that_exits");
        assert_eq!(status.code(), Some(42), "{printed}");
        assert!(printed.contains("this program is ending"), "{printed}");
    });
}

/// See `calling_exit`.
#[test]
fn program_that_exits() {
    if !child::is_program() {
        return;
    }
    let three = start_three();
    std::thread::spawn(move || {
        three[0].join().unwrap(); // it is over when the end has begun
        let error = Process::new(crate::nothing, ()).start().unwrap_err();
        assert!(matches!(error, StartError::Ending), "{error:?}");
        println!("\n{error}");
        drop(three);
    });
    std::thread::spawn(|| std::process::exit(42)).join().unwrap();
}

/// PRC-04, PRC-18: the same when `main` panics, of which the test harness makes code 101, and inside of a
/// process that was started by another.
///
/// Not on Windows: the harness ends the program by `exit` in a thread that has started nothing, which Wine does
/// not tell us of.
#[cfg(unix)]
#[test]
fn panicking() {
    guarded("panicking", || {
        let (status, printed) = daemons_end_and_others_are_waited_for("ends::program_that_panics");
        assert_eq!(status.code(), Some(101), "{printed}");
        assert!(printed.contains("no way on"), "{printed}");
        let (status, printed) = daemons_end_and_others_are_waited_for("ends::program_in_a_process");
        assert!(status.success(), "{status} {printed}");
    });
}

/// See `panicking`.
#[test]
fn program_that_panics() {
    if child::is_program() {
        let _three = start_three();
        panic!("no way on");
    }
}

/// See `panicking`.
#[test]
fn program_in_a_process() {
    if child::is_program() {
        let between = start(|()| drop(start_three()), ());
        between.join().unwrap();
    }
}

/// PRC-04: killed with its children asleep, busy, stopped, or grandchildren, the program leaves none behind.
#[test]
#[cfg(target_os = "linux")]
fn killed() {
    guarded("killed", || {
        for how in [Signal::KILL, Signal::TERM, Signal::ABORT, Signal::INT] {
            let scratch = Scratch::new();
            let program = program("ends::program_that_is_killed", &scratch);
            let pids = written_down(&scratch, 6);
            for &pid in &pids[4..] {
                signal(pid, Signal::STOP);
            }
            signal(program.id(), how);
            let (status, printed) = end_of(program);
            assert!(status.signal().is_some(), "{status} {printed}");
            wait_until_gone(&pids);
        }
    });
}

/// See `killed`.
#[test]
#[cfg(target_os = "linux")]
fn program_that_is_killed() {
    if !child::is_program() {
        return;
    }
    // SAFETY: a program in the background of a shell ignores interrupts, which is not what is tested.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
    let journal = Journal::new(meeting_place().join("pids"));
    let daemon = |f| Process::builder().daemon(true).start(f, journal.clone()).unwrap();
    // From a thread that is gone when the program is killed.
    let between = |journal: Journal| {
        let spinning = start(write_down_and_spin, journal.clone());
        journal.append(std::process::id());
        spinning.join().unwrap();
    };
    let started = std::thread::scope(|scope| {
        scope.spawn(|| [daemon(write_down_and_spin), start(between, journal.clone())]).join()
    });
    let _started = started.unwrap();
    journal.wait_for(3);
    let _sleeping = start(write_down_and_sleep, journal.clone());
    journal.wait_for(4);
    let _to_be_stopped =
        [start(write_down_and_sleep, journal.clone()), daemon(write_down_and_spin)];
    std::thread::sleep(Duration::MAX);
}

/// PRC-04: killed at any moment, with children that are just being started, at their very beginning, or ending.
#[test]
#[cfg(target_os = "linux")]
fn killed_at_any_moment() {
    guarded("killed_at_any_moment", || {
        for round in 0..25_u64 {
            let scratch = Scratch::new();
            let program = program("ends::program_that_starts_many", &scratch);
            written_down(&scratch, 1);
            std::thread::sleep(Duration::from_micros(round * 7919 % 20_000));
            signal(program.id(), Signal::KILL);
            // Does not return before all of them are gone.
            let (status, printed) = end_of(program);
            assert_eq!(status.signal(), Some(9), "{printed}");
        }
    });
}

/// See `killed_at_any_moment`.
#[test]
#[cfg(target_os = "linux")]
fn program_that_starts_many() {
    if !child::is_program() {
        return;
    }
    Journal::new(meeting_place().join("pids")).append(std::process::id());
    for round in 0.. {
        let process = match round % 3 {
            0 => start(crate::nothing, ()),
            1 => start(crate::sleep, ()),
            _ => Process::builder().daemon(true).start(crate::nothing, ()).unwrap(),
        };
        if round % 4 == 0 {
            process.kill().unwrap();
        }
    }
}

/// PRC-04: the end of the thread that has started a process is not the end of the process.
#[test]
fn starting_threads_may_end() {
    guarded("starting_threads_may_end", || {
        let scratch = Scratch::new();
        let gate = scratch.gate();
        let held = gate.gate();
        let process = std::thread::spawn(move || start(crate::hold, held)).join().unwrap();
        assert_eq!(process.join_timeout(Duration::from_millis(50)), Ok(None));
        gate.open();
        assert_eq!(process.join(), Ok(concurrent_futures::Exit::Code(0)));
    });
}
