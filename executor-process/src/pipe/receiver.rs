//! [`Receiver`]: the end of a pipe at which messages come out.

use super::error::{RecvError, RecvTimeoutError, TryRecvError};
use super::scratch::with_buffer;
use super::side::{self, NoTake, Side};
use crate::shared::descriptor::{OwnedDescriptor, attached};
use crate::shared::waiting::Waiting;
use executor_core::CodecError;
use executor_core::wire::{Incoming, Portable, decode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

/// The end of a pipe at which messages come out, from [`one_way_pipe`](super::one_way_pipe) or
/// [`Connection::split`](super::Connection::split).
///
/// It can be cloned, used by several threads at once, and sent to other processes: as an argument of a
/// task or a process, as a part of one, or as a message. All of them are the same end: each message is
/// received by one of them, whole. When the last of them is gone, dropped or with its process, sending
/// is a broken pipe. One that is on its way is not gone.
///
/// Python's counterpart is the first connection of `Pipe(duplex=False)`. There is no way to send into it:
///
/// ```compile_fail
/// let (_sender, receiver) = executor_process::one_way_pipe::<String>().unwrap();
/// receiver.send("hello".to_owned());
/// ```
///
/// Messages that arrive while nobody waits stay in memory that all sides share, so whoever receives
/// from several pipes at once loses nothing by waiting for them with [`wait_ready`](super::wait_ready).
pub struct Receiver<T> {
    side: Arc<Side>,
    messages: PhantomData<fn() -> T>,
}

/// Why no message was received.
enum Reason {
    /// There was none until the time was over.
    Empty,
    Error(RecvError),
}

impl<T> Receiver<T> {
    pub(super) fn new(side: Arc<Side>) -> Self {
        Self { side, messages: PhantomData }
    }

    pub(super) fn side(&self) -> &Side {
        &self.side
    }

    /// Waits until there is a message, or the end of the file, and says whether it is so; without a
    /// timeout it always is in the end.
    ///
    /// With `Duration::ZERO` it looks, and does not wait. Where several threads or processes receive, one
    /// of the others may be faster with the message. Python's `Connection.poll`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (sender, receiver) = executor_process::one_way_pipe()?;
    /// assert!(!receiver.poll(Duration::ZERO));
    /// sender.send(())?;
    /// assert!(receiver.poll(None));
    /// receiver.recv()?;
    /// drop(sender);
    /// assert!(receiver.poll(Duration::ZERO), "there is the end of the file to receive");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn poll(&self, timeout: impl Into<Option<Duration>>) -> bool {
        self.side.poll(|| Waiting::limited(timeout.into()))
    }
}

impl<T: Portable> Receiver<T> {
    /// Receives a message, and waits for it.
    ///
    /// Python's `Connection.recv`.
    ///
    /// ```
    /// use executor_process::RecvError;
    ///
    /// let (sender, receiver) = executor_process::one_way_pipe()?;
    /// sender.send(vec![1, 2, 3])?;
    /// drop(sender);
    /// assert_eq!(receiver.recv()?, [1, 2, 3]);
    /// assert!(matches!(receiver.recv(), Err(RecvError::EndOfFile)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Everything was received, and nobody is left to send; a message came that cannot be decoded, which
    /// is gone then; there is no memory.
    pub fn recv(&self) -> Result<T, RecvError> {
        loop {
            match self.fetch(|buffer| self.side.take(buffer, Waiting::forever)) {
                Ok(message) => return Ok(message),
                Err(Reason::Error(error)) => return Err(error),
                Err(Reason::Empty) => {}
            }
        }
    }

    /// Receives a message, and waits for it, but no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// There was none until the time was over; and those of [`recv`](Self::recv).
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        let message = self.fetch(|buffer| self.side.take(buffer, || Waiting::at_most(timeout)));
        message.map_err(|reason| match reason {
            Reason::Empty => RecvTimeoutError::TimedOut,
            Reason::Error(error) => error.into(),
        })
    }

    /// Receives a message if there is one.
    ///
    /// ```
    /// let (sender, receiver) = executor_process::one_way_pipe::<u32>()?;
    /// assert!(receiver.try_recv().unwrap_err().is_empty());
    /// drop(sender);
    /// assert!(receiver.try_recv().unwrap_err().is_end_of_file());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is none; and those of [`recv`](Self::recv).
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        let message = self.fetch(|buffer| self.side.try_take(buffer));
        message.map_err(|reason| match reason {
            Reason::Empty => TryRecvError::Empty,
            Reason::Error(error) => error.into(),
        })
    }

    /// The messages, until the end of the file; waits for each.
    ///
    /// One that cannot be received is an error among them, and does not end them.
    ///
    /// ```
    /// let (sender, receiver) = executor_process::one_way_pipe()?;
    /// for n in 1..=3 {
    ///     sender.send(n)?;
    /// }
    /// drop(sender);
    /// let sum = receiver.iter().sum::<Result<i32, _>>()?;
    /// assert_eq!(sum, 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter(&self) -> Messages<'_, T> {
        Messages { receiver: self, failed: false }
    }

    fn fetch(
        &self,
        take: impl FnOnce(&mut Vec<u8>) -> Result<Vec<OwnedDescriptor>, NoTake>,
    ) -> Result<T, Reason> {
        let not_received = |error| Reason::Error(RecvError::NotReceived(Arc::new(error)));
        with_buffer(|buffer| {
            let descriptors = take(buffer).map_err(|refusal| match refusal {
                NoTake::Empty => Reason::Empty,
                NoTake::End => Reason::Error(RecvError::EndOfFile),
                NoTake::Incomplete(error) => {
                    not_received(CodecError::new("receive the message", error.to_string()))
                }
                NoTake::Failed(error) => Reason::Error(RecvError::Failed(Arc::new(error))),
            })?;
            decode(Incoming::private(buffer), attached(descriptors)).map_err(not_received)
        })
    }
}

/// The messages of a pipe until its end; see [`Receiver::iter`].
pub struct Messages<'r, T> {
    receiver: &'r Receiver<T>,
    /// Whether the pipe itself has failed, which it would do for ever.
    failed: bool,
}

impl<T: Portable> Iterator for Messages<'_, T> {
    type Item = Result<T, RecvError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let received = self.receiver.recv();
        self.failed = matches!(received, Err(RecvError::Failed(_)));
        match received {
            Err(RecvError::EndOfFile) => None,
            received => Some(received),
        }
    }
}

impl<'r, T: Portable> IntoIterator for &'r Receiver<T> {
    type Item = Result<T, RecvError>;
    type IntoIter = Messages<'r, T>;

    fn into_iter(self) -> Messages<'r, T> {
        self.iter()
    }
}

impl<T> fmt::Debug for Messages<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages").finish_non_exhaustive()
    }
}

/// Another handle of the same end.
impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.side))
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

/// As a part of a value that travels; to a file or the like it is an error.
impl<T> Serialize for Receiver<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.side.serialize(serializer)
    }
}

/// As a part of a value that has travelled.
impl<'de, T> Deserialize<'de> for Receiver<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        side::deserialize(deserializer).map(Self::new)
    }
}
