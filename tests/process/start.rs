//! Workers that cannot be started: a clear error in bounded time. See the table in
//! `executor-process/src/bootstrap/mod.rs`.

use crate::processes::copy_of_this_program;
use crate::support::tasks::square;
use crate::support::{Busy, Gate, Scratch, guarded};
use crate::{builder, pid};
use concurrent_futures::process::{BuildError, ProcessPoolBuilder};
use concurrent_futures::{BrokenPool, Executor, Shutdown, SubmitError, TaskError, join_all};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Why a pool breaks that cannot start any worker. Checks that it is broken, for everybody.
fn cause_of_break(builder: ProcessPoolBuilder) -> Arc<BrokenPool> {
    let pool = builder.build().unwrap();
    let futures: Vec<_> = (0..5).map(|n| pool.submit(square, n).unwrap()).collect();
    for future in futures {
        let Err(TaskError::PoolBroken(broken)) = future.result() else {
            panic!("the pool is broken")
        };
        assert_eq!(Some(broken), pool.broken());
    }
    let cause = pool.broken().unwrap();
    let refusal = pool.submit(square, 1).unwrap_err();
    assert_eq!(refusal.to_string(), format!("cannot submit to a broken pool: {cause}"));
    assert!(matches!(pool.map(square, 0..3), Err(SubmitError::Broken(_))));
    assert!(pool.shutdown(Shutdown::wait()));
    assert_eq!(pool.worker_pids(), [0; 0]);
    let stats = pool.stats();
    assert_eq!((stats.live, stats.queued, stats.with_workers, stats.completed), (0, 0, 0, 0));
    cause
}

#[track_caller]
fn assert_says(cause: &BrokenPool, parts: &[&str]) {
    for part in parts {
        assert!(cause.reason().contains(part), "{part:?} is not in {:?}", cause.reason());
    }
}

/// PPE-13: without any program there is no worker; the pool breaks and says why.
#[test]
fn program_that_is_not_there() {
    guarded("program_that_is_not_there", || {
        let scratch = Scratch::new();
        let path = scratch.path().join("no-such-program");
        let cause = cause_of_break(builder(2).program(path));
        assert_says(&cause, &["no-such-program cannot be started: "]);
    });
}

/// PPE-13: the same for programs that end before they have said anything.
#[test]
#[cfg(unix)]
fn program_that_ends_at_once() {
    guarded("program_that_ends_at_once", || {
        for (program, code) in [("true", 0), ("false", 1)] {
            let cause = cause_of_break(builder(2).program(program));
            assert_says(&cause, &["process ", &format!(" exited with code {code} before it was")]);
        }
    });
}

/// PPE-13: a program that goes on for ever without connecting is ended when the time is up.
#[test]
#[cfg(unix)]
fn program_that_never_connects() {
    guarded("program_that_never_connects", || {
        let scratch = Scratch::new();
        let pids = scratch.path().join("pids");
        // The shell becomes the program that sleeps, so there is one process to end.
        let lines = format!("echo $$ >> '{}'\nexec sleep 1000", pids.display());
        let program = crate::processes::script(scratch.path(), &lines);
        let limited = builder(1).program(program).start_timeout(Duration::from_millis(300));
        let cause = cause_of_break(limited);
        assert_says(&cause, &["was killed by SIGKILL before it was ready", "not ready within"]);
        let pids = std::fs::read_to_string(pids).unwrap_or_default();
        let pids: Vec<u32> = pids.lines().map(|line| line.parse().unwrap()).collect();
        crate::processes::assert_gone(&pids);
    });
}

/// PPE-13: another program that uses this library is not taken for a worker.
#[test]
fn another_program() {
    guarded("another_program", || {
        let example = std::env::current_exe().unwrap();
        let profile = example.parent().and_then(|deps| deps.parent()).unwrap();
        let suffix = std::env::consts::EXE_SUFFIX;
        let example = profile.join("examples").join(format!("processes{suffix}"));
        assert!(example.exists(), "run `cargo build --examples` first");
        let cause = cause_of_break(builder(2).program(example));
        let expected = "the worker is not the program that started it: it is another program, or \
                        another build of this one";
        assert_says(&cause, &[expected]);
    });
}

/// BRK-13: an initializer that ends the process.
#[test]
fn initializer_that_exits() {
    guarded("initializer_that_exits", || {
        let exit = |code: i32| std::process::exit(code);
        let cause = cause_of_break(builder(2).initializer(exit, 7));
        assert_says(&cause, &["exited with code 7 before it was ready"]);
    });
}

