//! Processes that cannot be started, or cannot begin.

use crate::processes::copy_of_this_program;
#[cfg(unix)]
use crate::processes::script;
use crate::support::{Scratch, child, guarded};
use crate::{nothing, run, start};
use concurrent_futures::Exit;
#[cfg(unix)]
use concurrent_futures::process::active_children;
use concurrent_futures::process::{JoinError, Process, StartError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::error::Error;
#[cfg(target_os = "linux")]
use std::io::Read;

/// PRC-03: a program that is not there is an error of the start, which can be tried again.
#[test]
fn program_that_is_not_there() {
    guarded("program_that_is_not_there", || {
        let scratch = Scratch::new();
        let path = scratch.path().join(format!("program{}", std::env::consts::EXE_SUFFIX));
        let process = Process::builder().program(&path).build(nothing, ());
        for _ in 0..2 {
            let error = process.start().unwrap_err();
            assert!(matches!(&error, StartError::Program { program, .. } if *program == path));
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
            assert!(error.source().is_some());
            assert!(!process.is_alive() && process.pid().is_none());
        }
        let there = copy_of_this_program(scratch.path());
        std::fs::rename(there, &path).unwrap();
        process.start().unwrap();
        assert_eq!(process.join(), Ok(Exit::Code(0)));
    });
}

/// The directory is named as well, since the system's words do not tell which of the two is missing.
#[test]
fn directory_that_is_not_there() {
    guarded("directory_that_is_not_there", || {
        let scratch = Scratch::new();
        let path = scratch.path().join("directory");
        let error = Process::builder().current_dir(&path).start(nothing, ()).unwrap_err();
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    });
}

/// PRC-03: another program, which knows nothing of all this, does not pass for a success.
#[cfg(unix)] // by scripts
#[test]
fn another_program() {
    guarded("another_program", || {
        let scratch = Scratch::new();
        for (lines, code) in [("exit 0", 0), ("exit 3", 3), ("cat", 0)] {
            let program = script(scratch.path(), lines);
            let process = Process::builder().program(program).start(nothing, ()).unwrap();
            if lines == "cat" {
                process.terminate().unwrap(); // it reads the line, or tries to
                let _either = process.join();
                continue;
            }
            let error = process.join().unwrap_err();
            let JoinError::NeverBegan { exit, ref reason } = error else { panic!("{error:?}") };
            assert_eq!(exit, Exit::Code(code));
            assert!(reason.contains("init() first in main"), "{error}");
            assert_eq!(process.exitcode(), Some(Exit::Code(code)));
            assert_eq!(process.join(), Err(error), "again");
        }
    });
}

/// PRC-03: another build of a program that does know refuses, and says so.
///
/// It changes a program file.
#[test]
#[cfg(target_os = "linux")]
fn another_build() {
    use std::io::{Seek, SeekFrom, Write};

    const WORD: usize = size_of::<usize>();
    /// Where the header says where the segments are listed, how long an entry is, and how many there are.
    const LIST: [usize; 3] = if WORD == 8 { [0x20, 0x36, 0x38] } else { [0x1c, 0x2a, 0x2c] };
    /// Where an entry says how long the segment is in memory.
    const LEN: usize = if WORD == 8 { 0x28 } else { 0x14 };

    guarded("another_build", || {
        let scratch = Scratch::new();
        let copy = copy_of_this_program(scratch.path());
        // A byte behind the end makes a segment no longer, so the length in the header is changed: that
        // of the last one that is loaded.
        let mut file = std::fs::File::options().read(true).write(true).open(&copy).unwrap();
        let mut header = [0; 64];
        file.read_exact(&mut header).unwrap();
        let word = |from: &[u8]| usize::from_ne_bytes(from[..WORD].try_into().unwrap());
        let half = |from: &[u8]| usize::from(u16::from_ne_bytes(from[..2].try_into().unwrap()));
        let [start, size, count] = LIST.map(|at| &header[at..]);
        let (start, size, count) = (word(start), half(size), half(count));
        let mut last = None;
        for index in 0..count {
            let (mut entry, at) = ([0; LEN + WORD], (start + index * size) as u64);
            file.seek(SeekFrom::Start(at)).unwrap();
            file.read_exact(&mut entry).unwrap();
            if entry[..4] == 1_u32.to_ne_bytes() {
                last = Some((at + LEN as u64, word(&entry[LEN..])));
            }
        }
        let (at, len) = last.unwrap();
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&(len + 8192).to_ne_bytes()).unwrap();
        drop(file);
        // Another process must not have it open for writing when it is run: see `copy_of_this_program`.
        let program = scratch.path().join("other");
        crate::processes::copy_program(&copy, &program);
        let status = std::process::Command::new("chmod").arg("+x").arg(&program).status().unwrap();
        assert!(status.success());
        let process = Process::builder()
            .program(program)
            .stderr(concurrent_futures::process::Stream::Piped)
            .start(nothing, ())
            .unwrap();
        let mut complaint = String::new();
        process.take_stderr().unwrap().read_to_string(&mut complaint).unwrap();
        let error = process.join().unwrap_err().to_string();
        assert!(error.contains("another build"), "{error}");
        assert!(complaint.contains("another build"), "{complaint}");
    });
}

/// A value that encodes, or decodes, or not.
#[derive(Debug)]
enum Stubborn {
    ToEncode,
    ToDecode,
    Panics,
}

impl Serialize for Stubborn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::ToEncode => Err(serde::ser::Error::custom("it will not go")),
            Self::ToDecode => serializer.serialize_u8(1),
            Self::Panics => panic!("it blows up"),
        }
    }
}

