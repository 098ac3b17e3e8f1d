//! [`Sender`]: the end of a pipe at which messages go in.

use super::error::{SendError, SendTimeoutError, TrySendError};
use super::scratch::with_buffer;
use super::side::{self, NoAppend, Side};
use crate::shared::descriptor::descriptors_of;
use crate::shared::waiting::Waiting;
use executor_core::CodecError;
use executor_core::wire::{Portable, encode, write_to};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

/// The end of a pipe at which messages go in, from [`one_way_pipe`](super::one_way_pipe) or
/// [`Connection::split`](super::Connection::split).
///
/// It can be cloned, used by several threads at once, and sent to other processes: as an argument of a
/// task or a process, as a part of one, or as a message. All of them are the same end, and messages stay
/// whole. When the last of them is gone, dropped or with its process, the receivers see the end of the
/// file behind the last message. One that is on its way is not gone.
///
/// Python's counterpart is the second connection of `Pipe(duplex=False)`. There is no way to receive from
/// it:
///
/// ```compile_fail
/// let (sender, _receiver) = executor_process::one_way_pipe::<String>().unwrap();
/// sender.recv();
/// ```
pub struct Sender<T> {
    side: Arc<Side>,
    messages: PhantomData<fn(T)>,
}

/// Why a message was not sent.
enum Reason {
    /// There was no room until the time was over.
    Full,
    BrokenPipe,
    NotSent(CodecError),
    Failed(io::Error),
}

impl<T> Sender<T> {
    pub(super) fn new(side: Arc<Side>) -> Self {
        Self { side, messages: PhantomData }
    }
}

impl<T: Portable> Sender<T> {
    /// Sends a message; waits for room while about a mebibyte is unread.
    ///
    /// A message may have any size: while less than that is unread it goes, as a whole. That it was sent
    /// does not mean that it was, or will be, received. Python's `Connection.send`.
    ///
    /// ```
    /// let (sender, receiver) = executor_process::one_way_pipe()?;
    /// sender.send("hello".to_owned())?;
    /// assert_eq!(receiver.recv()?, "hello");
    /// drop(receiver);
    /// let error = sender.send("anybody?".to_owned()).unwrap_err();
    /// assert!(error.is_broken_pipe());
    /// assert_eq!(error.into_message(), "anybody?");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Nobody is left to receive, even if the last one was killed a moment ago; the message cannot be
    /// encoded; there is no memory. The message is in the error. No signal is raised.
    pub fn send(&self, mut message: T) -> Result<(), SendError<T>> {
        loop {
            let Err((back, reason)) = self.deliver(message, &mut Waiting::forever()) else {
                return Ok(());
            };
            match refused(back, reason) {
                Ok(error) => return Err(error),
                Err(full) => message = full,
            }
        }
    }

    /// Sends a message, and waits for room, but no longer than `timeout`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (sender, receiver) = executor_process::one_way_pipe()?;
    /// sender.send(vec![0_u8; 2_000_000])?;
    /// let error = sender.send_timeout(vec![1], Duration::from_millis(10)).unwrap_err();
    /// assert!(error.is_timed_out());
    /// receiver.recv()?;
    /// sender.send_timeout(error.into_message(), Duration::from_secs(10))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There was no room until the time was over; and those of [`send`](Self::send).
    pub fn send_timeout(&self, message: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        let Err((message, reason)) = self.deliver(message, &mut Waiting::at_most(timeout)) else {
            return Ok(());
        };
        Err(refused(message, reason).map_or_else(SendTimeoutError::TimedOut, Into::into))
    }

    /// Sends a message if there is room now. Does not wait for anybody to receive.
    ///
    /// # Errors
    ///
    /// There is no room; and those of [`send`](Self::send).
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        let at_once = &mut Waiting::at_most(Duration::ZERO);
        let Err((message, reason)) = self.deliver(message, at_once) else { return Ok(()) };
        Err(refused(message, reason).map_or_else(TrySendError::Full, Into::into))
    }

    fn deliver(&self, message: T, waiting: &mut Waiting) -> Result<(), (T, Reason)> {
        let delivered = with_buffer(|buffer| {
            let attached =
                write_to(buffer, |output| encode(&message, output)).map_err(Reason::NotSent)?;
            let descriptors = descriptors_of(attached).map_err(not_sent)?;
            self.side.append(buffer, &descriptors, waiting).map_err(|refusal| match refusal {
                NoAppend::Full => Reason::Full,
                NoAppend::End => Reason::BrokenPipe,
                NoAppend::Refused(error) => not_sent(error.to_string()),
                NoAppend::Failed(error) => Reason::Failed(error),
            })
        });
        delivered.map_err(|reason| (message, reason))
    }
}

fn not_sent(reason: String) -> Reason {
    Reason::NotSent(CodecError::new("send the message", reason))
}

/// The error, or the message for which there was no room.
fn refused<T>(message: T, reason: Reason) -> Result<SendError<T>, T> {
    match reason {
        Reason::Full => Err(message),
        Reason::BrokenPipe => Ok(SendError::BrokenPipe(message)),
        Reason::NotSent(error) => Ok(SendError::NotSent(message, Arc::new(error))),
        Reason::Failed(error) => Ok(SendError::Failed(message, Arc::new(error))),
    }
}

/// Another handle of the same end.
impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.side))
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// As a part of a value that travels; to a file or the like it is an error.
impl<T> Serialize for Sender<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.side.serialize(serializer)
    }
}

/// As a part of a value that has travelled.
impl<'de, T> Deserialize<'de> for Sender<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        side::deserialize(deserializer).map(Self::new)
    }
}
