//! Pipes: messages from one process to another, one way or both.
//!
//! | what                                              | file            |
//! |---------------------------------------------------|-----------------|
//! | making them                                       | here            |
//! | the ends                                          | `sender.rs`, `receiver.rs`, `connection.rs` |
//! | what the two ends of one direction have           | `side.rs`       |
//! | sleeping until the other side does something      | `bell.rs`       |
//! | on what one sleeps, and sees the end              | `cord/`         |
//! | waiting for several                               | `ready.rs`      |
//! | the buffer of a thread                            | `scratch.rs`    |
//! | errors                                            | `error.rs`      |
//!
//! # What a pipe is made of
//!
//! Each direction is a [`Log`](crate::log::Log), through which the messages go, and a socket pair, the
//! *cord*, of which the senders have one end and the receivers the other. The log is the road: a message
//! is encoded, copied into shared memory, copied out and decoded, and no system call is made for it. The
//! cord says two things that memory cannot: that the other side is gone, since the system closes the ends
//! of a process that dies, and "wake up".
//!
//! ```text
//!   sender                    log                    receiver
//!     append -------------> | | | | ------------------> take
//!     sleeps for room                      sleeps for messages
//!        `------------------ cord -------------------'
//! ```
//!
//! # What holds, and where it is checked
//!
//! - A message is received once, whole, in the order sent, or not at all, whoever is killed when: that of
//!   the log; `tests/pipes/kills.rs`.
//! - The end of the file comes when nobody has a sender any more, and after the last message: a receiver
//!   that sees the end of the cord looks into the log once more. A sender asks the cord each time, so that
//!   sending to somebody who was killed a moment ago is an error: one `poll` without waiting, the only
//!   system call between two sides that are awake. `tests/pipes/ends.rs`, `tests/pipes/kills.rs`,
//!   `models/pipe.rs`.
//! - Nobody sleeps while there is something for him: `bell.rs`, `models/pipe.rs`.
//! - The ends of a cord are counted by the system, those on their way included. So it is no matter when
//!   this process drops its copy of an end that it has sent: `tests/pipes/travel.rs`.
//! - A sender that finds nobody left throws away what was not received, and so closes ends that were on
//!   their way in there. One that never sends again does that when it is dropped, or when its process ends.
//! - Senders wait while more than a window of bytes is unread. The room is measured, not reserved, so as
//!   many messages more can be there as senders were looking at once.
//!
//! # Ends in pipes
//!
//! Ends travel through pipes like any handle, through their own too. A receiving end that is nowhere but in
//! its own pipe can be received by nobody; its senders find the pipe open, and full when it is. When the
//! last sender is gone as well, the system notices that what is on its way there can never arrive, and
//! closes it.

mod bell;
mod connection;
mod cord;
mod error;
mod ready;
mod receiver;
mod scratch;
mod sender;
mod side;

#[cfg(all(test, loom))]
pub(crate) use bell::{Cord, Owed, Sleepers, Taken, Vain};

pub use connection::Connection;
pub use error::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
pub use ready::{Pollable, wait_ready};
pub use receiver::{Messages, Receiver};
pub use sender::Sender;

use side::Side;
use std::io;

/// Makes a pipe that goes both ways, and returns its two ends. One sends `T` and receives `U`, the other
/// sends `U` and receives `T`.
///
/// Keep one and give the other to a process, as an argument of a task or of a `Process`; both may go
/// further. A copy of an end that was given away is to be dropped here, and may be at once: while anybody
/// has one, the pipe has no end on that side. Python's `multiprocessing.Pipe()`.
///
/// A process may be killed at any moment, and the others go on. One that is *stopped* (`SIGSTOP`, a debugger) in
/// the very middle of a send or a receive holds up the others at its end until it goes on, those with a
/// time limit included.
///
/// ```
/// let (here, there) = executor_process::pipe::<String, usize>()?;
/// let helper = std::thread::spawn(move || {
///     for text in &there {
///         there.send(text?.len())?;
///     }
///     Ok::<_, std::io::Error>(())
/// });
/// here.send("four".to_owned())?;
/// assert_eq!(here.recv()?, 4);
/// drop(here); // the end of the file, there
/// helper.join().unwrap()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// There is no memory, or no descriptor, to be had. Each end takes eight.
pub fn pipe<T, U>() -> io::Result<(Connection<T, U>, Connection<U, T>)> {
    let (there, from_here) = one_way_pipe()?;
    let (back, from_there) = one_way_pipe()?;
    Ok(((there, from_there).into(), (back, from_here).into()))
}

/// Makes a pipe that goes one way, and returns the end at which messages go in, and the one at which they
/// come out.
///
/// Python's `multiprocessing.Pipe(duplex=False)`, in the order of `std::sync::mpsc::channel`. What would
/// be an error there, to send at the wrong end, does not compile.
///
/// ```
/// let (sender, receiver) = executor_process::one_way_pipe()?;
/// sender.send(("a tuple".to_owned(), 7))?;
/// assert_eq!(receiver.recv()?, ("a tuple".to_owned(), 7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// There is no memory, or no descriptor, to be had. Each end takes four.
pub fn one_way_pipe<T>() -> io::Result<(Sender<T>, Receiver<T>)> {
    let (senders, receivers) = Side::pair()?;
    Ok((Sender::new(senders), Receiver::new(receivers)))
}