impl<'de> Deserialize<'de> for Stubborn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u8::deserialize(deserializer)?;
        Err(serde::de::Error::custom("it will not arrive"))
    }
}

/// An argument that does not travel is an error of the start, or of the join if it shows in the child only.
#[test]
fn arguments_that_do_not_travel() {
    guarded("arguments_that_do_not_travel", || {
        for (value, reason) in [(Stubborn::ToEncode, "encode"), (Stubborn::Panics, "blows up")] {
            let process = Process::new(|_: Stubborn| (), value);
            let error = process.start().unwrap_err();
            assert!(matches!(error, StartError::Argument(_)), "{error:?}");
            assert!(error.to_string().contains(reason), "{error}");
            assert!(!process.is_alive());
            assert_eq!(process.join(), Err(JoinError::NotStarted));
        }
        let process = Process::builder()
            .stderr(concurrent_futures::process::Stream::Null)
            .start(|_: Stubborn| (), Stubborn::ToDecode)
            .unwrap();
        let error = process.join().unwrap_err();
        assert!(error.to_string().contains("could not decode the value"), "{error}");
        assert!(matches!(error, JoinError::NeverBegan { exit: Exit::Code(121), .. }));
    });
}

/// A function of a shared library is refused: it may lie elsewhere in another process.
#[cfg(all(unix, not(target_env = "musl")))]
#[test]
fn functions_of_libraries() {
    // SAFETY: the name ends with a zero.
    let function = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"abs".as_ptr()) };
    assert!(!function.is_null());
    // SAFETY: it is a function, and never called.
    let function = unsafe { std::mem::transmute::<*mut libc::c_void, fn(i32)>(function) };
    let error = Process::new(function, 1).start().unwrap_err();
    assert!(matches!(error, StartError::NotInProgram), "{error:?}");
}

/// PRC-04: a daemon cannot start processes, and is told why; a pool works there.
#[test]
fn daemons_have_no_children() {
    guarded("daemons_have_no_children", || {
        let try_it = |()| {
            let error = Process::new(nothing, ()).start().unwrap_err();
            assert!(matches!(error, StartError::Daemonic), "{error:?}");
            assert!(error.to_string().contains("daemons cannot have children"), "{error}");
            let pool = concurrent_futures::ProcessPoolExecutor::builder().max_workers(1);
            let pool = pool.build().unwrap();
            assert_eq!(pool.submit(i64::abs, -3).unwrap().result(), Ok(3));
        };
        use concurrent_futures::Executor;
        let daemon = Process::builder().daemon(true).start(try_it, ()).unwrap();
        assert_eq!(daemon.join(), Ok(Exit::Code(0)));
    });
}

fn count_down((depth, text): (u32, String)) {
    println!("\n{text}{depth}");
    if depth > 0 {
        for side in ["a", "b"] {
            assert_eq!(run(count_down, (depth - 1, format!("{text}{side}"))), Exit::Code(0));
        }
    }
}

/// PRC-11: processes start processes, as deep as one likes; joined one by one they print in order.
#[test]
fn processes_start_processes() {
    guarded("processes_start_processes", || {
        let program = "start::program_of_processes";
        let output = child::run(&mut child::program(program));
        let printed = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<_> = printed.lines().filter(|line| line.starts_with("tree ")).collect();
        let expected =
            ["tree 2", "tree a1", "tree aa0", "tree ab0", "tree b1", "tree ba0", "tree bb0"];
        assert_eq!(lines, expected);
        let deep = |()| {
            fn down(depth: u32) -> i32 {
                if depth == 0 {
                    17
                } else {
                    match run(down, depth - 1) {
                        Exit::Code(code) => code,
                        _ => 1,
                    }
                }
            }
            down(12)
        };
        assert_eq!(run(deep, ()), Exit::Code(17));
    });
}

/// See `processes_start_processes`.
#[test]
fn program_of_processes() {
    if child::is_program() {
        assert_eq!(run(count_down, (2, "tree ".to_owned())), Exit::Code(0));
    }
}

/// A process made by `fork` has none of its parent's children, and does not wait for them or end them.
#[cfg(unix)]
#[test]
fn forked() {
    guarded("forked", || {
        let output = child::run(&mut child::program("start::program_that_forks"));
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.contains("\nstill there: true\n"), "{printed}");
    });
}

/// See `forked`.
#[cfg(unix)]
#[test]
fn program_that_forks() {
    if !child::is_program() {
        return;
    }
    let scratch = Scratch::new();
    let gate = scratch.gate();
    let process = start(crate::hold, gate.gate());
    // SAFETY: the other threads of this program hold no locks that are needed: the keeper waits.
    match unsafe { libc::fork() } {
        0 => {
            let refused = process.join() == Err(JoinError::NotOurs)
                && process.terminate().is_err()
                && process.is_alive()
                && matches!(Process::new(nothing, ()).start(), Err(StartError::System(_)));
            // SAFETY: ends the process, with what is to be done at the end, as it would after `main`.
            unsafe { libc::exit(if refused { 0 } else { 1 }) };
        }
        forked => {
            let mut status = 0;
            // SAFETY: waits for our own child, and writes to a number of ours.
            assert_eq!(unsafe { libc::waitpid(forked, &mut status, 0) }, forked);
            assert_eq!(status, 0, "the forked process got what it should");
        }
    }
    println!("\nstill there: {}", process.is_alive() && active_children().len() == 1);
    gate.open();
    assert_eq!(process.join(), Ok(Exit::Code(0)));
}
