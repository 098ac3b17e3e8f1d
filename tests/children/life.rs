//! The states of a process, and what can be asked in each.

use crate::support::{Scratch, guarded};
use crate::{hold, nothing, sleep, start, write_down_and_sleep};
use concurrent_futures::Exit;
use concurrent_futures::process::{
    JoinError, Process, SignalError, StartError, active_children, wait_ready,
};
#[cfg(unix)]
use rustix::process::Signal;
#[cfg(unix)]
use std::sync::atomic::AtomicBool;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

fn is_listed(process: &Process) -> bool {
    active_children().iter().any(|child| child.pid() == process.pid())
}

/// PRC-02, PRC-12: before the start, while it is running, and after the end.
#[test]
fn from_beginning_to_end() {
    guarded("from_beginning_to_end", || {
        let scratch = Scratch::new();
        let gate = scratch.gate();
        let process = Process::new(hold, gate.gate());
        assert!(!process.is_alive());
        assert_eq!((process.pid(), process.exitcode()), (None, None));
        assert!(process.sentinel().is_none());
        assert!(active_children().iter().all(|child| child.name() != process.name()));

        process.start().unwrap();
        let pid = process.pid().unwrap();
        assert_ne!(pid, std::process::id());
        assert!(process.is_alive() && is_listed(&process));
        assert_eq!(process.exitcode(), None);
        let sentinel = process.sentinel().unwrap();
        assert!(!sentinel.is_ready());

        gate.open();
        assert_eq!(process.join(), Ok(Exit::Code(0)));
        assert_eq!(process.exitcode(), Some(Exit::Code(0)));
        assert_eq!(process.pid(), Some(pid), "it is still known");
        assert!(!process.is_alive() && !is_listed(&process));
        assert!(sentinel.is_ready() && process.sentinel().unwrap().is_ready());
        assert_eq!(process.join(), Ok(Exit::Code(0)), "again");
        process.close().unwrap();
    });
}

/// PRC-12: once the sentinel is ready nobody sees the process alive, and it is one of the things that
/// can be waited for together.
#[test]
#[cfg(any(target_os = "linux", windows))]
fn the_sentinel_is_never_too_early() {
    guarded("the_sentinel_is_never_too_early", || {
        for _ in 0..20 {
            let scratch = Scratch::new();
            let gate = scratch.gate();
            let (held, short) = (start(hold, gate.gate()), start(nothing, ()));
            let sentinels = [held.sentinel().unwrap(), short.sentinel().unwrap()];
            let ready = wait_ready(&[&sentinels[0], &sentinels[1]], None).unwrap();
            assert_eq!(ready, [1]);
            assert!(!short.is_alive());
            assert_eq!(short.exitcode(), Some(Exit::Code(0)));
            assert!(held.is_alive() && !sentinels[0].wait_timeout(Duration::from_millis(1)));
            gate.open();
            sentinels[0].wait();
            assert_eq!(held.exitcode(), Some(Exit::Code(0)));
        }
    });
}

/// PRC-06: a wait without time returns at once, one that was too short is no error, and neither does
/// anything to the process.
#[test]
fn waiting_in_vain() {
    guarded("waiting_in_vain", || {
        let process = start(sleep, ());
        assert_eq!(process.join_timeout(Duration::ZERO), Ok(None));
        assert_eq!(process.join_timeout(Duration::from_millis(10)), Ok(None));
        assert!(process.is_alive());
        process.kill().unwrap();
        assert_eq!(process.join_timeout(Duration::MAX), Ok(Some(Exit::Signal(9))));
        assert_eq!(process.join_timeout(Duration::ZERO), Ok(Some(Exit::Signal(9))));
    });
}

/// PRC-10: what makes no sense in a state is an error that says so.
#[test]
fn out_of_order() {
    guarded("out_of_order", || {
        let process = Process::new(sleep, ());
        assert_eq!(process.join(), Err(JoinError::NotStarted));
        assert_eq!(process.join_timeout(Duration::ZERO), Err(JoinError::NotStarted));
        assert_eq!(process.join().unwrap_err().to_string(), "the process was not started");
        for refused in [process.terminate(), process.kill(), process.interrupt()] {
            assert!(matches!(refused, Err(SignalError::NotStarted)));
        }
        process.start().unwrap();
        assert!(matches!(process.start(), Err(StartError::AlreadyStarted)));
        let error = process.close().unwrap_err();
        assert!(error.to_string().ends_with("join or terminate it before closing it"), "{error}");
        let process = error.into_process();
        process.kill().unwrap();
        process.join().unwrap();
        assert!(matches!(process.start(), Err(StartError::AlreadyStarted)));
        for late in [process.terminate(), process.kill(), process.interrupt()] {
            late.unwrap(); // it is what was wanted
        }
        process.close().unwrap();
        Process::new(sleep, ()).close().unwrap();
    });
}

