//! Signals that interrupt whoever waits.

use crate::support::guarded;
use concurrent_futures::process::{one_way_pipe, wait_ready};
use std::os::unix::thread::JoinHandleExt;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

static HANDLED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn handle(_signal: libc::c_int) {
    HANDLED.fetch_add(1, SeqCst);
}

/// From now on the signal interrupts system calls, and does nothing else.
fn install() {
    // SAFETY: all zero is a valid `sigaction`, without SA_RESTART; the handler does nothing that a handler
    // must not do.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handle as *const () as libc::sighandler_t;
        assert_eq!(libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()), 0);
    }
}

/// Interrupts a thread that waits so many times, and sees to it that each signal was handled.
fn interrupt<T>(thread: &JoinHandle<T>, times: usize) {
    for _ in 0..times {
        let before = HANDLED.load(SeqCst);
        let id = thread.as_pthread_t() as libc::pthread_t; // which may be a pointer
        // SAFETY: the thread has not been joined.
        assert_eq!(unsafe { libc::pthread_kill(id, libc::SIGUSR1) }, 0);
        while HANDLED.load(SeqCst) == before && !thread.is_finished() {
            thread::yield_now();
        }
        thread::sleep(Duration::from_millis(1)); // so that it most likely sleeps again
    }
}

/// PIPE-09: receiving, sending, polling and waiting go on after a signal, for as long as they would have
/// without.
#[test]
fn nobody_notices() {
    guarded("nobody_notices", || {
        install();
        let (sender, receiver) = one_way_pipe().unwrap();
        let other = receiver.clone();
        let waits = thread::spawn(move || other.recv().unwrap());
        interrupt(&waits, 20);
        sender.send(vec![1]).unwrap();
        assert_eq!(waits.join().unwrap(), [1]);

        sender.send(vec![2; 2_000_000]).unwrap();
        let other = sender.clone();
        let waits = thread::spawn(move || other.send(vec![3]).unwrap());
        interrupt(&waits, 20);
        assert_eq!(receiver.recv().unwrap().len(), 2_000_000);
        waits.join().unwrap();
        assert_eq!(receiver.recv().unwrap(), [3]);

        let limit = Duration::from_millis(100);
        let other = receiver.clone();
        let waits = thread::spawn(move || {
            let start = Instant::now();
            assert!(!other.poll(limit));
            assert!(start.elapsed() >= limit);
            let start = Instant::now();
            assert!(wait_ready(&[&other], limit).unwrap().is_empty());
            assert!(start.elapsed() >= limit);
        });
        while !waits.is_finished() {
            interrupt(&waits, 1);
        }
        waits.join().unwrap();

        let other = receiver.clone();
        let waits = thread::spawn(move || wait_ready(&[&other], None).unwrap());
        interrupt(&waits, 20);
        sender.send(vec![4]).unwrap();
        assert_eq!(waits.join().unwrap(), [0]);
    });
}
