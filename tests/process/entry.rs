//! What a worker is, and what it is not.

use crate::support::{Scratch, child, guarded};
use crate::{builder, pid, pool, seen_by_tasks};
use concurrent_futures::process::BuildError;
use concurrent_futures::{Executor, ProcessPoolExecutor};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::process::Stdio;

/// The variable by which workers are recognised.
const VARIABLE: &str = "CONCURRENT_FUTURES_WORKER";

/// PPE-19, PPE-05: a worker is a process of its own that never gets to the program's `main`, and does
/// not read its input.
#[test]
fn workers_never_run_main() {
    guarded("workers_never_run_main", || {
        let mut program = child::program("entry::program_with_workers");
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = program.spawn().unwrap();
        running.stdin.take().unwrap().write_all(b"for the program").unwrap();
        let output = running.wait_with_output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let complaints = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{printed}{complaints}");
        // What the test harness prints when it is started.
        assert_eq!(printed.matches("running 1 test").count(), 1, "{printed}");
        assert_eq!(printed.matches("printed by a worker").count(), 3, "{printed}");
        assert_eq!(printed.matches("the workers read \"\"").count(), 1, "{printed}");
        assert_eq!(printed.matches("I read \"for the program\"").count(), 1, "{printed}");
        assert_eq!(complaints, "");
    });
}

fn read_input(_: ()) -> String {
    println!("\nprinted by a worker");
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).unwrap();
    input
}

/// See `workers_never_run_main`.
#[test]
fn program_with_workers() {
    if !child::is_program() {
        return;
    }
    let pool = pool(2);
    let read: Vec<_> = (0..3).map(|_| pool.submit(read_input, ()).unwrap()).collect();
    let read: String = read.into_iter().map(|future| future.result().unwrap()).collect();
    println!("\nthe workers read {read:?}");
    println!("I read {:?}", std::io::read_to_string(std::io::stdin()).unwrap());
}

/// PPE-19: nothing is left in a worker that would make its own children take themselves for workers,
/// and its arguments are the program's.
#[test]
fn workers_look_like_the_program() {
    guarded("workers_look_like_the_program", || {
        let pool = pool(1);
        let variable = |name: String| std::env::var_os(name).is_some();
        let left = pool.submit(variable, VARIABLE.to_owned()).unwrap();
        assert_eq!(left.result(), Ok(false));
        let arguments = |()| std::env::args().collect::<Vec<_>>();
        let theirs = pool.submit(arguments, ()).unwrap().result().unwrap();
        let expected = seen_by_tasks(arguments(()));
        assert_eq!(theirs.get(1..), expected.get(1..));
        if cfg!(target_os = "linux") {
            assert_eq!(theirs.first(), expected.first());
        }
        let program = |()| std::fs::canonicalize(std::env::current_exe().unwrap()).unwrap();
        let theirs = pool.submit(program, ()).unwrap().result().unwrap();
        assert_eq!(theirs, program(()));
    });
}

/// PPE-19: a program that a task starts is an ordinary one, also if it is this one.
#[test]
fn grandchildren_are_ordinary_programs() {
    fn start_this_program(_: ()) -> String {
        let output = child::run(&mut child::program("entry::program_that_says_hello"));
        String::from_utf8(output.stdout).unwrap()
    }
    guarded("grandchildren_are_ordinary_programs", || {
        let printed = pool(1).submit(start_this_program, ()).unwrap().result().unwrap();
        assert!(printed.contains("hello from main"), "{printed}");
    });
}

/// See `grandchildren_are_ordinary_programs`.
#[test]
fn program_that_says_hello() {
    if child::is_program() {
        println!("\nhello from main");
    }
}

/// PPE-19: a process that finds nonsense in the variable, or no pool, ends with a message of its own
/// or an exit code that stands out, and runs nothing.
#[test]
fn nobody_is_a_worker_by_mistake() {
    guarded("nobody_is_a_worker_by_mistake", || {
        let mut program = child::program("entry::program_that_says_hello");
        let output = program.env(VARIABLE, "1").output().unwrap();
        assert_eq!(output.status.code(), Some(121));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(complaint.ends_with(" is not for users to set\n"), "{complaint}");

        let parent = std::process::id();
        // With no line where its standard input would be.
        let ticket = match cfg!(unix) {
            true => format!("worker:1:{parent}"),
            false => format!("00:1:{parent}:/no/such/server"),
        };
        let output = program.env(VARIABLE, ticket).output().unwrap();
        assert_eq!(output.status.code(), Some(121));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    });
}

