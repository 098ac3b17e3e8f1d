//! Why a message was not sent, or none received.
//!
//! | call            | error                | says                                                |
//! |-----------------|----------------------|-----------------------------------------------------|
//! | `send`          | [`SendError`]        | nobody is left to receive; gives the message back   |
//! | `send_timeout`  | [`SendTimeoutError`] | the same, or timed out                              |
//! | `try_send`      | [`TrySendError`]     | the same, or full                                   |
//! | `recv`          | [`RecvError`]        | end-of-file                                         |
//! | `recv_timeout`  | [`RecvTimeoutError`] | the same, or timed out                              |
//! | `try_recv`      | [`TryRecvError`]     | the same, or empty                                  |
//!
//! All of them become an `io::Error` with `?`, of the kind that an operation on a pipe of the system's
//! would have.

use executor_core::CodecError;
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Why `send` did not send the message. It is in the error.
///
/// Python's `BrokenPipeError`, and whatever `pickle` raises.
#[derive(Clone)]
#[non_exhaustive]
pub enum SendError<T> {
    /// Nobody has the other end any more: it was dropped, or the process that had it has ended.
    BrokenPipe(T),
    /// The message could not be encoded. Others can be sent.
    NotSent(T, Arc<CodecError>),
    /// The system did not provide what the pipe needs for this message, such as memory.
    Failed(T, Arc<io::Error>),
}

/// Why `send_timeout` did not send the message. It is in the error.
#[derive(Clone)]
#[non_exhaustive]
pub enum SendTimeoutError<T> {
    /// The pipe was full all the time.
    TimedOut(T),
    /// Nobody has the other end any more: it was dropped, or the process that had it has ended.
    BrokenPipe(T),
    /// The message could not be encoded. Others can be sent.
    NotSent(T, Arc<CodecError>),
    /// The system did not provide what the pipe needs for this message, such as memory.
    Failed(T, Arc<io::Error>),
}

/// Why `try_send` did not send the message. It is in the error.
#[derive(Clone)]
#[non_exhaustive]
pub enum TrySendError<T> {
    /// The pipe is full.
    Full(T),
    /// Nobody has the other end any more: it was dropped, or the process that had it has ended.
    BrokenPipe(T),
    /// The message could not be encoded. Others can be sent.
    NotSent(T, Arc<CodecError>),
    /// The system did not provide what the pipe needs for this message, such as memory.
    Failed(T, Arc<io::Error>),
}

/// Why `recv` returned no message.
///
/// Python's `EOFError`, and whatever `pickle` raises.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RecvError {
    /// Everything was received, and nobody has the other end any more.
    EndOfFile,
    /// A message came that could not be decoded, and is gone. Others can be received.
    NotReceived(Arc<CodecError>),
    /// The system did not provide what this process needs to receive, such as memory.
    Failed(Arc<io::Error>),
}

/// Why `recv_timeout` returned no message.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RecvTimeoutError {
    /// No message came in time.
    TimedOut,
    /// Everything was received, and nobody has the other end any more.
    EndOfFile,
    /// A message came that could not be decoded, and is gone. Others can be received.
    NotReceived(Arc<CodecError>),
    /// The system did not provide what this process needs to receive, such as memory.
    Failed(Arc<io::Error>),
}

/// Why `try_recv` returned no message.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TryRecvError {
    /// There is no message.
    Empty,
    /// Everything was received, and nobody has the other end any more.
    EndOfFile,
    /// A message came that could not be decoded, and is gone. Others can be received.
    NotReceived(Arc<CodecError>),
    /// The system did not provide what this process needs to receive, such as memory.
    Failed(Arc<io::Error>),
}

