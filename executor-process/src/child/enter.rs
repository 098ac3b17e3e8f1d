//! The child's side: from its start to the call of the function, and to its end.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use super::order::{self, Enclosed, Order, Received, Report};
use super::{leave, own, target};
use crate::bootstrap::identity::Identity;
use crate::bootstrap::ticket::Summons;
use crate::bootstrap::{image, line};
use crate::shared::courier::Courier;
use crate::worker::{EXIT_CANNOT_SERVE, EXIT_ORPHANED};
use std::io::{self, Write};

/// The life of a process that was started as a `Process`.
pub(crate) fn main(summons: &Summons) -> ! {
    let code = match system::prepare(summons.parent).and_then(|()| line::pick_up()) {
        Ok(line) => obey(&line, summons.parent),
        Err(error) => {
            complain(&error.to_string());
            EXIT_CANNOT_SERVE
        }
    };
    // Runs what is to be done at the end, above all waiting for children of our own.
    leave::exit(code)
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
        && let Err(error) = system::set_input(input)
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

/// Where the system does not kill us when the parent dies, a thread notices.
fn end_with(line: &Courier) -> io::Result<()> {
    if cfg!(any(target_os = "linux", target_os = "android")) {
        return Ok(());
    }
    let line = line.clone();
    std::thread::Builder::new().name("lifeline".to_owned()).spawn(move || {
        while let Ok(Some(_)) = line.receive(&mut [0; 16]) {}
        system::end_at_once();
    })?;
    Ok(())
}
