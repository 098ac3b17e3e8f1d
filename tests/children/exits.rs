//! How a process ends.

#[cfg(unix)]
use crate::processes::signal;
use crate::support::{Journal, Scratch, guarded};
use crate::{run, sleep, start, write_down_and_sleep, write_down_and_spin};
use concurrent_futures::Exit;
use concurrent_futures::process::{Process, Stream};
#[cfg(unix)]
use rustix::process::Signal;
use std::io::Read;

/// PRC-09: 0, an explicit code however it is said, 1 for an error, 101 for a panic.
#[test]
fn exit_codes() {
    guarded("exit_codes", || {
        assert_eq!(run(|()| (), ()), Exit::Code(0));
        assert_eq!(run(|code: i32| code, 42), Exit::Code(42));
        assert_eq!(run(|code: u8| code, 255), Exit::Code(255));
        assert_eq!(run(|code: i32| std::process::exit(code), 7), Exit::Code(7));
        let from_a_thread = |code: i32| {
            std::thread::spawn(move || std::process::exit(code));
            sleep(());
        };
        assert_eq!(run(from_a_thread, 8), Exit::Code(8));
        let parse = |text: String| text.parse::<u8>();
        assert_eq!(run(parse, "12".to_owned()), Exit::Code(12));
        let aborted = run(|()| std::process::abort(), ());
        if cfg!(windows) {
            assert_eq!(aborted, Exit::Code(0xc000_0409_u32 as i32), "the system's number for it");
        } else {
            assert_eq!(aborted, Exit::Signal(6));
        }
    });
}

/// What a process says on stderr, and how it ends.
fn last_words<R: concurrent_futures::process::IntoExitCode + 'static>(
    f: fn(Journal) -> R,
    journal: &Journal,
) -> (String, Exit) {
    let process = Process::builder().stderr(Stream::Piped).start(f, journal.clone()).unwrap();
    let mut text = String::new();
    process.take_stderr().unwrap().read_to_string(&mut text).unwrap();
    (text, process.join().unwrap())
}

struct Local(Journal);

impl Drop for Local {
    fn drop(&mut self) {
        self.0.append("dropped");
    }
}

fn fail(journal: Journal) {
    let _local = Local(journal);
    panic!("no way on");
}

/// PRC-09, PRC-18: a panic's message is on stderr before the end, variables are dropped.
#[test]
fn panics_are_printed() {
    guarded("panics_are_printed", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let (text, exit) = last_words(fail, &journal);
        assert!(text.contains("exits.rs") && text.contains("no way on"), "{text}");
        assert_eq!(exit, Exit::Code(101));
        assert_eq!(journal.lines(), ["dropped"]);
    });
}

/// PRC-09: an error is printed as `main` would.
#[test]
fn errors_are_printed() {
    guarded("errors_are_printed", || {
        let scratch = Scratch::new();
        let fail = |_: Journal| -> Result<(), Box<dyn std::error::Error>> {
            "x".parse::<u8>()?;
            Ok(())
        };
        let (text, exit) = last_words(fail, &scratch.journal());
        assert_eq!(text, "Error: ParseIntError { kind: InvalidDigit }\n");
        assert_eq!(exit, Exit::Code(1));
    });
}

/// PRC-07: `terminate` is the polite signal, `kill` the hard one, and the exit tells which it was, whatever
/// the process was doing: waiting, computing, or nothing, since it is stopped.
#[test]
fn terminated_and_killed() {
    guarded("terminated_and_killed", || {
        let scratch = Scratch::new();
        for f in [write_down_and_sleep, write_down_and_spin] {
            let journal = scratch.journal();
            let (polite, hard) = (start(f, journal.clone()), start(f, journal.clone()));
            journal.wait_for(2);
            polite.terminate().unwrap();
            hard.kill().unwrap();
            assert_eq!(polite.join(), Ok(Exit::Signal(15)));
            assert_eq!(hard.join(), Ok(Exit::Signal(9)));
        }
        #[cfg(unix)]
        one_that_is_stopped(&scratch.journal());
    });
}

#[cfg(unix)]
fn one_that_is_stopped(journal: &Journal) {
    let stopped = start(write_down_and_sleep, journal.clone());
    journal.wait_for(1);
    signal(stopped.pid().unwrap(), Signal::STOP);
    assert!(stopped.is_alive());
    stopped.kill().unwrap();
    assert_eq!(stopped.join(), Ok(Exit::Signal(9)));
}

/// PRC-07: also before the process could begin.
#[test]
fn terminated_at_once() {
    guarded("terminated_at_once", || {
        for _ in 0..20 {
            let process = start(sleep, ());
            process.terminate().unwrap();
            assert_eq!(process.join(), Ok(Exit::Signal(15)));
        }
    });
}

/// PRC-08: an interrupt ends a process that does not handle it.
#[cfg(unix)] // on Windows both need a console: `console.rs` of `tests/process`
#[test]
fn interrupted() {
    guarded("interrupted", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let prepared = |journal: Journal| {
            // SAFETY: asks for what there is, with no handler of ours. A program in the background of a
            // shell ignores interrupts, and its children do; that is not what is tested.
            if unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) } != libc::SIG_IGN {
                journal.append("by default");
            } else {
                journal.append("made so");
            }
            sleep(());
        };
        let process = start(prepared, journal.clone());
        journal.wait_for(1);
        process.interrupt().unwrap();
        assert_eq!(process.join(), Ok(Exit::Signal(2)));
    });
}

/// PRC-08: one that handles it goes on.
#[cfg(unix)]
#[test]
fn interrupted_and_prepared() {
    guarded("interrupted_and_prepared", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let prepared = |journal: Journal| {
            let (tell, told) = std::sync::mpsc::channel();
            ctrlc::set_handler(move || tell.send(()).unwrap()).unwrap();
            journal.append("ready");
            told.recv().unwrap();
            3
        };
        let process = start(prepared, journal.clone());
        journal.wait_for(1);
        process.interrupt().unwrap();
        assert_eq!(process.join(), Ok(Exit::Code(3)));
    });
}