/// BRK-13: an initializer that never returns is ended when the time is up.
#[test]
fn initializer_that_hangs() {
    guarded("initializer_that_hangs", || {
        let hang = |()| std::thread::sleep(Duration::MAX);
        let limited = builder(1).initializer(hang, ()).start_timeout(Duration::from_millis(300));
        let cause = cause_of_break(limited);
        // Windows does not tell what a process was ended by.
        let end = if cfg!(unix) { "was killed by SIGKILL" } else { "exited with code 1" };
        assert_says(&cause, &[&format!("{end} before it was ready"), "not ready within"]);
    });
}

/// BRK-13: an initializer that panics breaks the pool at once, with its message and place.
#[test]
fn initializer_that_panics() {
    guarded("initializer_that_panics", || {
        let line = line!() + 1;
        let fail = |what: String| panic!("no {what}");
        let cause = cause_of_break(builder(2).initializer(fail, "database".to_owned()));
        let report = cause.panic().expect("the panic itself");
        assert_eq!(report.message(), "no database");
        assert_eq!(report.location().unwrap().line(), line);
        assert_says(&cause, &["the initializer panicked at ", "start.rs", "no database"]);
    });
}

/// BRK-13: a map on a pool that breaks ends too, with the same error for each item.
#[test]
fn breaking_ends_a_map() {
    guarded("breaking_ends_a_map", || {
        let scratch = Scratch::new();
        let keeper = scratch.gate();
        let initializer = |gate: Gate| {
            gate.wait_open();
            panic!("no database")
        };
        let pool = builder(2).initializer(initializer, keeper.gate()).build().unwrap();
        let results = pool.map(square, 0..3000).unwrap();
        keeper.open();
        assert_eq!(
            results.filter(|outcome| matches!(outcome, Err(TaskError::PoolBroken(_)))).count(),
            3000
        );
    });
}

/// BRK-13: an initializer that cannot be sent is refused by `build`, since no worker could ever start.
#[test]
fn initializer_that_does_not_travel() {
    struct Stays;
    impl serde::Serialize for Stays {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("it stays here"))
        }
    }
    impl<'de> serde::Deserialize<'de> for Stays {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Ok(Self)
        }
    }
    guarded("initializer_that_does_not_travel", || {
        let error = builder(1).initializer(|_: Stays| (), Stays).build().unwrap_err();
        assert!(matches!(&error, BuildError::Initializer(TaskError::Codec(_))), "{error:?}");
        assert!(error.to_string().starts_with("the initializer cannot be sent: "), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    });
}

/// PPE-13 (better): while other workers live, one that cannot be started does no harm, and when it can
/// be started again it is.
#[test]
fn later_worker_that_cannot_be_started() {
    guarded("later_worker_that_cannot_be_started", || {
        let scratch = Scratch::new();
        let program = copy_of_this_program(scratch.path());
        let elsewhere = program.with_extension("elsewhere");
        let pool = builder(2).program(&program).build().unwrap();
        let busy = Busy::occupy(&pool, &scratch, 1);
        let first = pool.worker_pids();
        std::fs::rename(&program, &elsewhere).unwrap();
        let futures: Vec<_> = (0..20).map(|_| pool.submit(pid, ()).unwrap()).collect();
        crate::support::eventually("a few attempts", || pool.stats().started >= 5);
        assert!(pool.broken().is_none());
        busy.release();
        for outcome in join_all(futures) {
            assert_eq!(outcome, Ok(first[0]));
        }
        std::fs::rename(&elsewhere, &program).unwrap();
        let busy = Busy::occupy(&pool, &scratch, 2);
        let pids: BTreeSet<_> = pool.worker_pids().into_iter().collect();
        assert!(pids.len() == 2 && pids.contains(&first[0]), "{pids:?} {first:?}");
        busy.release();
        assert_eq!(pool.stats().died, 0);
    });
}

