//! Standard input, output and error.

use crate::support::{Scratch, child, guarded};
use crate::{run, start};
use concurrent_futures::Exit;
use concurrent_futures::process::{JoinError, Process, Stream, active_children};
use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;

fn copy(_: ()) {
    let text = std::io::read_to_string(std::io::stdin()).unwrap();
    print!("<{text}>"); // flushed at the end
    eprint!("({})", text.len());
}

/// PRC-17: pipes to and from a process; each end is given once.
#[test]
fn pipes() {
    guarded("pipes", || {
        let process = Process::builder()
            .stdin(Stream::Piped)
            .stdout(Stream::Piped)
            .stderr(Stream::Piped)
            .start(copy, ())
            .unwrap();
        let mut input = process.take_stdin().unwrap();
        assert!(process.take_stdin().is_none());
        input.write_all(b"there").unwrap();
        drop(input);
        let (mut printed, mut complaints) = (String::new(), String::new());
        process.take_stdout().unwrap().read_to_string(&mut printed).unwrap();
        process.take_stderr().unwrap().read_to_string(&mut complaints).unwrap();
        assert_eq!((&*printed, &*complaints), ("<there>", "(5)"));
        assert_eq!(process.join(), Ok(Exit::Code(0)));
    });
}

/// A pipe that nobody writes to does not hold up those who wait for its reader, nor does one whose handle was
/// dropped.
#[test]
fn forgotten_pipes() {
    guarded("forgotten_pipes", || {
        let builder = || Process::builder().stdin(Stream::Piped).stdout(Stream::Null);
        let process = builder().stderr(Stream::Null).start(copy, ()).unwrap();
        assert_eq!(process.join(), Ok(Exit::Code(0)));
        let process = builder().stderr(Stream::Null).start(copy, ()).unwrap();
        let pid = process.pid();
        let other = active_children().into_iter().find(|child| child.pid() == pid).unwrap();
        assert!(other.take_stdin().is_none());
        drop(process);
        assert_eq!(other.join(), Ok(Exit::Code(0)));
    });
}

/// Whoever waits for a process closes its input, also if it is being started just now.
#[test]
fn waiting_while_it_is_started() {
    guarded("waiting_while_it_is_started", || {
        for _ in 0..100 {
            let process = Process::builder()
                .stdin(Stream::Piped)
                .stdout(Stream::Null)
                .stderr(Stream::Null)
                .build(copy, ());
            std::thread::scope(|scope| {
                let waiting = scope.spawn(|| {
                    loop {
                        match process.join() {
                            Err(JoinError::NotStarted) => {}
                            ended => break ended,
                        }
                    }
                });
                process.start().unwrap();
                assert_eq!(waiting.join().unwrap(), Ok(Exit::Code(0)));
            });
        }
    });
}

/// Files as streams, which this process lets go of.
#[test]
fn files() {
    guarded("files", || {
        let scratch = Scratch::new();
        let (from, to) = (scratch.path().join("from"), scratch.path().join("to"));
        std::fs::write(&from, "a file").unwrap();
        let process = Process::builder()
            .stdin(File::open(&from).unwrap())
            .stdout(File::create(&to).unwrap())
            .stderr(Stream::Null)
            .build(copy, ());
        process.start().unwrap();
        assert_eq!(process.join(), Ok(Exit::Code(0)));
        assert_eq!(std::fs::read_to_string(&to).unwrap(), "<a file>");
    });
}

/// PRC-17: a process does not read what is meant for the program, unless it is told to; it prints where the
/// program does.
#[test]
fn the_streams_of_the_program() {
    guarded("the_streams_of_the_program", || {
        let mut program = child::program("streams::program_with_input");
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = program.spawn().unwrap();
        running.stdin.take().unwrap().write_all(b"for the program").unwrap();
        let output = running.wait_with_output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{printed}");
        assert!(printed.contains("<><for the program>I read \"\"\n"), "{printed}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "(0)(15)");
    });
}

/// See `the_streams_of_the_program`.
#[test]
fn program_with_input() {
    if !child::is_program() {
        return;
    }
    println!();
    assert_eq!(run(copy, ()), Exit::Code(0));
    let reading = Process::builder().stdin(Stream::Inherit).start(copy, ()).unwrap();
    assert_eq!(reading.join(), Ok(Exit::Code(0)));
    println!("I read {:?}", std::io::read_to_string(std::io::stdin()).unwrap());
}

/// A process whose output nobody reads any more gets an error for it, not a signal.
#[test]
fn nobody_listens() {
    guarded("nobody_listens", || {
        let write = |()| {
            while writeln!(std::io::stdout(), "is anybody there?").is_ok() {}
            9
        };
        let process = Process::builder().stdout(Stream::Piped).start(write, ()).unwrap();
        drop(process.take_stdout());
        assert_eq!(process.join(), Ok(Exit::Code(9)));
        start(|()| (), ()).join().unwrap();
    });
}
