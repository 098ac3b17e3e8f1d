//! A signal at every moment, for every thread.
//!
//! The handler is installed without `SA_RESTART`, so every system call that waits is interrupted. One thread sends the
//! signal to all threads of the program; timers of their own interrupt its processes.

use crate::report_of;
use crate::support::child::{self, is_program};
use crate::support::leak;
use crate::{everything, failures};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::Duration;

/// Set for a program whose processes, and their processes, have a timer.
const STORM: &str = "HARDSHIP_STORM";

extern "C" fn nothing(_signal: libc::c_int) {}

/// From now on this signal interrupts system calls, and does nothing else.
fn install(signal: libc::c_int) {
    // SAFETY: all zero is a valid `sigaction`, without SA_RESTART; the handler does nothing.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = nothing as *const () as libc::sighandler_t;
        assert_eq!(libc::sigaction(signal, &raw const action, std::ptr::null_mut()), 0);
    }
}

/// Sends this process a signal every 300 microseconds of its life.
fn start_timer() {
    install(libc::SIGALRM);
    let every = libc::timeval { tv_sec: 0, tv_usec: 300 };
    let timer = libc::itimerval { it_interval: every, it_value: every };
    // SAFETY: a valid setting.
    let set = unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut()) };
    assert_eq!(set, 0);
}

/// In the processes that such a program starts, before anything else of theirs; also before the library knows what
/// they are.
extern "C" fn begin() {
    // SAFETY: looks for a variable; there is one thread yet.
    if !unsafe { libc::getenv(c"HARDSHIP_STORM".as_ptr()) }.is_null() {
        start_timer();
    }
}

#[used]
#[unsafe(link_section = ".init_array.00101")]
static BEGIN: extern "C" fn() = begin;

/// Sends the signal to each thread of this process, again and again, until told to stop.
fn storm(over: &AtomicBool) {
    // SAFETY: it tells a number.
    let own = unsafe { libc::syscall(libc::SYS_gettid) };
    while !over.load(SeqCst) {
        for thread in leak::threads_named("") {
            if u32::try_from(own) != Ok(thread) {
                // SAFETY: sends a signal that has a handler; a thread that has ended meanwhile is an error.
                unsafe {
                    libc::syscall(libc::SYS_tgkill, std::process::id(), thread, libc::SIGUSR1)
                };
            }
        }
        thread::sleep(Duration::from_micros(100));
    }
}

/// Nobody notices: everything works as ever.
#[test]
fn everywhere_all_the_time() {
    for _ in 0..crate::factor() {
        let mut program = child::program("signals::play_everywhere");
        let report = report_of(program.env(STORM, "1"));
        assert!(failures(&report).is_empty(), "{report:?}");
    }
}

/// See `everywhere_all_the_time`.
#[test]
fn play_everywhere() {
    if !is_program() {
        return;
    }
    install(libc::SIGUSR1);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| storm(&over));
        everything::try_all();
        over.store(true, SeqCst);
    });
}
