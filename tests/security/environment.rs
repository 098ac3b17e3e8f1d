//! What travels in the environment and among the arguments.

use crate::in_use::InUse;
use crate::support::{Scratch, guarded};
use concurrent_futures::process::{Manager, Process, Queue};
use concurrent_futures::{Executor, ProcessPoolExecutor};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

/// The only variable that is ours.
const VARIABLE: &str = "CONCURRENT_FUTURES_WORKER";

/// The parts of a text that zeros separate.
fn parts(path: &str) -> Vec<String> {
    let bytes = fs::read(path).expect("our own process");
    let parts = bytes.split(|&byte| byte == 0).filter(|part| !part.is_empty());
    parts.map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}

/// With what environment and arguments a process was started, as the system shows it to its user.
fn started_with(pid: u32) -> (BTreeMap<String, String>, Vec<String>) {
    let environment = parts(&format!("/proc/{pid}/environ"));
    let pairs = environment.iter().filter_map(|pair| pair.split_once('='));
    let environment = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    (environment, parts(&format!("/proc/{pid}/cmdline")))
}

/// A process is started with one variable more than its parent, in which there are a word and two numbers, and with
/// the parent's arguments. All else that it must know it is told by its line.
#[test]
fn no_secret_is_to_be_seen() {
    guarded("no_secret_is_to_be_seen", || {
        let scratch = Scratch::new();
        let in_use = InUse::new(&scratch);
        let ours: BTreeMap<_, _> = std::env::vars_os().collect();
        let arguments: Vec<_> = std::env::args().collect();
        let parent = std::process::id();
        let [worker, process, manager] = in_use.pids();
        let expected = [
            (worker, format!("worker:1:{parent}")),
            (process, format!("process:0:{parent}")),
            (manager, format!("process:0:{parent}")),
        ];
        for (pid, expected) in expected {
            let (mut environment, theirs) = started_with(pid);
            assert_eq!(environment.remove(VARIABLE), Some(expected));
            for (name, value) in environment {
                let same = ours.get(std::ffi::OsStr::new(&name));
                assert_eq!(
                    same.map(|same| same.to_string_lossy().into_owned()),
                    Some(value),
                    "{name}"
                );
            }
            assert_eq!(theirs, arguments);
        }
    });
}

fn names() -> Vec<String> {
    std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect()
}

/// The names of the variables that a program finds which is started here.
fn names_of_a_program() -> Vec<String> {
    let printed = Command::new("env").output().expect("a program that prints them").stdout;
    let printed = String::from_utf8_lossy(&printed).into_owned();
    printed
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// The variable is gone before a task or the function of a process runs, and so programs that these start do not
/// have it.
#[test]
fn the_variable_is_not_passed_on() {
    guarded("the_variable_is_not_passed_on", || {
        let pool = ProcessPoolExecutor::builder().max_workers(1).build().unwrap();
        let of_a_task = pool.submit(|()| (names(), names_of_a_program()), ()).unwrap();
        let queue = Queue::new().unwrap();
        let tell = |queue: Queue<Vec<String>>| {
            queue.put(names()).unwrap();
            queue.put(names_of_a_program()).unwrap();
        };
        let process = Process::new(tell, queue.clone());
        process.start().unwrap();
        let manager = Manager::new().unwrap();
        let value = manager.value(0_u64).unwrap();
        let of_a_manager = value.update(|_, ()| (names(), names_of_a_program()), ()).unwrap();
        let (task, its_program) = of_a_task.result().unwrap();
        let (first, second) = (queue.get().unwrap(), queue.get().unwrap());
        process.join().unwrap();
        for names in [task, its_program, first, second, of_a_manager.0, of_a_manager.1] {
            assert!(names.len() > 2, "{names:?}");
            assert!(!names.iter().any(|name| name == VARIABLE), "{names:?}");
        }
    });
}
