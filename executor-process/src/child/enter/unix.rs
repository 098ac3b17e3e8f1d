//! What a child on Unix does first.

use crate::bootstrap::orphan;
use rustix::fs::{Mode, OFlags, open};
use rustix::io::{Errno, FdFlags, fcntl_getfd};
use rustix::process::{Signal, getpid, kill_process};
use rustix::stdio::dup2_stdin;
use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// Puts the process in order. Nothing of ours has run yet.
pub(super) fn prepare(parent: u32) -> io::Result<()> {
    // SAFETY: `SIG_IGN` is a valid disposition. What the standard library does before `main`, which
    // has not happened yet if we come from a constructor.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    orphan::die_with(parent);
    close_strays();
    fill_gaps()
}

/// Makes this the standard input.
pub(super) fn set_input(input: OwnedFd) -> io::Result<()> {
    Ok(dup2_stdin(input)?)
}

/// Ends this process, whatever else is going on.
pub(super) fn end_at_once() {
    let _we_are_gone = kill_process(getpid(), Signal::KILL);
}

/// Closes what was inherited by accident: what is open and not to be closed when a program is run. All
/// that is ours is.
///
/// Otherwise the other end of a pipe that the parent has made without thinking of us would never see the
/// end of it.
fn close_strays() {
    let directory = if cfg!(any(target_os = "linux", target_os = "android")) {
        "/proc/self/fd"
    } else {
        "/dev/fd"
    };
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let numbers: Vec<RawFd> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|&number| number > 2) {
        // SAFETY: it is only asked about; if nothing is open there the answer is an error.
        let flags = fcntl_getfd(unsafe { BorrowedFd::borrow_raw(number) });
        if flags.is_ok_and(|flags| !flags.contains(FdFlags::CLOEXEC)) {
            // SAFETY: it was open when the program was started, before any code of it ran that could
            // have made it its own, and the process has one thread yet.
            drop(unsafe { OwnedFd::from_raw_fd(number) });
        }
    }
}

/// Sees to it that there are a standard output and error, if only empty ones: otherwise the next file
/// that is opened would take their places.
fn fill_gaps() -> io::Result<()> {
    for number in 0..=2 {
        // SAFETY: it is only asked about.
        if fcntl_getfd(unsafe { BorrowedFd::borrow_raw(number) }) == Err(Errno::BADF) {
            // The lowest number that is free, which is this one, since those below are not.
            std::mem::forget(open("/dev/null", OFlags::RDWR, Mode::empty())?);
        }
    }
    Ok(())
}
