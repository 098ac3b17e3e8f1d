//! The child's side: from its start to the call of the function, and to its end.

use super::order::{self, Enclosed, Order, Received, Report};
use super::{own, target};
use crate::bootstrap::identity::Identity;
use crate::bootstrap::ticket::Summons;
use crate::bootstrap::{image, line, orphan};
use crate::shared::courier::Courier;
use crate::worker::{EXIT_CANNOT_SERVE, EXIT_ORPHANED};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::{Errno, FdFlags, fcntl_getfd};
use rustix::stdio::dup2_stdin;
use std::io::{self, Write};
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// The life of a process that was started as a `Process`.
pub(crate) fn main(summons: &Summons) -> ! {
    // SAFETY: `SIG_IGN` is a valid disposition. What the standard library does before `main`, which
    // has not happened yet if we come from a constructor.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    orphan::die_with(summons.parent);
    close_strays();
    let code = match fill_gaps().and_then(|()| line::pick_up()) {
        Ok(line) => obey(&line, summons.parent),
        Err(error) => {
            complain(&error.to_string());
            EXIT_CANNOT_SERVE
        }
    };
    // Runs what is to be done at the end, above all waiting for children of our own.
    std::process::exit(code)
}

/// Does what it says on the line, and returns the exit code.
fn obey(line: &Courier, parent: u32) -> i32 {
    let received = match order::receive(line) {
        Ok(Some(received)) => received,
        Ok(None) => return EXIT_ORPHANED,
        Err(error) => return refuse(line, &error.to_string()),
    };
    let Received { order, enclosed, argument } = received;
    let Order { identity, function, trampoline, own, parent: name } = order;
    if let Some(difference) = identity.difference(&Identity::own()) {
        return refuse(line, &difference);
    }
    let Enclosed { input, keep } = enclosed;
    if let Some(input) = input
        && let Err(error) = dup2_stdin(input)
    {
        return refuse(line, &format!("no standard input: {error}"));
    }
    std::mem::forget(keep); // open until we end: that is what it is for
    if let Err(error) = end_with(line) {
        return refuse(line, &error.to_string());
    }
    own::be_child(own, parent, name, line.clone());
    let (function, trampoline) = (image::address(function), image::address(trampoline));
    // Only to be read when we have ended. If the parent is gone, so are we.
    let mut begun = || drop(Report::Begun.send(line));
    // SAFETY: the parent made the offsets from a target of the same image, as the identity has shown.
    let code = unsafe { target::call(function, trampoline, argument, &mut begun) };
    code.unwrap_or_else(|error| refuse(line, &error.to_string()))
}

/// Says why the function cannot be called, to the parent and to whoever reads stderr.
fn refuse(line: &Courier, reason: &str) -> i32 {
    complain(reason);
    let _the_parent_may_be_gone = Report::Refused(reason.to_owned()).send(line);
    EXIT_CANNOT_SERVE
}

fn complain(reason: &str) {
    // Not `eprintln!`, which panics if nobody reads stderr any more.
    let message = format!("concurrent-futures: the process cannot begin: {reason}\n");
    let _nobody_reads_it = io::stderr().write_all(message.as_bytes());
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

/// Where the system does not kill us when the parent dies, a thread notices.
fn end_with(line: &Courier) -> io::Result<()> {
    if cfg!(any(target_os = "linux", target_os = "android")) {
        return Ok(());
    }
    let line = line.clone();
    std::thread::Builder::new().name("lifeline".to_owned()).spawn(move || {
        while let Ok(Some(_)) = line.receive(&mut [0; 16]) {}
        // At once, whatever else is going on.
        let _we_are_gone =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    })?;
    Ok(())
}
