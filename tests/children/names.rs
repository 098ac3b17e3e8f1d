//! Who a process is, and who its parent is.

use crate::support::{Journal, Scratch, guarded};
use crate::{nothing, run};
use concurrent_futures::process::{Process, current_process, parent_process};
use concurrent_futures::{Executor, Exit, ProcessPoolExecutor};
use std::time::Duration;
#[cfg(target_os = "linux")]
use {
    crate::processes::{signal, wait_until_gone},
    crate::support::{Gate, child, eventually},
    crate::{DIRECTORY, meeting_place, start},
    rustix::process::Signal,
};

/// PRC-01, PRC-05: the program that the user has started has no parent and a name of its own.
#[test]
fn the_main_process() {
    let current = current_process();
    assert_eq!((current.pid(), current.name()), (std::process::id(), "MainProcess"));
    assert!(!current.is_daemon());
    assert!(parent_process().is_none());
    assert!(format!("{current:?}").contains("MainProcess"));
}

fn introduce(journal: Journal) {
    let (current, parent) = (current_process(), parent_process().unwrap());
    assert_eq!(current.pid(), std::process::id());
    assert!(parent.is_alive() && !parent.join_timeout(Duration::from_millis(1)));
    let (name, pid) = (parent.name().unwrap(), parent.pid());
    journal.append(format!("{} {} {name} {pid}", current.name(), current.is_daemon()));
}

fn introduce_twice(journal: Journal) {
    introduce(journal.clone());
    for _ in 0..2 {
        assert_eq!(run(introduce, journal.clone()), Exit::Code(0));
    }
    let named = Process::builder().name("grandchild").start(introduce, journal).unwrap();
    named.join().unwrap();
}

/// PRC-05: a child knows its own name and its parent's, and default names show the descent, whatever names
/// the parents were given.
#[test]
fn names_and_parents() {
    guarded("names_and_parents", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let process = Process::new(introduce_twice, journal.clone());
        let number = process.name().strip_prefix("Process-").expect("the default").to_owned();
        number.parse::<u32>().expect("it is a number");
        process.start().unwrap();
        assert_eq!(process.join(), Ok(Exit::Code(0)));
        let (here, there) = (std::process::id(), process.pid().unwrap());
        let expected = [
            format!("Process-{number} false MainProcess {here}"),
            format!("Process-{number}:1 false Process-{number} {there}"),
            format!("Process-{number}:2 false Process-{number} {there}"),
            format!("grandchild false Process-{number} {there}"),
        ];
        assert_eq!(journal.lines(), expected);

        let journal = scratch.journal();
        let named =
            Process::builder().name("näme\n0").daemon(true).build(introduce, journal.clone());
        assert_eq!((named.name(), named.is_daemon()), ("näme\n0", true));
        named.start().unwrap();
        assert_eq!(named.join(), Ok(Exit::Code(0)));
        assert_eq!(journal.lines(), ["näme".to_owned(), format!("0 true MainProcess {here}")]);
        let next = Process::new(nothing, ());
        let next: u32 = next.name().strip_prefix("Process-").unwrap().parse().unwrap();
        assert!(next > number.parse().unwrap(), "numbers are not given twice");
    });
}

/// PRC-05: a worker of a pool has a parent as well, and may have children.
#[test]
fn in_a_worker() {
    guarded("in_a_worker", || {
        let pool = ProcessPoolExecutor::builder().max_workers(1).build().unwrap();
        let look = |()| {
            let parent = parent_process().unwrap();
            let exit = run(nothing, ());
            let name = current_process().name().to_owned();
            (name, parent.pid(), parent.is_alive(), exit == Exit::Code(0))
        };
        let found = pool.submit(look, ()).unwrap().result().unwrap();
        assert_eq!(found, ("Worker".to_owned(), std::process::id(), true, true));
    });
}

/// A child that outlives its parent against all rules, to see it die.
#[cfg(target_os = "linux")]
fn witness((journal, gate): (Journal, Gate)) {
    rustix::process::set_parent_process_death_signal(None).unwrap();
    let parent = parent_process().unwrap();
    assert!(parent.is_alive());
    journal.append(std::process::id());
    parent.join();
    assert!(!parent.is_alive() && parent.join_timeout(Duration::ZERO));
    assert!(parent.sentinel().is_some(), "the line");
    gate.open();
}

/// PRC-05: the parent's death can be noticed.
#[test]
#[cfg(target_os = "linux")]
fn the_death_of_the_parent() {
    guarded("the_death_of_the_parent", || {
        let scratch = Scratch::new();
        let mut program = child::program("names::program_with_a_witness");
        let mut program = program.env(DIRECTORY, scratch.path()).spawn().unwrap();
        let journal = Journal::new(scratch.path().join("pids"));
        journal.wait_for(1);
        let pid: u32 = journal.lines()[0].parse().unwrap();
        signal(program.id(), Signal::KILL);
        program.wait().unwrap();
        eventually("the child to notice", || scratch.path().join("noticed").exists());
        wait_until_gone(&[pid]);
    });
}

/// See `the_death_of_the_parent`.
#[test]
#[cfg(target_os = "linux")]
fn program_with_a_witness() {
    if !child::is_program() {
        return;
    }
    let journal = Journal::new(meeting_place().join("pids"));
    let noticed = crate::support::GateKeeper::new(meeting_place().join("noticed"));
    let process = start(witness, (journal, noticed.gate()));
    let _killed_before = process.join();
}
