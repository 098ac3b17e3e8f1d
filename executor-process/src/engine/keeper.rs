//! The keeper of a worker: the thread that starts the process and waits for its end.
//!
//! One thread does both, because Linux ends a process with the thread that has started it, not with
//! the whole parent, when it is told to end it with its parent.

use super::config::Config;
use super::link::Link;
#[cfg(not(unix))]
use super::server::knock;
use crate::bootstrap::line;
use crate::bootstrap::orphan;
use crate::bootstrap::ticket::Ticket;
use crate::exit::exit_of;
#[cfg(unix)]
use crate::transport::channel::Sender;
use crate::transport::message::ToPool;
use executor_core::Exit;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{ChildStderr, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How many lines of a worker's stderr are kept.
const LINES: usize = 20;

/// The longest line that is kept whole. What is longer is passed on, and kept, in pieces.
const LONGEST_LINE: u64 = 4096;

/// How long to wait for the last lines of a worker that has ended. Usually there is nothing to wait
/// for, but a process that it has started may have its stderr.
const LAST_WORDS: Duration = Duration::from_millis(500);

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
            let reason = format!("the program {program} cannot be started: {error}");
            let _there_is_one_reason = link.gone.set(reason);
            #[cfg(not(unix))]
            knock(link, ticket);
            end(link, Exit::Unknown);
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
    let exit = child.wait().map_or(Exit::Unknown, exit_of);
    if let Some(capture) = capture {
        let limit = Instant::now() + LAST_WORDS;
        while !capture.is_finished() && Instant::now() < limit {
            thread::sleep(Duration::from_millis(1));
        }
    }
    let reason = format!("process {} {exit} before it was ready", child.id());
    let _there_is_one_reason = link.gone.set(reason);
    #[cfg(not(unix))]
    knock(link, ticket);
    end(link, exit);
}

/// Notes how the process has ended, and tells the reader that it has.
///
/// A worker could say so too, and could have filled the channel before. So what is said is not what counts, and
/// who has heard it closes the channel, if this waits for room still.
fn end(link: &Link, exit: Exit) {
    let _there_is_one_end = link.exit.set(exit);
    let _the_reader_knows = link.reader.send(ToPool::Ended);
}

/// Gives the worker the line for its standard input, and on Unix, on it, the channel to the pool.
fn lay_line(command: &mut Command, link: &Link) -> io::Result<()> {
    let (ours, theirs) = line::lay()?;
    command.stdin(theirs);
    #[cfg(unix)]
    Sender::from(ours.clone()).try_send(&link.reader)?;
    let _there_is_one_keeper = link.line.set(ours);
    Ok(())
}

/// Passes a worker's stderr on, and keeps the last lines.
fn capture(stderr: ChildStderr, lines: Lines) -> Option<JoinHandle<()>> {
    let pass_on = move || {
        let mut reader = BufReader::new(stderr);
        let mut line = Vec::new();
        while matches!((&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line), Ok(1..)) {
            // First of all, since whoever reads ours may be slow, and somebody waits for the last words.
            let mut kept = lines.lock();
            if kept.len() == LINES {
                kept.pop_front();
            }
            kept.push_back(String::from_utf8_lossy(&line).into_owned());
            drop(kept);
            let _nobody_reads_ours = io::stderr().write_all(&line);
            line.clear();
        }
    };
    // Without the thread the pipe is closed, and the worker writes to nowhere.
    thread::Builder::new().name("stderr".to_owned()).spawn(pass_on).ok()
}
