//! [`JoinableQueue`]: a queue that knows when everything put into it is done with.

use super::items::{Items, NotGot, Patience};
use super::iter::{self, IntoIter, Iter, TryIter};
use super::marks::Marks;
use super::methods::queue_methods;
use crate::shared::segment::Segment;
use crate::shared::waiting::Waiting;
use executor_core::{
    GetError, GetTimeoutError, NotJoined, Portable, PutError, PutTimeoutError, TooManyDone,
    TryGetError, TryPutError,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

/// A [`Queue`](super::Queue) whose consumers mark what they are done with, so that others can wait
/// for it.
///
/// Each item that was put is to be marked once, by [`task_done`](Self::task_done) after
/// [`get`](Self::get), or by the end of the guard that [`get_task`](Self::get_task) returns.
/// [`join`](Self::join) waits until all are. Everything else is as with [`Queue`](super::Queue); a
/// handle takes four descriptors.
///
/// ```
/// use executor_process::JoinableQueue;
/// use std::thread;
///
/// let queue = JoinableQueue::new()?;
/// (1..=10).try_for_each(|number: u32| queue.put(number))?;
/// let consumer = queue.clone();
/// thread::spawn(move || {
///     while let Ok(number) = consumer.get_task() {
///         println!("{}", *number);
///     }
/// });
/// queue.join(); // all ten are printed
/// # queue.shutdown();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # When a process dies
///
/// An item that it had got and not marked is never marked: nobody can tell whether it was done
/// with. So `join` waits for ever, unless somebody who knows how many items were lost marks them in
/// its place; [`join_timeout`](Self::join_timeout) and [`unfinished`](Self::unfinished) say how
/// many are open. A task of a pool, whose future tells that the worker died, or a queue of results
/// may be the better choice.
///
/// Python's `multiprocessing.JoinableQueue`.
pub struct JoinableQueue<T> {
    items: Items<T>,
    marks: Arc<Segment<Marks>>,
}

impl<T> JoinableQueue<T> {
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
    /// An item leaves it when it is got, not when it is marked.
    ///
    /// # Errors
    ///
    /// There is no memory, or no descriptor, to be had.
    pub fn bounded(capacity: usize) -> io::Result<Self> {
        Ok(Self { items: Items::new(capacity)?, marks: Arc::new(Segment::create()?) })
    }

    /// Marks an item done that was got from the queue, for [`join`](Self::join).
    ///
    /// Who got the item need not be who marks it. Never blocks. Python's `task_done`.
    ///
    /// # Errors
    ///
    /// [`TooManyDone`] if there are already as many marks as items put.
    ///
    /// ```
    /// use executor_core::TooManyDone;
    /// use executor_process::JoinableQueue;
    ///
    /// let queue = JoinableQueue::new()?;
    /// queue.put(1)?;
    /// assert_eq!(queue.get(), Ok(1));
    /// assert_eq!(queue.task_done(), Ok(()));
    /// assert_eq!(queue.task_done(), Err(TooManyDone));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn task_done(&self) -> Result<(), TooManyDone> {
        self.marks.mark(|| self.items.log().appended())
    }

    /// How many items that were put are not marked done, in the queue or with whoever got them: a
    /// hint, since others put and mark.
    pub fn unfinished(&self) -> usize {
        let unfinished = self.marks.unfinished(|| self.items.log().appended());
        usize::try_from(unfinished).unwrap_or(usize::MAX)
    }

    /// Waits until every item that was put is marked done. Can be repeated.
    ///
    /// Blocks for ever if somebody gets items and does not mark them, or dies before; a shutdown
    /// does not end the wait, one by [`shutdown_now`](Self::shutdown_now) marks what it takes out.
    /// Python's `join`.
    pub fn join(&self) {
        // Waiting for ever has no end.
        let _joined = self.marks.join(|| self.items.log().appended(), &mut Waiting::forever());
    }

    /// [`join`](Self::join), for so long at most.
    ///
    /// # Errors
    ///
    /// [`NotJoined`] with the number of items that are not marked done.
    ///
    /// ```
    /// use executor_process::JoinableQueue;
    /// use std::time::Duration;
    ///
    /// let queue = JoinableQueue::new()?;
    /// queue.put(1)?;
    /// let error = queue.join_timeout(Duration::from_millis(10)).unwrap_err();
    /// assert_eq!(error.unfinished(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn join_timeout(&self, timeout: Duration) -> Result<(), NotJoined> {
        self.marks.join(|| self.items.log().appended(), &mut Waiting::at_most(timeout))
    }
}

impl<T: Portable> JoinableQueue<T> {
    /// Gets the first item, waiting for it, in a guard that marks it done when it is dropped: at
    /// the end of the scope, whether by an error or by a panic.
    ///
    /// The process being killed drops nothing. An item that did not arrive is marked at once.
    ///
    /// # Errors
    ///
    /// Those of [`get`](Self::get).
    ///
    /// ```
    /// use executor_process::JoinableQueue;
    ///
    /// let queue = JoinableQueue::new()?;
    /// queue.put("item".to_string())?;
    /// let item = queue.get_task()?;
    /// assert_eq!((item.len(), queue.unfinished()), (4, 1));
    /// drop(item);
    /// assert_eq!(queue.unfinished(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get_task(&self) -> Result<TaskGuard<T>, GetError> {
        let guard = |item| TaskGuard { item, queue: self.clone() };
        self.get().map(guard).inspect_err(|error| self.mark_lost(error))
    }

    fn mark_lost(&self, error: &GetError) {
        if matches!(error, GetError::NotReceived(_)) {
            let _marked_by_somebody_else = self.task_done();
        }
    }

    /// Closes the queue and takes out what is in it, which counts as marked done.
    ///
    /// Everybody who waits to put or to get is sent away; who waits in [`join`](Self::join) is if
    /// nobody else holds an item that is not marked done. Returns the items that nobody will get,
    /// in order, without those that cannot be decoded here. Others that get at the same time may
    /// get some of them. Python's `shutdown(immediate=True)` of `queue.Queue`, which discards them.
    pub fn shutdown_now(&self) -> Vec<T> {
        self.shutdown();
        let marked = self.try_iter().inspect(|got| {
            if !matches!(got, Err(GetError::Broken(_))) {
                let _marked_by_somebody_else = self.task_done();
            }
        });
        marked.filter_map(Result::ok).collect()
    }
}

queue_methods!(JoinableQueue);

/// An item of a [`JoinableQueue`], which is marked done when this is dropped. From
/// [`get_task`](JoinableQueue::get_task).
#[must_use = "when it is dropped the item is marked done"]
pub struct TaskGuard<T> {
    item: T,
    queue: JoinableQueue<T>,
}

impl<T> Deref for TaskGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.item
    }
}

impl<T> DerefMut for TaskGuard<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.item
    }
}

impl<T> Drop for TaskGuard<T> {
    fn drop(&mut self) {
        let _marked_by_somebody_else = self.queue.task_done();
    }
}

impl<T: fmt::Debug> fmt::Debug for TaskGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TaskGuard").field(&self.item).finish()
    }
}

/// Another handle of the same queue.
impl<T> Clone for JoinableQueue<T> {
    fn clone(&self) -> Self {
        Self { items: self.items.clone(), marks: Arc::clone(&self.marks) }
    }
}

/// Only as a part of what goes to another process.
impl<T> Serialize for JoinableQueue<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.items, &*self.marks).serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for JoinableQueue<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (items, marks) = Deserialize::deserialize(deserializer)?;
        Ok(Self { items, marks: Arc::new(marks) })
    }
}
