//! Nothing is left behind, however many processes there were and however they ended.

use crate::processes::wait_until_gone;
use crate::support::{Scratch, guarded};
use crate::{nothing, start, write_down_and_sleep};
use concurrent_futures::process::active_children;
#[cfg(target_os = "linux")]
use {
    crate::support::{child, eventually, leak},
    crate::{run, sleep},
    concurrent_futures::Exit,
    concurrent_futures::process::{Process, Stream},
    std::time::{Duration, Instant},
};

/// PRC-02: processes without a handle are waited for when they end, without anybody asking.
#[test]
fn without_a_handle() {
    guarded("without_a_handle", || {
        let pids: Vec<u32> = (0..20).map(|_| start(nothing, ()).pid().unwrap()).collect();
        wait_until_gone(&pids);
        let scratch = Scratch::new();
        let journal = scratch.journal();
        for _ in 0..5 {
            drop(start(write_down_and_sleep, journal.clone()));
        }
        journal.wait_for(5);
        let pids: Vec<u32> = journal.lines().iter().map(|line| line.parse().unwrap()).collect();
        let forgotten: Vec<_> = active_children()
            .into_iter()
            .filter(|child| pids.contains(&child.pid().unwrap()))
            .collect();
        assert_eq!(forgotten.len(), 5, "they are still to be had");
        forgotten.iter().for_each(|child| child.kill().unwrap());
        drop(forgotten);
        wait_until_gone(&pids);
    });
}

/// PRC-07, PRC-15: killed at any moment from the start on, processes leave no zombie, descriptor or thread.
#[test]
#[cfg(target_os = "linux")]
fn killed_at_any_moment() {
    guarded("killed_at_any_moment", || {
        let output = child::run(&mut child::program("leaks::program_that_kills"));
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.contains("\nnothing is left\n"), "{printed}");
    });
}

/// See `killed_at_any_moment`. A program of its own, so that no other test has descriptors open.
#[test]
#[cfg(target_os = "linux")]
fn program_that_kills() {
    if !child::is_program() {
        return;
    }
    run(nothing, ());
    let before = (leak::threads(), leak::descriptors());
    let mut ends = [0; 3];
    let mut pids = Vec::new();
    for round in 0..400_u64 {
        let builder = Process::builder().stdin(Stream::Piped).stdout(Stream::Piped);
        let process = match round % 3 {
            0 => builder.start(nothing, ()),
            1 => builder.start(|_: Vec<u8>| sleep(()), vec![1; 300_000]),
            _ => builder.start(|()| i32::from(run(nothing, ()) != Exit::Code(0)), ()),
        };
        let process = process.unwrap();
        pids.push(process.pid().unwrap());
        let moment = Instant::now() + Duration::from_micros(round * 7919 % 3000);
        while Instant::now() < moment {
            std::hint::spin_loop();
        }
        let end = if round % 2 == 0 { Process::kill } else { Process::terminate };
        end(&process).unwrap();
        if round % 5 == 0 {
            continue; // nobody waits for it
        }
        ends[match process.join().unwrap() {
            Exit::Code(_) => 0,
            Exit::Signal(9) => 1,
            Exit::Signal(15) => 2,
            other => panic!("{other:?}"),
        }] += 1;
    }
    assert!(ends[1] > 0 && ends[2] > 0, "{ends:?}");
    wait_until_gone(&pids);
    eventually("the last descriptors to be closed", || {
        leak::threads() <= before.0 && leak::descriptors() <= before.1
    });
    assert!(active_children().is_empty());
    println!("\nnothing is left");
}

/// PRC-13: with few descriptors allowed, starting fails with an error when there are none left, and works
/// again when there are.
#[test]
#[cfg(target_os = "linux")]
fn few_descriptors() {
    guarded("few_descriptors", || {
        child::run(&mut child::program("leaks::program_with_few_descriptors"));
    });
}

/// See `few_descriptors`.
#[test]
#[cfg(target_os = "linux")]
fn program_with_few_descriptors() {
    if !child::is_program() {
        return;
    }
    run(nothing, ());
    let limit = libc::rlimit { rlim_cur: 40, rlim_max: 40 };
    // SAFETY: a limit that is there during the call.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
    let before = leak::descriptors();
    for _ in 0..3 {
        let mut running = Vec::new();
        let error = loop {
            let process = Process::new(sleep, ());
            match process.start() {
                Ok(()) => running.push(process),
                Err(error) => break error,
            }
        };
        assert!(running.len() >= 5, "{} {error}", running.len());
        assert_eq!(active_children().len(), running.len(), "what failed is not there");
        for process in &running {
            process.kill().unwrap();
            assert_eq!(process.join(), Ok(Exit::Signal(9)));
        }
        drop(running);
        eventually("the descriptors to be closed", || leak::descriptors() <= before);
    }
    assert_eq!(run(nothing, ()), Exit::Code(0));
}
