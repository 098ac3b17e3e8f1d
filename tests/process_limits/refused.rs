//! What the system refuses, a pool reports, or does without; it never hangs.

use crate::alone;
use crate::holdings::Holdings;
use crate::support::child::is_program;
use crate::support::tasks::square;
use crate::support::{Busy, Scratch, leak, watchdog};
use concurrent_futures::{Executor, ProcessPoolExecutor, SharedBytes, Shutdown, TaskError};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;
use std::time::Duration;

alone! {
    few_descriptors runs do_with_few_descriptors
    no_descriptors_for_a_while runs do_without_descriptors
    few_descriptors_for_shared_bytes runs share_with_few_descriptors
    little_address_space runs do_with_little_memory
    workers_with_little_memory runs limit_workers
    arguments_without_room runs do_without_room
}

fn pool(workers: usize) -> ProcessPoolExecutor {
    ProcessPoolExecutor::builder().max_workers(workers).build().expect("valid settings")
}

fn limit(resource: Resource, number: u64) {
    let Rlimit { maximum, .. } = getrlimit(resource);
    setrlimit(resource, Rlimit { current: Some(number), maximum }).expect("below the maximum");
}

/// The highest descriptor that is open, and one more.
fn first_free() -> u64 {
    File::open("/dev/null").map(|file| std::os::fd::AsRawFd::as_raw_fd(&file) as u64).expect("one")
}

/// With each number of descriptors from far too few to enough, a pool works, or says why not.
#[test]
fn do_with_few_descriptors() {
    if !is_program() {
        return;
    }
    drop(pool(2).submit(square, 1).unwrap().result());
    let before = Holdings::settled();
    let mut worked = 0;
    for spare in 0..40 {
        limit(Resource::Nofile, first_free() + spare);
        watchdog::guarded_for(&format!("{spare} descriptors"), Duration::from_secs(30), || {
            let Ok(pool) = ProcessPoolExecutor::builder().max_workers(2).build() else { return };
            let futures: Vec<_> = (0..100).map_while(|n| pool.submit(square, n).ok()).collect();
            for (n, future) in (0..).zip(futures) {
                match future.result() {
                    Ok(value) => {
                        assert_eq!(value, n * n);
                        worked += 1;
                    }
                    Err(TaskError::PoolBroken(broken)) => {
                        assert!(!broken.reason().is_empty());
                    }
                    Err(other) => panic!("with {spare} descriptors: {other}"),
                }
            }
            assert!(pool.shutdown(Shutdown::wait()));
        });
        limit(Resource::Nofile, 1000);
        before.come_back(usize::MAX, 0);
    }
    assert!(worked >= 1000, "{worked}");
}

/// While there are no descriptors at all, a pool with a worker goes on; when there are some again, it
/// can replace those that died.
#[test]
fn do_without_descriptors() {
    if !is_program() {
        return;
    }
    let pool = pool(2);
    assert_eq!(pool.submit(square, 3).unwrap().result(), Ok(9));
    limit(Resource::Nofile, 3);
    for n in 0..10_000 {
        assert_eq!(pool.submit(square, n).unwrap().result(), Ok(n * n));
    }
    assert!(pool.map(square, 0..10_000).unwrap().all(|outcome| outcome.is_ok()));
    limit(Resource::Nofile, 1000);
    let exit = pool.submit(|code: i32| -> u64 { std::process::exit(code) }, 3).unwrap();
    assert!(matches!(exit.result(), Err(TaskError::WorkerDied(_))));
    assert_eq!(pool.submit(square, 3).unwrap().result(), Ok(9));
}

#[expect(clippy::needless_pass_by_value, reason = "tasks own their arguments")]
fn sum(bytes: SharedBytes) -> u64 {
    bytes.iter().map(|&byte| u64::from(byte)).sum()
}

/// Each shared buffer needs a descriptor on either side. Where there is none, its task fails, or the one
/// that tried to make it.
#[test]
fn share_with_few_descriptors() {
    if !is_program() {
        return;
    }
    let pool = pool(2);
    assert_eq!(pool.submit(sum, SharedBytes::from(vec![1; 10])).unwrap().result(), Ok(10));
    let buffers: Vec<_> = (0..100).map(|_| SharedBytes::from(vec![1; 1000])).collect();
    let mut outcomes = [0, 0];
    for spare in [0, 1, 2, 3, 5, 10, 50, 150] {
        limit(Resource::Nofile, 1000); // counting takes one, as do workers that are just starting
        limit(Resource::Nofile, leak::descriptors() as u64 + spare);
        watchdog::guarded_for(&format!("{spare} descriptors"), Duration::from_secs(30), || {
            let futures: Vec<_> =
                buffers.iter().map(|bytes| pool.submit(sum, bytes.clone()).unwrap()).collect();
            for future in futures {
                match future.result() {
                    Ok(value) => {
                        assert_eq!(value, 1000);
                        outcomes[0] += 1;
                    }
                    Err(TaskError::Codec(_) | TaskError::WorkerDied(_)) => outcomes[1] += 1,
                    Err(other) => panic!("with {spare} descriptors: {other}"),
                }
            }
        });
    }
    limit(Resource::Nofile, 1000);
    assert!(outcomes[0] > 0, "{outcomes:?}");
    assert_eq!(pool.submit(sum, SharedBytes::from(vec![1; 10])).unwrap().result(), Ok(10));
    assert!(pool.shutdown(Shutdown::wait()));
}