/// This process, a worker of it, a worker of that, and so on; or the error at the end.
fn nest(levels: u32) -> Result<Vec<u32>, String> {
    let mut pids = vec![std::process::id()];
    if levels > 0 {
        let pool = match ProcessPoolExecutor::builder().max_workers(1).build() {
            Err(error @ BuildError::TooDeep { .. }) => return Err(error.to_string()),
            other => other.unwrap(),
        };
        pids.extend(pool.submit(nest, levels - 1).unwrap().result().unwrap()?);
    }
    Ok(pids)
}

/// PPE-19 (an extra): a task may use a pool of its own, but not without end.
#[test]
fn pools_nest() {
    guarded("pools_nest", || {
        let pids = nest(2).unwrap();
        assert_eq!(pids.iter().collect::<BTreeSet<_>>().len(), 3, "{pids:?}");
        let expected = "pools in workers of pools may be 8 deep, and this one is deeper";
        assert_eq!(nest(9), Err(expected.to_owned()));
        assert_eq!(nest(8).unwrap().len(), 9);
    });
}

/// PPE-19: `init` may be called by whoever likes, as often as they like, also inside a task.
#[test]
fn init_is_harmless() {
    guarded("init_is_harmless", || {
        concurrent_futures::init();
        concurrent_futures::init();
        let pool = pool(1);
        let worker = pool.submit(pid, ()).unwrap().result().unwrap();
        assert_ne!(worker, std::process::id());
        let call = |()| {
            concurrent_futures::init();
            std::process::id()
        };
        assert_eq!(pool.submit(call, ()).unwrap().result(), Ok(worker));
    });
}

/// PPE-05 (n/a: always a new program): the environment and the working directory of workers are
/// the program's but for what the builder says.
#[test]
fn environment_and_directory() {
    fn look(names: Vec<String>) -> (Vec<Option<String>>, std::path::PathBuf) {
        let values = names.into_iter().map(|name| std::env::var(name).ok()).collect();
        (values, std::env::current_dir().unwrap())
    }
    guarded("environment_and_directory", || {
        let scratch = Scratch::new();
        let names = || ["PATH", "TEST_A", "TEST_B"].map(str::to_owned).to_vec();
        let inherited = std::env::var("PATH").unwrap();
        let here = std::env::current_dir().unwrap();
        let seen = |builder: concurrent_futures::process::ProcessPoolBuilder| {
            builder.build().unwrap().submit(look, names()).unwrap().result().unwrap()
        };
        let owned = |text: &str| Some(text.to_owned());
        let (values, directory) = seen(builder(1));
        assert_eq!((values, directory), (vec![owned(&inherited), None, None], here));
        let there = scratch.path().canonicalize().unwrap();
        let (values, directory) = seen(
            builder(1).env("TEST_A", "a").env("TEST_A", "b").env("TEST_B", "").current_dir(&there),
        );
        let directory = directory.canonicalize().unwrap();
        assert_eq!((values, directory), (vec![owned(&inherited), owned("b"), owned("")], there));
        let (values, _) =
            seen(builder(1).env("TEST_A", "a").env_remove("TEST_A").env_remove("PATH"));
        assert_eq!(values, [None, None, None]);
        if cfg!(unix) {
            let (values, _) = seen(builder(1).env("TEST_A", "a").env_clear().env("TEST_B", "b"));
            assert_eq!(values, [None, None, owned("b")]);
        }
    });
}

/// PPE-13: a working directory that is not there is a reason not to start.
#[test]
fn directory_that_is_not_there() {
    guarded("directory_that_is_not_there", || {
        let scratch = Scratch::new();
        let pool = builder(1).current_dir(scratch.path().join("nowhere")).build().unwrap();
        let error = pool.submit(pid, ()).unwrap().result().unwrap_err();
        assert!(error.to_string().contains("cannot be started: "), "{error}");
    });
}