/// PPE-19: the file that a program was started from may be replaced or removed meanwhile; its workers
/// are the program that runs.
#[test]
#[cfg(target_os = "linux")]
fn program_whose_file_is_replaced() {
    use crate::support::child;
    use std::process::Command;

    guarded("program_whose_file_is_replaced", || {
        for replace in [false, true] {
            let scratch = Scratch::new();
            let program = copy_of_this_program(scratch.path());
            let like = child::program("start::program_that_goes_on_submitting");
            let mut command = Command::new(&program);
            command.args(like.get_args());
            for (name, value) in like.get_envs() {
                command.env(name, value.unwrap());
            }
            let file = program.clone();
            command.env("TEST_DIRECTORY", scratch.path());
            let journal = crate::support::Journal::new(scratch.path().join("ready"));
            let changes = scratch.path().join("changed");
            std::thread::scope(|scope| {
                scope.spawn(move || {
                    journal.wait_for(1);
                    std::fs::remove_file(&file).unwrap();
                    if replace {
                        crate::processes::copy_program("/bin/true".as_ref(), &file);
                    }
                    std::fs::File::create(changes).unwrap();
                });
                let output = String::from_utf8(child::run(&mut command).stdout).unwrap();
                assert!(output.contains("\nall is well\n"), "{output}");
            });
        }
    });
}

/// See `program_whose_file_is_replaced`.
#[test]
#[cfg(target_os = "linux")]
fn program_that_goes_on_submitting() {
    use crate::support::{Journal, child, eventually};

    if !child::is_program() {
        return;
    }
    let directory = std::path::PathBuf::from(std::env::var_os("TEST_DIRECTORY").unwrap());
    let pool = builder(2).max_tasks_per_child(1).build().unwrap();
    let first = pool.submit(pid, ()).unwrap().result().unwrap();
    Journal::new(directory.join("ready")).append("ready");
    eventually("the file to be replaced", || directory.join("changed").exists());
    let later: BTreeSet<_> =
        (0..3).map(|_| pool.submit(pid, ()).unwrap().result().unwrap()).collect();
    assert!(later.len() == 3 && !later.contains(&first));
    println!("\nall is well");
}

/// PPE-14: a pool that can get no descriptors, and one that can get no threads, breaks instead of
/// waiting for ever.
#[test]
#[cfg(target_os = "linux")]
fn nothing_to_be_had_from_the_system() {
    use crate::support::child;

    guarded("nothing_to_be_had_from_the_system", || {
        for what in ["descriptors", "memory"] {
            let mut program = child::program("start::program_that_gets_nothing");
            let output = child::run(program.env("TEST_RUNS_OUT_OF", what));
            let output = String::from_utf8(output.stdout).unwrap();
            assert!(output.contains("\nall is well\n"), "{output}");
        }
    });
}

/// See `nothing_to_be_had_from_the_system`.
#[test]
#[cfg(target_os = "linux")]
fn program_that_gets_nothing() {
    use crate::support::{child, leak};
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    if !child::is_program() {
        return;
    }
    let status = || std::fs::read_to_string("/proc/self/status").unwrap();
    let (resource, limit) = match std::env::var("TEST_RUNS_OUT_OF").unwrap().as_str() {
        "descriptors" => (Resource::Nofile, leak::descriptors() as u64 - 1),
        _ => {
            let kilobytes = status().lines().find_map(|line| {
                line.strip_prefix("VmSize:")?.split_ascii_whitespace().next()?.parse::<u64>().ok()
            });
            (Resource::As, (kilobytes.unwrap() + 512) * 1024)
        }
    };
    let pool = builder(2).build().unwrap();
    let before = getrlimit(resource);
    // The pool has a descriptor that was not there when they were counted; what is allowed is too
    // little for a worker all the same.
    let less = Rlimit { current: Some(limit), maximum: before.maximum };
    setrlimit(resource, less).unwrap();
    let outcome = pool.submit(square, 1).unwrap().result();
    setrlimit(resource, before).unwrap();
    let Err(TaskError::PoolBroken(broken)) = outcome else { panic!("{outcome:?}") };
    assert!(broken.reason().contains("cannot be started: "), "{broken}");
    assert!(pool.shutdown(Shutdown::wait()));
    let pool = builder(2).build().unwrap();
    assert_eq!(pool.submit(square, 3).unwrap().result(), Ok(9));
    println!("\nall is well");
}

/// SUB-05, PPE-08: zeros are refused.
#[test]
fn zeros_are_refused() {
    guarded("zeros_are_refused", || {
        let all = [builder(0), builder(1).threads_per_worker(0), builder(1).max_tasks_per_child(0)];
        for builder in all {
            let error = builder.build().unwrap_err();
            assert!(matches!(error, BuildError::Zero), "{error:?}");
            let expected =
                "max_workers, threads_per_worker and max_tasks_per_child must be at least 1";
            assert_eq!(error.to_string(), expected);
        }
    });
}