/// What the three errors of sending have in common.
macro_rules! send_error {
    ($name:ident $(, $plain:ident $kind:ident $text:literal)?) => {
        impl<T> $name<T> {
            /// The message.
            pub fn into_message(self) -> T {
                match self {
                    $(Self::$plain(message) => message,)?
                    Self::BrokenPipe(message)
                    | Self::NotSent(message, _)
                    | Self::Failed(message, _) => message,
                }
            }

            /// The same error with what the function makes of the message.
            ///
            /// `error.map(drop)` is an error that is `Send`, `Sync` and `'static` whatever the message is.
            pub fn map<U>(self, f: impl FnOnce(T) -> U) -> $name<U> {
                match self {
                    $(Self::$plain(message) => $name::$plain(f(message)),)?
                    Self::BrokenPipe(message) => $name::BrokenPipe(f(message)),
                    Self::NotSent(message, error) => $name::NotSent(f(message), error),
                    Self::Failed(message, error) => $name::Failed(f(message), error),
                }
            }

            /// Whether nobody is left to receive, so that trying again is of no use.
            pub fn is_broken_pipe(&self) -> bool {
                matches!(self, Self::BrokenPipe(_))
            }
        }

        /// Without the message, of which nothing is asked.
        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$plain(_) => f.write_str(concat!(stringify!($plain), "(..)")),)?
                    Self::BrokenPipe(_) => f.write_str("BrokenPipe(..)"),
                    Self::NotSent(_, error) => write!(f, "NotSent(.., {error:?})"),
                    Self::Failed(_, error) => write!(f, "Failed(.., {error:?})"),
                }
            }
        }

        impl<T> fmt::Display for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$plain(_) => f.write_str($text),)?
                    Self::BrokenPipe(_) => {
                        f.write_str("cannot send: nobody has the receiving end any more")
                    }
                    Self::NotSent(_, error) => write!(f, "the message cannot travel: {error}"),
                    Self::Failed(_, error) => write!(f, "cannot send: {error}"),
                }
            }
        }

        impl<T> Error for $name<T> {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                match self {
                    Self::NotSent(_, error) => Some(&**error),
                    Self::Failed(_, error) => Some(&**error),
                    _ => None,
                }
            }
        }

        impl<T> From<$name<T>> for io::Error {
            fn from(error: $name<T>) -> Self {
                let kind = match &error {
                    $($name::$plain(_) => io::ErrorKind::$kind,)?
                    $name::BrokenPipe(_) => io::ErrorKind::BrokenPipe,
                    $name::NotSent(..) => io::ErrorKind::InvalidData,
                    $name::Failed(_, error) => error.kind(),
                };
                Self::new(kind, error.map(drop))
            }
        }
    };
}

send_error!(SendError);
send_error!(SendTimeoutError, TimedOut TimedOut "cannot send: the pipe was full until the timeout");
send_error!(TrySendError, Full WouldBlock "cannot send: the pipe is full");

/// What the three errors of receiving have in common.
macro_rules! recv_error {
    ($name:ident $(, $plain:ident $kind:ident $text:literal)?) => {
        impl $name {
            /// Whether there will never be another message.
            pub fn is_end_of_file(&self) -> bool {
                matches!(self, Self::EndOfFile)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$plain => f.write_str($text),)?
                    Self::EndOfFile => {
                        f.write_str("end of file: nobody has the sending end any more")
                    }
                    Self::NotReceived(error) => write!(f, "a message did not arrive: {error}"),
                    Self::Failed(error) => write!(f, "cannot receive: {error}"),
                }
            }
        }

        impl Error for $name {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                match self {
                    Self::NotReceived(error) => Some(&**error),
                    Self::Failed(error) => Some(&**error),
                    _ => None,
                }
            }
        }

        impl From<$name> for io::Error {
            fn from(error: $name) -> Self {
                let kind = match &error {
                    $($name::$plain => io::ErrorKind::$kind,)?
                    $name::EndOfFile => io::ErrorKind::UnexpectedEof,
                    $name::NotReceived(_) => io::ErrorKind::InvalidData,
                    $name::Failed(error) => error.kind(),
                };
                Self::new(kind, error)
            }
        }
    };
}

recv_error!(RecvError);
recv_error!(RecvTimeoutError, TimedOut TimedOut "no message came until the timeout");
recv_error!(TryRecvError, Empty WouldBlock "there is no message");

impl<T> SendTimeoutError<T> {
    /// Whether the time has passed, so that trying again later may work.
    pub fn is_timed_out(&self) -> bool {
        matches!(self, Self::TimedOut(_))
    }
}

impl<T> TrySendError<T> {
    /// Whether the pipe was full, so that trying again later may work.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }
}

impl RecvTimeoutError {
    /// Whether the time has passed, so that trying again later may work.
    pub fn is_timed_out(&self) -> bool {
        matches!(self, Self::TimedOut)
    }
}

impl TryRecvError {
    /// Whether there was no message, so that trying again later may work.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

impl<T> From<SendError<T>> for SendTimeoutError<T> {
    fn from(error: SendError<T>) -> Self {
        match error {
            SendError::BrokenPipe(message) => Self::BrokenPipe(message),
            SendError::NotSent(message, error) => Self::NotSent(message, error),
            SendError::Failed(message, error) => Self::Failed(message, error),
        }
    }
}

impl<T> From<SendError<T>> for TrySendError<T> {
    fn from(error: SendError<T>) -> Self {
        match error {
            SendError::BrokenPipe(message) => Self::BrokenPipe(message),
            SendError::NotSent(message, error) => Self::NotSent(message, error),
            SendError::Failed(message, error) => Self::Failed(message, error),
        }
    }
}

impl From<RecvError> for RecvTimeoutError {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::EndOfFile => Self::EndOfFile,
            RecvError::NotReceived(error) => Self::NotReceived(error),
            RecvError::Failed(error) => Self::Failed(error),
        }
    }
}

impl From<RecvError> for TryRecvError {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::EndOfFile => Self::EndOfFile,
            RecvError::NotReceived(error) => Self::NotReceived(error),
            RecvError::Failed(error) => Self::Failed(error),
        }
    }
}
