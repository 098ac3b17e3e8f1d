//! No more threads, no more processes.
//!
//! The limit of the system for that counts all that a user has, and does not hold for its administrator. So the
//! program has the system refuse the calls that make them, from some moment on.

use crate::support::child::{self, is_program};
use crate::support::{guarded, watchdog};
use crate::{everything, failures, report_of};
use concurrent_futures::process::{Manager, Process, Queue};
use concurrent_futures::{Executor, ProcessPoolExecutor, Shutdown, ThreadPoolExecutor};
use std::time::Duration;

/// From now on nobody here, nor in any process that is started later, gets a new thread or process: `EAGAIN`, as at
/// the limit.
fn refuse() {
    let word =
        |code: u32, jt: u8, jf: u8, k: u32| libc::sock_filter { code: code as u16, jt, jf, k };
    let refused = [libc::SYS_clone, libc::SYS_clone3, EXTRA[0], EXTRA[1]];
    let last = refused.len() as u8;
    // Load the number of the call; for each of these, go to the last line but one.
    let mut lines = vec![word(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0)];
    for (index, number) in (0..).zip(refused) {
        let number = u32::try_from(number).expect("a small number");
        lines.push(word(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, last - index, 0, number));
    }
    lines.push(word(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW));
    let refusal = libc::SECCOMP_RET_ERRNO | libc::EAGAIN as u32;
    lines.push(word(libc::BPF_RET | libc::BPF_K, 0, 0, refusal));
    let program = libc::sock_fprog { len: lines.len() as u16, filter: lines.as_mut_ptr() };
    // SAFETY: the filter is well-formed, and is copied by the call; for all threads that there are.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        let (operation, flags) = (libc::SECCOMP_SET_MODE_FILTER, libc::SECCOMP_FILTER_FLAG_TSYNC);
        let done = libc::syscall(libc::SYS_seccomp, operation, flags, &raw const program);
        assert_eq!(done, 0, "{}", std::io::Error::last_os_error());
    }
}

/// The older calls, where there are such.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
const EXTRA: [libc::c_long; 2] = [libc::SYS_fork, libc::SYS_vfork];
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
const EXTRA: [libc::c_long; 2] = [libc::SYS_clone, libc::SYS_clone3];

/// What needs a thread or a process says so, and the rest works.
#[test]
fn from_the_beginning() {
    let report = report_of(&mut child::program("refused::play_from_the_beginning"));
    let needs_none = ["joinable queue", "named memory"];
    for (name, error) in &report {
        assert_eq!(error.is_none(), needs_none.contains(&&name[..]), "{name}: {error:?}");
    }
    assert_eq!(failures(&report).len(), everything::THINGS.len() - needs_none.len());
}

/// See `from_the_beginning`.
#[test]
fn play_from_the_beginning() {
    if is_program() {
        everything::try_all_after(refuse);
    }
}

fn square(n: u64) -> u64 {
    n * n
}

/// What is there goes on with the threads and processes that it has.
#[test]
fn from_some_moment() {
    guarded("from_some_moment", || {
        let output = child::run(&mut child::program("refused::play_from_some_moment"));
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(printed.contains("\nall is well\n"), "{printed}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked at"));
    });
}

/// See `from_some_moment`.
#[test]
fn play_from_some_moment() {
    if !is_program() {
        return;
    }
    watchdog::guarded_for("refused", Duration::from_secs(50), || {
        let threads = ThreadPoolExecutor::builder().max_workers(64).build().unwrap();
        let processes = ProcessPoolExecutor::builder().max_workers(2).build().unwrap();
        let manager = Manager::new().unwrap();
        let list = manager.list::<u64>().unwrap();
        let queue = Queue::<u64>::new().unwrap();
        let feed = |queue: Queue<u64>| (0..1000).for_each(|n| queue.put(n).unwrap());
        let process = Process::new(feed, queue.clone());
        process.start().unwrap();
        list.push(0).unwrap();
        assert_eq!(threads.submit(square, 2).unwrap().result(), Ok(4));
        assert_eq!(processes.submit(square, 3).unwrap().result(), Ok(9));
        refuse();
        // With the one thread that there is.
        let futures: Vec<_> = (0..1000).map(|n| threads.submit(square, n).unwrap()).collect();
        for (n, future) in (0..).zip(futures) {
            assert_eq!(future.result(), Ok(n * n));
        }
        let futures: Vec<_> = (0..1000).map(|n| processes.submit(square, n).unwrap()).collect();
        for (n, future) in (0..).zip(futures) {
            assert_eq!(future.result(), Ok(n * n));
        }
        (1..100).for_each(|n| list.push(n).unwrap());
        assert_eq!(list.len().unwrap(), 100);
        assert_eq!((0..1000).filter(|&n| queue.get() == Ok(n)).count(), 1000);
        process.join().unwrap();
        assert!(Process::new(feed, queue).start().is_err());
        assert!(Manager::new().is_err());
        // A worker that dies cannot be replaced: the pool says so, in the end, and does not wait for ever.
        let exit = processes.submit(|code: i32| -> u64 { std::process::exit(code) }, 3).unwrap();
        assert!(exit.result().is_err());
        let kill = processes.submit(|code: i32| -> u64 { std::process::exit(code) }, 3).unwrap();
        assert!(kill.result().is_err());
        let after: Vec<_> = (0..3).map_while(|n| processes.submit(square, n).ok()).collect();
        assert!(after.into_iter().all(|future| future.result().is_err()));
        assert!(processes.broken().is_some());
        assert!(processes.shutdown(Shutdown::wait()) && threads.shutdown(Shutdown::wait()));
    });
    println!("\nall is well");
}
