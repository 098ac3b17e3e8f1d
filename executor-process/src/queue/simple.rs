//! [`SimpleQueue`]: a queue with no more than it takes.

use super::items::{Items, NotGot, Patience};
use executor_core::{GetError, Portable, PutError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io;

/// A queue between processes, and threads, of any number of items: put, get, and see whether it is
/// empty.
///
/// What [`Queue`](super::Queue) is, with fewer methods, for those who know it from Python. It is as
/// fast, and as safe when a process dies.
///
/// ```
/// use executor_process::SimpleQueue;
///
/// let queue = SimpleQueue::new()?;
/// queue.put((1, "one".to_string()))?;
/// assert!(!queue.is_empty());
/// assert_eq!(queue.get()?, (1, "one".to_string()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Python's `multiprocessing.SimpleQueue`, whose `put` blocks when the pipe is full.
pub struct SimpleQueue<T> {
    items: Items<T>,
}

impl<T> SimpleQueue<T> {
    /// An empty queue.
    ///
    /// # Errors
    ///
    /// There is no memory, or no descriptor, to be had.
    pub fn new() -> io::Result<Self> {
        Ok(Self { items: Items::new(0)? })
    }

    /// Whether it is empty: a hint, since others put and get, but an item whose `put` has returned
    /// is seen. Does not block. Python's `empty`.
    pub fn is_empty(&self) -> bool {
        self.items.log().is_empty()
    }

    /// Closes the queue for all processes: nothing more can be put, what is in it can still be got.
    ///
    /// Everybody who waits to get is sent away when it is empty. Can be repeated. Python's `close`
    /// closes the queue for one process; here that is to drop the handle.
    ///
    /// ```
    /// let queue = executor_process::SimpleQueue::<u32>::new()?;
    /// queue.close();
    /// assert!(queue.get().unwrap_err().is_closed());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn close(&self) {
        self.items.log().close();
    }

    /// Whether somebody has closed it.
    pub fn is_closed(&self) -> bool {
        self.items.log().is_closed()
    }
}

impl<T: Portable> SimpleQueue<T> {
    /// Puts an item in. When it returns the item is in the queue, and stays there if this process ends.
    ///
    /// Blocks only while some two hundred items with handles in them are in it. Python's `put`.
    ///
    /// # Errors
    ///
    /// With the item: [`PutError::Closed`], [`PutError::NotSent`] if the item cannot be encoded,
    /// [`PutError::Broken`] if the shared memory is.
    pub fn put(&self, item: T) -> Result<(), PutError<T>> {
        self.items.put(item, Patience::Endless).map_err(|(item, why)| why.endless(item))
    }

    /// Gets the first item, waiting for it.
    ///
    /// Blocks while the queue is empty and not closed. Python's `get`.
    ///
    /// # Errors
    ///
    /// [`GetError::Closed`] if the queue is closed and empty, [`GetError::NotReceived`] if an item
    /// was taken that cannot be decoded, [`GetError::Broken`] if the shared memory is.
    pub fn get(&self) -> Result<T, GetError> {
        self.items.get(Patience::Endless).map_err(NotGot::endless)
    }
}

/// Another handle of the same queue.
impl<T> Clone for SimpleQueue<T> {
    fn clone(&self) -> Self {
        Self { items: self.items.clone() }
    }
}

/// Only as a part of what goes to another process.
impl<T> Serialize for SimpleQueue<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.items.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for SimpleQueue<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { items: Items::deserialize(deserializer)? })
    }
}

impl<T> fmt::Debug for SimpleQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.describe("SimpleQueue", f)
    }
}
