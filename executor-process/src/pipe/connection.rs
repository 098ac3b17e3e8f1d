//! [`Connection`]: one end of a pipe that goes both ways.

use super::error::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
use super::{Messages, Receiver, Sender};
use executor_core::wire::Portable;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// One end of a pipe that goes both ways, from [`pipe`](super::pipe): it sends messages of type `T` and
/// receives messages of type `U`.
///
/// It is a [`Sender`] and a [`Receiver`], with all that is said there: it can be cloned, used by several
/// threads at once, and sent to other processes. When the last handle of the other end is gone, receiving
/// is the end of the file, and sending a broken pipe. To close an end is to drop it.
///
/// Python's `multiprocessing.connection.Connection`.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Connection<T, U> {
    sender: Sender<T>,
    receiver: Receiver<U>,
}

impl<T, U> Connection<T, U> {
    /// Its two halves, which can go different ways.
    ///
    /// The other end sees the end of the file when the sender is gone, and a broken pipe when the
    /// receiver is.
    ///
    /// ```
    /// let (here, there) = executor_process::pipe::<u32, String>()?;
    /// let (sender, receiver) = here.split();
    /// sender.send(1)?;
    /// drop(sender);
    /// assert_eq!(there.recv()?, 1);
    /// assert!(there.recv().unwrap_err().is_end_of_file());
    /// there.send("still open".to_owned())?;
    /// assert_eq!(receiver.recv()?, "still open");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn split(self) -> (Sender<T>, Receiver<U>) {
        (self.sender, self.receiver)
    }

    /// The half that sends.
    pub fn sender(&self) -> &Sender<T> {
        &self.sender
    }

    /// The half that receives.
    pub fn receiver(&self) -> &Receiver<U> {
        &self.receiver
    }

    /// Waits until there is a message, or the end of the file; see [`Receiver::poll`].
    pub fn poll(&self, timeout: impl Into<Option<Duration>>) -> bool {
        self.receiver.poll(timeout)
    }
}

impl<T: Portable, U> Connection<T, U> {
    /// Sends a message; waits for room while about a mebibyte is unread. See [`Sender::send`].
    ///
    /// Two sides that both send much and receive nothing wait for each other for ever, as with any pipe.
    ///
    /// # Errors
    ///
    /// Nobody is left to receive; the message cannot be encoded; there is no memory. The message is in the
    /// error.
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.sender.send(message)
    }

    /// Sends a message, and waits for room, but no longer than `timeout`. See [`Sender::send_timeout`].
    ///
    /// # Errors
    ///
    /// There was no room until the time was over; and those of [`send`](Self::send).
    pub fn send_timeout(&self, message: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        self.sender.send_timeout(message, timeout)
    }

    /// Sends a message if there is room now. See [`Sender::try_send`].
    ///
    /// # Errors
    ///
    /// There is no room; and those of [`send`](Self::send).
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.sender.try_send(message)
    }
}

impl<T, U: Portable> Connection<T, U> {
    /// Receives a message, and waits for it. See [`Receiver::recv`].
    ///
    /// # Errors
    ///
    /// Everything was received, and nobody is left to send; a message came that cannot be decoded, which
    /// is gone then; there is no memory.
    pub fn recv(&self) -> Result<U, RecvError> {
        self.receiver.recv()
    }

    /// Receives a message, and waits for it, but no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// There was none until the time was over; and those of [`recv`](Self::recv).
    pub fn recv_timeout(&self, timeout: Duration) -> Result<U, RecvTimeoutError> {
        self.receiver.recv_timeout(timeout)
    }

    /// Receives a message if there is one.
    ///
    /// # Errors
    ///
    /// There is none; and those of [`recv`](Self::recv).
    pub fn try_recv(&self) -> Result<U, TryRecvError> {
        self.receiver.try_recv()
    }

    /// The messages, until the end of the file; waits for each. See [`Receiver::iter`].
    pub fn iter(&self) -> Messages<'_, U> {
        self.receiver.iter()
    }
}

impl<'c, T, U: Portable> IntoIterator for &'c Connection<T, U> {
    type Item = Result<U, RecvError>;
    type IntoIter = Messages<'c, U>;

    fn into_iter(self) -> Messages<'c, U> {
        self.iter()
    }
}

/// The two halves together again, or halves of different pipes.
impl<T, U> From<(Sender<T>, Receiver<U>)> for Connection<T, U> {
    fn from((sender, receiver): (Sender<T>, Receiver<U>)) -> Self {
        Self { sender, receiver }
    }
}

/// Another handle of the same end.
impl<T, U> Clone for Connection<T, U> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), receiver: self.receiver.clone() }
    }
}

impl<T, U> fmt::Debug for Connection<T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}
