//! [`Items`]: values of one type as messages of a log, and what can go wrong with them.

use crate::log::{AppendError, Log, TakeError, letter};
use executor_core::{
    BrokenQueue, CodecError, GetError, GetTimeoutError, Portable, PutError, PutTimeoutError,
    TryGetError, TryPutError,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for room, or for an item.
#[derive(Clone, Copy, Debug)]
pub(super) enum Patience {
    None,
    Limited(Duration),
    Endless,
}

/// Why an item was not put.
pub(super) enum NotPut {
    /// It was full for as long as the patience lasted.
    Full,
    Closed,
    NotSent(Arc<CodecError>),
    Broken(Arc<BrokenQueue>),
}

/// Why there is no item.
pub(super) enum NotGot {
    /// It was empty for as long as the patience lasted.
    Empty,
    Closed,
    NotReceived(Arc<CodecError>),
    Broken(Arc<BrokenQueue>),
}

/// The content of a queue.
pub(super) struct Items<T> {
    log: Log,
    /// They are put and got by value, so a handle may go to another thread whatever they are.
    items: PhantomData<fn(T) -> T>,
}

impl<T> Items<T> {
    /// For so many items; 0 means any number.
    pub(super) fn new(capacity: usize) -> io::Result<Self> {
        let limit = (capacity > 0).then_some(capacity as u64);
        Ok(Self { log: Log::new(limit)?, items: PhantomData })
    }

    pub(super) fn log(&self) -> &Log {
        &self.log
    }

    pub(super) fn len(&self) -> usize {
        usize::try_from(self.log.len()).unwrap_or(usize::MAX)
    }

    pub(super) fn capacity(&self) -> Option<usize> {
        match self.log.limit() {
            u64::MAX => None,
            limit => Some(usize::try_from(limit).unwrap_or(usize::MAX)),
        }
    }
}

impl<T: Portable> Items<T> {
    #[inline]
    pub(super) fn put(&self, item: T, patience: Patience) -> Result<(), (T, NotPut)> {
        let put = letter::with_encoded(&item, |bytes, descriptors| match patience {
            Patience::None => self.log.try_append(bytes, descriptors),
            Patience::Limited(limit) => self.log.append(bytes, descriptors, Some(limit)),
            Patience::Endless => self.log.append(bytes, descriptors, None),
        });
        match put {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err((item, NotPut::from(error))),
            Err(error) => Err((item, NotPut::NotSent(Arc::new(error)))),
        }
    }

    #[inline]
    pub(super) fn get(&self, patience: Patience) -> Result<T, NotGot> {
        let got = letter::decoded(|buffer| match patience {
            Patience::None => self.log.try_take(buffer),
            Patience::Limited(limit) => self.log.take(buffer, Some(limit)),
            Patience::Endless => self.log.take(buffer, None),
        });
        match got {
            Ok(Ok(item)) => Ok(item),
            Ok(Err(error)) => Err(NotGot::NotReceived(Arc::new(error))),
            Err(error) => Err(NotGot::from(error)),
        }
    }
}

impl From<AppendError> for NotPut {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Full => Self::Full,
            AppendError::Closed => Self::Closed,
            AppendError::Refused(error) => {
                Self::NotSent(Arc::new(CodecError::new("send the item", error.to_string())))
            }
            AppendError::Broken(error) => Self::Broken(broken(&error)),
        }
    }
}

impl From<TakeError> for NotGot {
    fn from(error: TakeError) -> Self {
        match error {
            TakeError::Empty => Self::Empty,
            TakeError::Closed => Self::Closed,
            TakeError::Incomplete(error) => {
                Self::NotReceived(Arc::new(CodecError::new("receive the item", error.to_string())))
            }
            TakeError::Broken(error) => Self::Broken(broken(&error)),
        }
    }
}

fn broken(error: &io::Error) -> Arc<BrokenQueue> {
    Arc::new(BrokenQueue::new(error.to_string()))
}

/// Without patience there is neither a timeout nor fullness that ends the wait.
impl NotPut {
    pub(super) fn endless<T>(self, item: T) -> PutError<T> {
        match self {
            Self::Full | Self::Closed => PutError::Closed(item),
            Self::NotSent(error) => PutError::NotSent(item, error),
            Self::Broken(broken) => PutError::Broken(item, broken),
        }
    }

    pub(super) fn limited<T>(self, item: T) -> PutTimeoutError<T> {
        match self {
            Self::Full => PutTimeoutError::TimedOut(item),
            other => other.endless(item).into(),
        }
    }

    pub(super) fn at_once<T>(self, item: T) -> TryPutError<T> {
        match self {
            Self::Full => TryPutError::Full(item),
            other => other.endless(item).into(),
        }
    }
}

impl NotGot {
    pub(super) fn endless(self) -> GetError {
        match self {
            Self::Empty | Self::Closed => GetError::Closed,
            Self::NotReceived(error) => GetError::NotReceived(error),
            Self::Broken(broken) => GetError::Broken(broken),
        }
    }

    pub(super) fn limited(self) -> GetTimeoutError {
        match self {
            Self::Empty => GetTimeoutError::TimedOut,
            other => other.endless().into(),
        }
    }

    pub(super) fn at_once(self) -> TryGetError {
        match self {
            Self::Empty => TryGetError::Empty,
            other => other.endless().into(),
        }
    }
}

impl<T> Clone for Items<T> {
    fn clone(&self) -> Self {
        Self { log: self.log.clone(), items: PhantomData }
    }
}

impl<T> Serialize for Items<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.log.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { log: Log::deserialize(deserializer)?, items: PhantomData })
    }
}

impl<T> Items<T> {
    /// For `Debug` of the queues.
    pub(super) fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("closed", &self.log.is_closed())
            .finish_non_exhaustive()
    }
}
