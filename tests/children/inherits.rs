//! What a process is given, and what it is not.

#[cfg(target_os = "linux")]
use crate::sleep;
#[cfg(unix)]
use crate::support::child;
use crate::support::{Journal, Scratch, guarded};
use crate::{run, start};
use concurrent_futures::Exit;
use concurrent_futures::SharedBytes;
#[cfg(unix)]
use concurrent_futures::process::Stream;
use concurrent_futures::process::{Process, Sender, one_way_pipe};
use serde::{Deserialize, Serialize};
#[cfg(unix)]
use std::io::Read;
use std::sync::atomic::{AtomicU32, Ordering};

static GLOBAL: AtomicU32 = AtomicU32::new(1);

/// S07: nothing is shared but what is handed over.
#[test]
fn globals_are_apart() {
    guarded("globals_are_apart", || {
        GLOBAL.store(5, Ordering::SeqCst);
        let change = |()| {
            assert_eq!(GLOBAL.swap(100, Ordering::SeqCst), 1);
        };
        assert_eq!(run(change, ()), Exit::Code(0));
        assert_eq!(GLOBAL.load(Ordering::SeqCst), 5);
    });
}

static DROPPED: AtomicU32 = AtomicU32::new(0);

#[derive(Serialize, Deserialize)]
struct Counted(Vec<u8>);

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::SeqCst);
    }
}

/// PRC-14: after the start the argument is gone here, whether or not there is a handle; a start that fails
/// keeps it.
#[test]
fn arguments_are_let_go() {
    guarded("arguments_are_let_go", || {
        let check = |argument: Counted| assert_eq!(argument.0, vec![7; 100_000]);
        let process =
            Process::builder().program("/nowhere").build(check, Counted(vec![7; 100_000]));
        process.start().unwrap_err();
        assert_eq!(DROPPED.load(Ordering::SeqCst), 0);
        drop(process);
        assert_eq!(DROPPED.load(Ordering::SeqCst), 1);
        let process = Process::new(check, Counted(vec![7; 100_000]));
        process.start().unwrap();
        assert_eq!(DROPPED.load(Ordering::SeqCst), 2);
        assert_eq!(process.join(), Ok(Exit::Code(0)));
        drop(process);
        assert_eq!(DROPPED.load(Ordering::SeqCst), 2);
    });
}

type Tuple = (u8, String, Option<[f64; 2]>, Vec<(u16, char)>);

/// PRC-03: arguments of any type and size arrive.
#[test]
fn arguments_arrive() {
    guarded("arguments_arrive", || {
        let large = vec![3_u8; 100 << 20];
        let is_it =
            |bytes: Vec<u8>| assert!(bytes.len() == 100 << 20 && bytes.iter().all(|&b| b == 3));
        assert_eq!(run(is_it, large), Exit::Code(0));
        let tuple = (1_u8, "zwei".to_owned(), Some([3.5, 4.5]), vec![(5, 'x'); 3]);
        let is_it = |argument: Tuple| {
            assert_eq!(argument, (1, "zwei".to_owned(), Some([3.5, 4.5]), vec![(5, 'x'); 3]));
        };
        assert_eq!(run(is_it, tuple), Exit::Code(0));
    });
}

/// What a process has open, in the order of the numbers.
#[cfg(target_os = "linux")]
fn open_files(journal: Journal) {
    for number in 0..100 {
        if let Ok(target) = std::fs::read_link(format!("/proc/self/fd/{number}")) {
            let target = target.display().to_string();
            let kind = target.split(':').next().unwrap_or_default();
            journal.append(format!("{number} {kind}"));
        }
    }
}

/// PRC-15: a process has the same descriptors whether it is the first or the twentieth, and none that this
/// program has opened for itself, even if they are not marked as its own.
#[test]
#[cfg(target_os = "linux")]
fn descriptors_do_not_grow() {
    use rustix::io::{FdFlags, fcntl_setfd};

    guarded("descriptors_do_not_grow", || {
        let scratch = Scratch::new();
        let look = || {
            let journal = scratch.journal();
            assert_eq!(run(open_files, journal.clone()), Exit::Code(0));
            journal.lines()
        };
        let (mut reader, writer) = std::io::pipe().unwrap();
        fcntl_setfd(&writer, FdFlags::empty()).unwrap(); // as C libraries open files
        let alone = look();
        assert_eq!(alone.len(), 4, "three streams and the line: {alone:?}");
        let siblings: Vec<_> = (0..20).map(|_| start(sleep, ())).collect();
        assert_eq!(look(), alone);
        drop(writer);
        // Otherwise this waits for as long as the siblings live.
        assert_eq!(reader.read(&mut [0]).unwrap(), 0);
        for sibling in siblings {
            sibling.kill().unwrap();
            sibling.join().unwrap();
        }
    });
}

