//! The keeper of a worker: the thread that starts the process and waits for its end.
//!
//! One thread does both, because Linux ends a process with the thread that has started it, not with
//! the whole parent, when it is told to end it with its parent.

use super::config::Config;
use super::link::Link;
use crate::bootstrap::line;
use crate::bootstrap::orphan;
use crate::bootstrap::ticket::Ticket;
use crate::transport::message::{ExitStatus, ToPool};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{ChildStderr, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How many lines of a worker's stderr are kept.
const LINES: usize = 20;

/// How long to wait for the last lines of a worker that has ended. Usually there is nothing to wait
/// for, but a process that it has started may have its stderr.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// The last lines that a worker has written to stderr.
pub(super) type Lines = Arc<Mutex<VecDeque<String>>>;

/// Starts the process, waits for its end, and tells the reader of either.
pub(super) fn keep(config: &Config, link: &Link, ticket: &Ticket, lines: &Lines) {
    let mut command = config.process.command(&ticket.to_variable());
    if config.capture_stderr {
        command.stderr(Stdio::piped());
    }
    let child = match lay_line(&mut command, link).and_then(|()| orphan::spawn(&mut command)) {
        Ok(child) => child,
        Err(error) => {
            let program = command.get_program().to_string_lossy().into_owned();
            knock(link, ticket, format!("the program {program} cannot be started: {error}"));
            let _ = link.reader.send(ToPool::Ended(ExitStatus::Unknown));
            return;
        }
    };
    drop(command); // which has the worker's end of the line
    let capture = child.take_stderr().and_then(|stderr| capture(stderr, Arc::clone(lines)));
    if let Some(line) = link.line.get() {
        line.leads_to(child.id());
    }
    let child = link.child.get_or_init(|| child);
    if link.condemned.load(Ordering::SeqCst) {
        let _it_may_have_ended = child.kill();
    }
    let status = child.wait().map_or(ExitStatus::Unknown, ExitStatus::from);
    if let Some(capture) = capture {
        let limit = Instant::now() + LAST_WORDS;
        while !capture.is_finished() && Instant::now() < limit {
            thread::sleep(Duration::from_millis(1));
        }
    }
    let exit = executor_core::Exit::from(status);
    knock(link, ticket, format!("process {} {exit} before it was ready", child.id()));
    let _the_pool_is_gone = link.reader.send(ToPool::Ended(status));
}

/// Gives the worker the line for its standard input.
fn lay_line(command: &mut Command, link: &Link) -> io::Result<()> {
    let (ours, theirs) = line::lay()?;
    command.stdin(theirs);
    let _there_is_one_keeper = link.line.set(ours);
    Ok(())
}

/// Ends the reader's wait for a worker to say hello, if it is still waiting.
///
/// Whoever connects ends it. If that fails the reader has just stopped waiting, or there are no
/// descriptors at the moment.
fn knock(link: &Link, ticket: &Ticket, reason: String) {
    let _there_is_one_reason = link.gone.set(reason);
    drop(link.spare.lock().take());
    while !link.greeted.load(Ordering::SeqCst) && !connect_and_hang_up(&ticket.server) {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Not by ipc-channel, which loses a descriptor whenever it cannot connect.
#[cfg(all(unix, not(target_vendor = "apple")))]
fn connect_and_hang_up(server: &str) -> bool {
    use rustix::net::{
        AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with,
    };

    let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
    let Ok(address) = SocketAddrUnix::new(server) else { return false };
    socket_with(family, kind, SocketFlags::CLOEXEC, None)
        .is_ok_and(|socket| connect(&socket, &address).is_ok())
}

#[cfg(not(all(unix, not(target_vendor = "apple"))))]
fn connect_and_hang_up(server: &str) -> bool {
    use crate::transport::message::Hello;

    ipc_channel::ipc::IpcSender::connect(server.to_owned())
        .is_ok_and(|server| server.send(Hello::Gone).is_ok())
}

/// Passes a worker's stderr on, and keeps the last lines.
fn capture(stderr: ChildStderr, lines: Lines) -> Option<JoinHandle<()>> {
    let pass_on = move || {
        let mut reader = BufReader::new(stderr);
        let mut line = Vec::new();
        while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
            let _nobody_reads_ours = io::stderr().write_all(&line);
            let mut lines = lines.lock();
            if lines.len() == LINES {
                lines.pop_front();
            }
            lines.push_back(String::from_utf8_lossy(&line).into_owned());
            line.clear();
        }
    };
    // Without the thread the pipe is closed, and the worker writes to nowhere.
    thread::Builder::new().name("stderr".to_owned()).spawn(pass_on).ok()
}