/// PRC-10: of several threads one starts it; all can wait for it.
#[test]
fn many_threads_at_once() {
    guarded("many_threads_at_once", || {
        let process = Process::new(nothing, ());
        let started = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    match process.start() {
                        Ok(()) => started.fetch_add(1, Ordering::Relaxed),
                        Err(error) => {
                            assert!(matches!(error, StartError::AlreadyStarted));
                            0
                        }
                    };
                });
            }
        });
        assert_eq!(started.into_inner(), 1);
        thread::scope(|scope| {
            for _ in 0..8 {
                let process = process.clone();
                scope.spawn(move || assert_eq!(process.join(), Ok(Exit::Code(0))));
            }
        });
    });
}

/// PRC-20: signals that this process handles do not disturb those who wait.
#[cfg(unix)]
#[test]
fn interrupted_waits_go_on() {
    guarded("interrupted_waits_go_on", || {
        extern "C" fn nothing(_signal: libc::c_int) {}
        let mut action: libc::sigaction = {
            // SAFETY: all zero is valid: the default, no flags, an empty mask.
            unsafe { std::mem::zeroed() }
        };
        action.sa_sigaction = nothing as *const () as libc::sighandler_t;
        // SAFETY: a handler that does nothing, without `SA_RESTART`.
        assert_eq!(unsafe { libc::sigaction(libc::SIGUSR1, &action, std::ptr::null_mut()) }, 0);
        let scratch = Scratch::new();
        let gate = scratch.gate();
        let process = start(hold, gate.gate());
        let sentinel = process.sentinel().unwrap();
        let over = AtomicBool::new(false);
        // SAFETY: it asks for the number of this thread.
        let joins = || unsafe { libc::pthread_self() } as usize; // it may be a pointer
        let (tell, threads) = std::sync::mpsc::channel();
        thread::scope(|scope| {
            let (process, sentinel, over) = (&process, &sentinel, &over);
            let tell_other = tell.clone();
            scope.spawn(move || {
                tell.send(joins()).unwrap();
                assert_eq!(process.join(), Ok(Exit::Code(0)));
                while !over.load(Ordering::SeqCst) {
                    thread::yield_now(); // there to be interrupted
                }
            });
            scope.spawn(move || {
                tell_other.send(joins()).unwrap();
                sentinel.wait();
                assert!(!process.is_alive());
                while !over.load(Ordering::SeqCst) {
                    thread::yield_now();
                }
            });
            let waiting: Vec<_> = threads.iter().take(2).collect();
            for round in 0..200 {
                for &thread in &waiting {
                    let thread = thread as libc::pthread_t;
                    // SAFETY: the threads live until `over` is set.
                    assert_eq!(unsafe { libc::pthread_kill(thread, libc::SIGUSR1) }, 0);
                }
                // To whichever thread the system chooses, the keeper perhaps.
                crate::processes::signal(std::process::id(), Signal::USR1);
                thread::sleep(Duration::from_micros(100));
                if round == 150 {
                    gate.open();
                }
            }
            over.store(true, Ordering::SeqCst);
        });
    });
}

/// PRC-13: a hundred at once, joined or terminated.
#[test]
fn a_hundred() {
    guarded("a_hundred", || {
        let short: Vec<_> = (0..100).map(|_| start(nothing, ())).collect();
        for process in &short {
            assert_eq!(process.join(), Ok(Exit::Code(0)));
        }
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let long: Vec<_> = (0..100).map(|_| start(write_down_and_sleep, journal.clone())).collect();
        journal.wait_for(100);
        assert!(long.iter().all(|process| process.is_alive() && is_listed(process)));
        for process in &long {
            process.terminate().unwrap();
        }
        for process in &long {
            assert_eq!(process.join(), Ok(Exit::Signal(15)));
        }
        assert!(!long.iter().any(is_listed));
    });
}
