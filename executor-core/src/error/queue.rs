//! Why an item did not go into a queue, or none came out.
//!
//! The same types for the queues between threads and those between processes:
//!
//! | call                   | error                 | says                              |
//! |------------------------|-----------------------|-----------------------------------|
//! | `try_put`              | [`TryPutError`]       | full, closed; gives the item back |
//! | `put_timeout`          | [`PutTimeoutError`]   | timed out, closed; the same       |
//! | `put`                  | [`PutError`]          | closed; the same                  |
//! | `try_get`              | [`TryGetError`]       | empty, closed                     |
//! | `get_timeout`          | [`GetTimeoutError`]   | timed out, closed                 |
//! | `get`                  | [`GetError`]          | closed                            |
//! | `task_done`            | [`TooManyDone`]       |                                   |
//! | `join_timeout`         | [`NotJoined`]         | how many are not done             |
//!
//! The further variants, `NotSent`, `NotReceived`, `Lost` and `Broken`, are what can happen between
//! processes only.

use super::CodecError;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why `put` did not put the item. It is in the error.
///
/// Python's `queue.ShutDown`, and for a queue between processes `ValueError` ("Queue is closed").
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PutError<T> {
    /// The queue was shut down.
    Closed(T),
    /// The item could not be encoded. Others can be put.
    NotSent(T, Arc<CodecError>),
    /// The queue itself failed, for good.
    Broken(T, Arc<BrokenQueue>),
}

/// Why `put_timeout` did not put the item. It is in the error.
///
/// Python's `queue.Full` and `queue.ShutDown`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PutTimeoutError<T> {
    /// The queue was full all the time.
    TimedOut(T),
    /// The queue was shut down.
    Closed(T),
    /// The item could not be encoded. Others can be put.
    NotSent(T, Arc<CodecError>),
    /// The queue itself failed, for good.
    Broken(T, Arc<BrokenQueue>),
}

/// Why `try_put` did not put the item. It is in the error.
///
/// Python's `queue.Full` and `queue.ShutDown`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TryPutError<T> {
    /// The queue is full.
    Full(T),
    /// The queue was shut down.
    Closed(T),
    /// The item could not be encoded. Others can be put.
    NotSent(T, Arc<CodecError>),
    /// The queue itself failed, for good.
    Broken(T, Arc<BrokenQueue>),
}

/// Why `get` returned no item.
///
/// Python's `queue.ShutDown`, and `EOFError` of a queue between processes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GetError {
    /// The queue was shut down, and nothing is left in it.
    Closed,
    /// An item was taken that could not be decoded. Others can be got.
    NotReceived(Arc<CodecError>),
    /// An item is lost with the process that was putting it. Others can be got.
    Lost,
    /// The queue itself failed, for good.
    Broken(Arc<BrokenQueue>),
}

/// Why `get_timeout` returned no item.
///
/// Python's `queue.Empty` and `queue.ShutDown`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GetTimeoutError {
    /// The queue was empty all the time.
    TimedOut,
    /// The queue was shut down, and nothing is left in it.
    Closed,
    /// An item was taken that could not be decoded. Others can be got.
    NotReceived(Arc<CodecError>),
    /// An item is lost with the process that was putting it. Others can be got.
    Lost,
    /// The queue itself failed, for good.
    Broken(Arc<BrokenQueue>),
}

/// Why `try_get` returned no item.
///
/// Python's `queue.Empty` and `queue.ShutDown`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TryGetError {
    /// The queue is empty.
    Empty,
    /// The queue was shut down, and nothing is left in it.
    Closed,
    /// An item was taken that could not be decoded. Others can be got.
    NotReceived(Arc<CodecError>),
    /// An item is lost with the process that was putting it. Others can be got.
    Lost,
    /// The queue itself failed, for good.
    Broken(Arc<BrokenQueue>),
}

/// Why a queue between processes cannot go on. The cause inside [`PutError::Broken`] and others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenQueue {
    reason: String,
}

impl BrokenQueue {
    /// A queue that broke for a reason in words.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }

    /// The reason, in words.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for BrokenQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl Error for BrokenQueue {}

/// What the three errors of putting have in common.
macro_rules! put_error {
    ($name:ident: $($plain:ident $text:literal),+) => {
        impl<T> $name<T> {
            /// The item.
            pub fn into_item(self) -> T {
                match self {
                    $(Self::$plain(item))|+ | Self::NotSent(item, _) | Self::Broken(item, _) => item,
                }
            }

            /// The same error with what the function makes of the item.
            ///
            /// `error.map(drop)` is an error that is `Send`, `Sync` and `'static` whatever the item is.
            pub fn map<U>(self, f: impl FnOnce(T) -> U) -> $name<U> {
                match self {
                    $(Self::$plain(item) => $name::$plain(f(item)),)+
                    Self::NotSent(item, error) => $name::NotSent(f(item), error),
                    Self::Broken(item, broken) => $name::Broken(f(item), broken),
                }
            }

            /// Whether the queue was shut down, so that trying again is of no use.
            pub fn is_closed(&self) -> bool {
                matches!(self, Self::Closed(_))
            }
        }

        /// Without the item, of which nothing is asked.
        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$plain(_) => f.write_str(concat!(stringify!($plain), "(..)")),)+
                    Self::NotSent(_, error) => write!(f, "NotSent(.., {error:?})"),
                    Self::Broken(_, broken) => write!(f, "Broken(.., {broken:?})"),
                }
            }
        }

        impl<T> fmt::Display for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$plain(_) => f.write_str($text),)+
                    Self::NotSent(_, error) => write!(f, "the item cannot travel: {error}"),
                    Self::Broken(_, broken) => write!(f, "the queue is broken: {broken}"),
                }
            }
        }

        impl<T> Error for $name<T> {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                match self {
                    Self::NotSent(_, error) => Some(&**error),
                    Self::Broken(_, broken) => Some(&**broken),
                    _ => None,
                }
            }
        }
    };
}