/// The environment and the working directory are those of this process, but for what is asked for.
#[test]
fn environment_and_directory() {
    guarded("environment_and_directory", || {
        let scratch = Scratch::new();
        let path = scratch.path().canonicalize().unwrap();
        let journal = scratch.journal();
        let look = |journal: Journal| {
            let variables = ["ONE", "HOME", "PATH", "CONCURRENT_FUTURES_WORKER"];
            let known = variables.map(|name| std::env::var(name).ok().is_some());
            let here = std::env::current_dir().unwrap().canonicalize().unwrap();
            journal.append(format!("{known:?} {}", here.display()));
        };
        let builder = || Process::builder().env("ONE", "1").env_remove("HOME");
        builder().current_dir(&path).start(look, journal.clone()).unwrap().join().unwrap();
        let cleared = Process::builder().env("LOST", "").env_clear().env("ONE", "1");
        cleared.start(look, journal.clone()).unwrap().join().unwrap();
        let here = std::env::current_dir().unwrap().canonicalize().unwrap();
        let expected = [
            format!("[true, false, true, false] {}", path.display()),
            format!("[true, false, false, false] {}", here.display()),
        ];
        assert_eq!(journal.lines(), expected);
    });
}

/// PRC-17: a program without standard streams starts processes, which end well, and get no file of theirs
/// in the places of the streams.
#[cfg(unix)] // it closes them by their numbers
#[test]
fn without_standard_streams() {
    guarded("without_standard_streams", || {
        let scratch = Scratch::new();
        let mut program = child::program("inherits::program_without_standard_streams");
        let status = program.env(crate::DIRECTORY, scratch.path()).status().unwrap();
        assert!(status.success(), "{status}");
        let lines = Journal::new(scratch.path().join("seen")).lines();
        assert_eq!(lines, ["Code(0) alive \"\"", "Code(0)", "the end"]);
    });
}

#[cfg(unix)]
fn use_streams(journal: Journal) {
    use std::os::fd::AsRawFd;

    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).unwrap();
    println!("nobody sees this");
    eprintln!("nor this");
    for number in 0..3 {
        // SAFETY: it is only asked about.
        assert!(unsafe { libc::fcntl(number, libc::F_GETFD) } >= 0);
    }
    // A file that is opened now must not become a standard stream.
    let file = std::fs::File::open("/dev/null").unwrap();
    assert!(file.as_raw_fd() > 2);
    journal.append(format!("alive {input:?}"));
}

/// See `without_standard_streams`.
#[cfg(unix)]
#[test]
fn program_without_standard_streams() {
    if !child::is_program() {
        return;
    }
    let journal = Journal::new(crate::meeting_place().join("seen"));
    for number in 0..3 {
        // SAFETY: nothing is printed or read here any more, but by the test harness at the very end.
        unsafe { libc::close(number) };
    }
    let inner = Journal::new(crate::meeting_place().join("inner"));
    let exit = run(use_streams, inner.clone());
    journal.append(format!("{exit:?} {}", inner.lines().join(" ")));
    // All three as they are, which is missing.
    let inheriting = Process::builder().stdin(Stream::Inherit).start(use_streams, inner);
    journal.append(format!("{:?}", inheriting.unwrap().join().unwrap()));
    journal.append("the end");
    std::process::exit(0);
}

/// Handles of what is shared can be in the argument, also more than one message carries, and the process
/// has them to itself when the program drops its own.
#[test]
fn handles() {
    guarded("handles", || {
        let (sender, receiver) = one_way_pipe::<(usize, u64)>().unwrap();
        let data = SharedBytes::from(vec![1_u8; 1_000_000]);
        let add = |(senders, data): (Vec<Sender<(usize, u64)>>, SharedBytes)| {
            let sum = data.iter().map(|&byte| u64::from(byte)).sum();
            for (index, sender) in senders.into_iter().enumerate() {
                sender.send((index, sum)).unwrap();
            }
        };
        let process = start(add, (vec![sender; 100], data));
        for index in 0..100 {
            assert_eq!(receiver.recv().unwrap(), (index, 1_000_000));
        }
        assert!(receiver.recv().is_err(), "nobody has the other end any more");
        assert_eq!(process.join(), Ok(Exit::Code(0)));
    });
}
