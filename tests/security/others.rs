//! What another user can do, and what a program gets that is started meanwhile.

use crate::in_use::{InUse, directory_of_names};
use crate::run_alone;
use crate::support::child::is_program;
use crate::support::fork::in_a_fork;
use crate::support::users::{NOBODY, can_become_nobody};
use crate::support::{Scratch, guarded};
use concurrent_futures::process::SharedMemory;
use concurrent_futures::{Executor, ProcessPoolExecutor};
use rustix::process::{Pid, test_kill_process};
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::process::Command;
use std::time::Duration;

/// Another user gets at nothing: not at descriptors and memory through `/proc`, not at named memory, not at the
/// environment; and can neither trace nor end any of the processes.
#[test]
fn another_user_gets_at_nothing() {
    if !can_become_nobody() {
        return;
    }
    run_alone("others::play_another_user", Duration::from_secs(50));
}

/// See `another_user_gets_at_nothing`.
#[test]
fn play_another_user() {
    if !is_program() {
        return;
    }
    let scratch = Scratch::new();
    let in_use = InUse::new(&scratch);
    let named = in_use.named.name().to_owned();
    let name = directory_of_names().join(&named);
    // What there is to get at, and can be got at by ourselves.
    let mut paths = vec![name, directory_of_names().join("new")];
    let mut pids = in_use.pids().to_vec();
    pids.push(std::process::id());
    for &pid in &pids {
        paths.extend(["environ", "mem", "maps"].map(|file| format!("/proc/{pid}/{file}").into()));
        let open = fs::read_dir(format!("/proc/{pid}/fd")).expect("our own");
        paths.extend(open.filter_map(|entry| Some(entry.ok()?.path())));
    }
    let mine = paths.iter().filter(|path| File::open(path).is_ok()).count();
    assert!(mine > 20, "{mine} of {}", paths.len());
    in_a_fork(|| {
        // SAFETY: this process has one thread.
        unsafe {
            assert_eq!(libc::setgroups(0, std::ptr::null()), 0);
            assert_eq!(libc::setresgid(NOBODY, NOBODY, NOBODY), 0);
            assert_eq!(libc::setresuid(NOBODY, NOBODY, NOBODY), 0);
        }
        let mut all = true;
        for path in &paths {
            for writes in [false, true] {
                if File::options().read(!writes).write(writes).open(path).is_ok() {
                    eprintln!("another user can open {}", path.display());
                    all = false;
                }
            }
        }
        for &pid in &pids {
            let number = Pid::from_raw(pid.cast_signed()).expect("a number");
            // SAFETY: asks to trace a process; the answer is no.
            let traced = unsafe { libc::ptrace(libc::PTRACE_SEIZE, pid, 0, 0) } == 0;
            let killed = test_kill_process(number).is_ok();
            // SAFETY: asks for a descriptor of a process; the answer is no.
            let handle = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
            let stolen = (0..20).any(|descriptor| {
                // SAFETY: as above.
                handle >= 0
                    && unsafe { libc::syscall(libc::SYS_pidfd_getfd, handle, descriptor, 0) } >= 0
            });
            if traced || killed || stolen {
                eprintln!("another user can get at process {pid}: {traced} {killed} {stolen}");
                all = false;
            }
        }
        all && SharedMemory::open(&named).is_err()
    });
}

/// The descriptors of a program that is started from here, but the standard ones and that of the directory that it
/// reads.
fn descriptors_of_a_program() -> Vec<String> {
    let printed =
        Command::new("ls").args(["-l", "/proc/self/fd"]).output().expect("a program").stdout;
    let printed = String::from_utf8_lossy(&printed).into_owned();
    let kept = printed.lines().filter_map(|line| line.split_once(" -> ").map(|(_, target)| target));
    kept.filter(|target| target.contains("socket:") || target.contains("memfd:"))
        .map(str::to_owned)
        .collect()
}

/// Programs that are started inherit none of the descriptors, whoever starts them.
#[test]
fn programs_inherit_nothing() {
    guarded("programs_inherit_nothing", || {
        let scratch = Scratch::new();
        let in_use = InUse::new(&scratch);
        let open = fs::read_dir("/proc/self/fd").unwrap().count();
        assert!(open > 20, "there is something to be inherited: {open}");
        assert_eq!(descriptors_of_a_program(), [""; 0]);
        let pool = ProcessPoolExecutor::builder().max_workers(1).build().unwrap();
        let with_something_open = |_named: String| {
            let held = SharedMemory::new(10).unwrap();
            (descriptors_of_a_program(), held.name().len())
        };
        let (found, _) = pool
            .submit(with_something_open, in_use.named.name().to_owned())
            .unwrap()
            .result()
            .unwrap();
        assert_eq!(found, [""; 0]);
        let value = in_use.manager.value(0_u64).unwrap();
        assert_eq!(value.update(|_, ()| descriptors_of_a_program(), ()).unwrap(), [""; 0]);
    });
}

/// A process that was forked has copies of everything, as the system gives them; what it does with its own it does
/// to nobody else's.
#[test]
fn a_fork_has_copies() {
    run_alone("others::play_a_fork", Duration::from_secs(50));
}

/// See `a_fork_has_copies`.
#[test]
fn play_a_fork() {
    if !is_program() {
        return;
    }
    let scratch = Scratch::new();
    let in_use = InUse::new(&scratch);
    let highest = File::open("/dev/null").expect("there is one").as_raw_fd();
    in_a_fork(|| {
        // It closes all that it has, and is killed.
        for descriptor in 3..=highest {
            // SAFETY: this process does nothing more.
            unsafe { libc::close(descriptor) };
        }
        true
    });
    let value = in_use.manager.value(5_u64).expect("it is there");
    assert_eq!(value.get().expect("it is there"), 5);
    assert!(in_use.process.is_alive());
    assert_eq!(in_use.pool.worker_pids(), [in_use.worker]);
}