put_error!(PutError: Closed "cannot put: the queue was shut down");
put_error!(PutTimeoutError:
    TimedOut "cannot put: the queue was full until the timeout",
    Closed "cannot put: the queue was shut down");
put_error!(TryPutError:
    Full "cannot put: the queue is full",
    Closed "cannot put: the queue was shut down");

/// What the three errors of getting have in common.
macro_rules! get_error {
    ($name:ident: $($plain:ident $text:literal),+) => {
        impl $name {
            /// Whether the queue was shut down, so that trying again is of no use.
            pub fn is_closed(&self) -> bool {
                matches!(self, Self::Closed)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$plain => f.write_str($text),)+
                    Self::NotReceived(error) => write!(f, "an item did not arrive: {error}"),
                    Self::Lost => {
                        f.write_str("an item is lost: the process that was putting it has died")
                    }
                    Self::Broken(broken) => write!(f, "the queue is broken: {broken}"),
                }
            }
        }

        impl Error for $name {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                match self {
                    Self::NotReceived(error) => Some(&**error),
                    Self::Broken(broken) => Some(&**broken),
                    _ => None,
                }
            }
        }
    };
}

get_error!(GetError: Closed "cannot get: the queue was shut down and nothing is left in it");
get_error!(GetTimeoutError:
    TimedOut "cannot get: the queue was empty until the timeout",
    Closed "cannot get: the queue was shut down and nothing is left in it");
get_error!(TryGetError:
    Empty "cannot get: the queue is empty",
    Closed "cannot get: the queue was shut down and nothing is left in it");

impl<T> PutTimeoutError<T> {
    /// Whether the time has passed, so that trying again later may work.
    pub fn is_timed_out(&self) -> bool {
        matches!(self, Self::TimedOut(_))
    }
}

impl<T> TryPutError<T> {
    /// Whether the queue was full, so that trying again later may work.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }
}

impl GetTimeoutError {
    /// Whether the time has passed, so that trying again later may work.
    pub fn is_timed_out(&self) -> bool {
        matches!(self, Self::TimedOut)
    }
}

impl TryGetError {
    /// Whether the queue was empty, so that trying again later may work.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

impl<T> From<PutError<T>> for PutTimeoutError<T> {
    fn from(error: PutError<T>) -> Self {
        match error {
            PutError::Closed(item) => Self::Closed(item),
            PutError::NotSent(item, error) => Self::NotSent(item, error),
            PutError::Broken(item, broken) => Self::Broken(item, broken),
        }
    }
}

impl<T> From<PutError<T>> for TryPutError<T> {
    fn from(error: PutError<T>) -> Self {
        match error {
            PutError::Closed(item) => Self::Closed(item),
            PutError::NotSent(item, error) => Self::NotSent(item, error),
            PutError::Broken(item, broken) => Self::Broken(item, broken),
        }
    }
}

impl From<GetError> for GetTimeoutError {
    fn from(error: GetError) -> Self {
        match error {
            GetError::Closed => Self::Closed,
            GetError::NotReceived(error) => Self::NotReceived(error),
            GetError::Lost => Self::Lost,
            GetError::Broken(broken) => Self::Broken(broken),
        }
    }
}

impl From<GetError> for TryGetError {
    fn from(error: GetError) -> Self {
        match error {
            GetError::Closed => Self::Closed,
            GetError::NotReceived(error) => Self::NotReceived(error),
            GetError::Lost => Self::Lost,
            GetError::Broken(broken) => Self::Broken(broken),
        }
    }
}

/// `task_done` was called more often than items were put. Nothing was changed.
///
/// Python's `ValueError` ("task_done() called too many times").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyDone;

impl fmt::Display for TooManyDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task_done was called more often than items were put")
    }
}

impl Error for TooManyDone {}

/// Some items of a queue were not marked done in time; the wait has changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotJoined {
    unfinished: usize,
}

impl NotJoined {
    /// So many items were put and not marked done when the time had passed.
    pub fn new(unfinished: usize) -> Self {
        Self { unfinished }
    }

    /// How many items were put and not marked done when the time had passed.
    pub fn unfinished(&self) -> usize {
        self.unfinished
    }
}

impl fmt::Display for NotJoined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items of the queue were not marked done in time", self.unfinished)
    }
}

impl Error for NotJoined {}
