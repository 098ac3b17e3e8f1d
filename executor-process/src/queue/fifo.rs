//! [`Queue`]: first in, first out, between processes.

use super::items::{Items, NotGot, Patience};
use super::iter::{self, IntoIter, Iter, TryIter};
use super::methods::queue_methods;
use executor_core::{
    GetError, GetTimeoutError, Portable, PutError, PutTimeoutError, TryGetError, TryPutError,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io;
use std::time::Duration;

/// A queue between processes, and threads: what was put first is got first.
///
/// A handle: clones are the same queue, and so is what arrives where a handle was sent: as an
/// argument of a [`Process`](crate::Process) or of a task, or part of one, or through a queue or
/// pipe. Any thread of any process that has a handle may put and get. Items are encoded by serde;
/// handles may be in them. The items of one thread stay in order. The queue is there for as long as
/// anybody has a handle.
///
/// ```
/// use executor_core::Executor;
/// use executor_process::{ProcessPoolExecutor, Queue};
///
/// fn square((numbers, squares): (Queue<u64>, Queue<u64>)) -> Result<(), String> {
///     for number in &numbers {
///         let number = number.map_err(|error| error.to_string())?;
///         squares.put(number * number).map_err(|error| error.to_string())?;
///     }
///     Ok(())
/// }
///
/// let pool = ProcessPoolExecutor::builder().max_workers(2).build()?;
/// let (numbers, squares) = (Queue::bounded(10)?, Queue::new()?);
/// let workers = [(); 2].map(|()| pool.submit(square, (numbers.clone(), squares.clone())));
/// for number in 1..=100 {
///     numbers.put(number)?;
/// }
/// numbers.shutdown();
/// for worker in workers {
///     worker?.result()??;
/// }
/// assert_eq!(squares.try_iter().sum::<Result<u64, _>>()?, 338_350);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # When a process dies
///
/// A process may be killed at any moment while it uses the queue. What it had put is in the queue,
/// also if it ends right after `put`. What it had got is gone, and at most the one item that it was
/// putting or getting may be gone too. Nobody is blocked, and nothing is corrupted: the others
/// notice nothing, but for a delay of a tenth of a second at most if it died at a bad moment.
///
/// # Costs
///
/// A `put` and a `get` of a small item take some hundred nanoseconds each, and no system call if
/// nobody sleeps; to wake somebody who does takes some microseconds. Strings and vectors of bytes
/// are copied once in and once out. A handle takes three descriptors in each process that has one.
/// The memory grows and shrinks with what is in the queue, but for some 30 MiB, or, while only items
/// of more than 4 MiB are put, a few times the size of one.
///
/// Python's `multiprocessing.Queue`; its feeder thread has no counterpart, so that nothing is lost
/// or blocked when a process ends.
pub struct Queue<T> {
    items: Items<T>,
}

impl<T> Queue<T> {
    /// A queue that takes any number of items.
    ///
    /// # Errors
    ///
    /// There is no memory, or no descriptor, to be had.
    pub fn new() -> io::Result<Self> {
        Self::bounded(0)
    }

    /// A queue that takes `capacity` items, counted over all processes; `0` means any number, as in
    /// Python.
    ///
    /// While it is full [`put`](Self::put) waits for room. The capacity never changes.
    ///
    /// # Errors
    ///
    /// There is no memory, or no descriptor, to be had.
    ///
    /// ```
    /// let queue = executor_process::Queue::bounded(2)?;
    /// queue.put("one".to_string())?;
    /// queue.put("two".to_string())?;
    /// assert!(queue.is_full());
    /// assert!(queue.try_put("three".to_string()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bounded(capacity: usize) -> io::Result<Self> {
        Ok(Self { items: Items::new(capacity)? })
    }
}

impl<T: Portable> Queue<T> {
    /// Closes the queue and takes out what is in it.
    ///
    /// Everybody who waits to put or to get is sent away. Returns the items that nobody will get,
    /// in order, without those that cannot be decoded here. Others that get at the same time may
    /// get some of them. Python's `shutdown(immediate=True)`, which discards them.
    ///
    /// ```
    /// let queue = executor_process::Queue::new()?;
    /// queue.put(7)?;
    /// assert_eq!(queue.shutdown_now(), [7]);
    /// assert!(queue.get().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shutdown_now(&self) -> Vec<T> {
        self.shutdown();
        self.try_iter().filter_map(Result::ok).collect()
    }
}

queue_methods!(Queue);

/// Another handle of the same queue.
impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self { items: self.items.clone() }
    }
}

/// Only as a part of what goes to another process.
impl<T> Serialize for Queue<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.items.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Queue<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { items: Items::deserialize(deserializer)? })
    }
}