/// How much address space this process has, in bytes.
fn address_space() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages: u64 = pages.split(' ').next().expect("a number").parse().expect("a number");
    pages * rustix::param::page_size() as u64
}

/// Threads and shared memory need address space. Workers inherit the limit, and need some themselves.
#[test]
fn do_with_little_memory() {
    if !is_program() {
        return;
    }
    drop(pool(2).submit(square, 1).unwrap().result());
    let before = Holdings::settled();
    let mut worked = 0;
    for megabytes in (1..60).step_by(3) {
        watchdog::guarded_for(&format!("{megabytes} MiB"), Duration::from_secs(30), || {
            limit(Resource::As, address_space() + (megabytes << 20)); // the watchdog has its thread already
            let Ok(pool) = ProcessPoolExecutor::builder().max_workers(2).build() else { return };
            let futures: Vec<_> = (0..10).map_while(|n| pool.submit(square, n).ok()).collect();
            for (n, future) in (0..).zip(futures) {
                match future.result() {
                    Ok(value) => {
                        assert_eq!(value, n * n);
                        worked += 1;
                    }
                    Err(TaskError::PoolBroken(_)) => {}
                    Err(other) => panic!("with {megabytes} MiB: {other}"),
                }
            }
            assert!(pool.shutdown(Shutdown::wait()));
        });
        setrlimit(Resource::As, Rlimit { current: None, maximum: None }).expect("as it was");
    }
    before.come_back(usize::MAX, 0);
    assert!(worked > 0);
}

/// A task that asks for too much ends its worker, and nothing else.
#[test]
fn limit_workers() {
    if !is_program() {
        return;
    }
    let builder = ProcessPoolExecutor::builder().max_workers(2);
    let pool =
        builder.initializer(|bytes: u64| limit(Resource::As, bytes), 1 << 30).build().unwrap();
    let allocate =
        |bytes: usize| vec![1_u8; bytes].iter().map(|&byte| u64::from(byte)).sum::<u64>();
    let futures: Vec<_> = (0..20)
        .map(|n| pool.submit(allocate, if n % 4 == 0 { 3 << 29 } else { 1 << 16 }).unwrap())
        .collect();
    for (n, future) in futures.into_iter().enumerate() {
        match future.result() {
            Ok(sum) => assert_eq!((sum, n % 4 != 0), (1 << 16, true)),
            Err(TaskError::WorkerDied(_)) => assert_eq!(n % 4, 0),
            Err(other) => panic!("{other}"),
        }
    }
}

/// An argument for which there is no shared memory fails its task, or waits while others are under way, whose end may
/// make room; those that are shorter go on.
#[test]
fn do_without_room() {
    if !is_program() {
        return;
    }
    // SAFETY: ignoring a signal; that a file may not grow is then told by an error alone.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    let scratch = Scratch::new();
    let pool = pool(2);
    Busy::occupy(&pool, &scratch, 2).release(); // both are there
    limit(Resource::Fsize, 1 << 20);
    let sum = |bytes: Vec<u8>| bytes.into_iter().map(u64::from).sum::<u64>();
    for _ in 0..3 {
        let error = pool.submit(sum, vec![1; 9 << 20]).unwrap().result().unwrap_err();
        assert!(matches!(error, TaskError::Codec(_)), "{error}");
        assert!(error.to_string().contains("could not send the task: "), "{error}");
        assert_eq!(pool.submit(sum, vec![1; 10_000]).unwrap().result(), Ok(10_000));
    }
    let busy = Busy::occupy(&pool, &scratch, 1);
    let late = pool.submit(sum, vec![1; 9 << 20]).unwrap();
    let short = pool.submit(sum, vec![1; 10]).unwrap();
    assert!(!late.done());
    setrlimit(Resource::Fsize, Rlimit { current: None, maximum: None }).expect("as it was");
    busy.release();
    assert_eq!(late.result(), Ok(9 << 20));
    assert_eq!(short.result(), Ok(10));
    assert!(pool.shutdown(Shutdown::wait()));
}
