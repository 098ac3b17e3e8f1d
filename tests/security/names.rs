//! What has a name, and where.

use crate::in_use::{InUse, directory_of_names};
use crate::run_alone;
use crate::support::child::is_program;
use crate::support::{Scratch, guarded};
use concurrent_futures::process::{Manager, Process, Queue};
use concurrent_futures::{Executor, ProcessPoolExecutor};
use rustix::fs::inotify::{CreateFlags, Reader, WatchFlags, add_watch, init};
use std::collections::BTreeSet;
use std::fs;
use std::mem::MaybeUninit;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// The inodes of the sockets that a process has.
fn sockets_of(pid: u32) -> BTreeSet<u64> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("our own process");
    entries
        .filter_map(|entry| {
            let link = fs::read_link(entry.ok()?.path()).ok()?;
            link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
        })
        .collect()
}

/// Of the lines of a table of the kernel's, those of these sockets. The inode is in the column with this number.
fn lines_of(table: &str, column: usize, sockets: &BTreeSet<u64>) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/self/net/{table}")).unwrap_or_default();
    let is_theirs = |line: &&str| {
        let inode = line.split_ascii_whitespace().nth(column).and_then(|inode| inode.parse().ok());
        inode.is_some_and(|inode: u64| sockets.contains(&inode))
    };
    text.lines().skip(1).filter(is_theirs).map(str::to_owned).collect()
}

/// No socket of any of the processes has a name, and none listens: there is nothing to connect to.
#[test]
fn sockets_have_no_names() {
    guarded("sockets_have_no_names", || {
        let scratch = Scratch::new();
        let in_use = InUse::new(&scratch);
        let mut sockets = sockets_of(std::process::id());
        for pid in in_use.pids() {
            sockets.extend(sockets_of(pid));
        }
        assert!(sockets.len() > 10, "{sockets:?}");
        let local = lines_of("unix", 6, &sockets);
        assert_eq!(local.len(), sockets.len(), "all of them are local ones");
        for line in local {
            let columns: Vec<_> = line.split_ascii_whitespace().collect();
            // Number, references, protocol, flags, type, state, inode; and the name, if it has one.
            assert_eq!(columns.len(), 7, "it has a name: {line}");
            assert_eq!(columns[3], "00000000", "it listens: {line}");
            assert_eq!(columns[5], "03", "it is not connected: {line}");
        }
        for table in ["tcp", "tcp6", "udp", "udp6"] {
            assert_eq!(lines_of(table, 9, &sockets), [""; 0]);
        }
    });
}

/// Nothing but named memory makes a file, and that one directory for this user alone.
#[test]
fn only_named_memory_makes_files() {
    run_alone("names::play_only_named_memory_makes_files", Duration::from_secs(50));
}

/// See `only_named_memory_makes_files`.
#[test]
fn play_only_named_memory_makes_files() {
    if !is_program() {
        return;
    }
    let scratch = Scratch::new();
    let temporary = Scratch::new();
    // SAFETY: nothing else runs in this program.
    unsafe { std::env::set_var("TMPDIR", temporary.path()) };
    let before = directory_of_names().exists();
    let inotify = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).expect("inotify");
    let here = std::env::current_dir().expect("there is one");
    let events = WatchFlags::CREATE | WatchFlags::MOVED_TO;
    for directory in [temporary.path(), Path::new("/dev/shm"), &here] {
        add_watch(&inotify, directory, events).expect("a directory");
    }
    let in_use = InUse::new(&scratch);
    for pid in in_use.pids() {
        assert!(Path::new(&format!("/proc/{pid}")).exists());
    }
    // The beginning and end of many, too.
    for _ in 0..10 {
        let pool = ProcessPoolExecutor::builder().max_workers(2).build().expect("a pool");
        let queue = Queue::<u64>::new().expect("memory");
        let process = Process::new(|queue: Queue<u64>| queue.put(1).expect("open"), queue.clone());
        process.start().expect("a process");
        assert_eq!(pool.submit(|n: u64| n, 1).expect("a pool").result(), Ok(1));
        assert_eq!(queue.get(), Ok(1));
        process.join().expect("it ends");
        drop(Manager::new().expect("a process"));
    }
    let ours = directory_of_names();
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = Reader::new(&inotify, &mut buffer);
    while let Ok(event) = reader.next() {
        let name = event.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        // Of other tests of this user, which run at the same time, too.
        let others = name.starts_with("concurrent-futures-");
        assert!(
            Some(&*name) == ours.file_name().and_then(|name| name.to_str()) || others,
            "{name}"
        );
        assert!(!before || others || !name.is_empty());
    }
    assert_eq!(fs::read_dir(temporary.path()).expect("ours").count(), 0);
    // What it makes is for nobody else.
    let user = rustix::process::geteuid().as_raw();
    let directory = fs::metadata(&ours).expect("there are names");
    assert_eq!((directory.mode() & 0o7777, directory.uid()), (0o700, user));
    let file = fs::metadata(ours.join(in_use.named.name())).expect("its name");
    assert_eq!((file.mode() & 0o7777, file.uid()), (0o600, user));
}
