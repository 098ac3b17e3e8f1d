//! [`LifoQueue`]: last in, first out.

use super::iter::{IntoIter, Iter, TryIter};
use super::methods::queue_methods;
use super::shared::{NotGot, NotPut, Shared};
use crate::patience::Patience;
use executor_core::{
    GetError, GetTimeoutError, NotJoined, PutError, PutTimeoutError, TooManyDone, TryGetError,
    TryPutError,
};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A stack between threads: what was put last is got first.
///
/// A handle: clones are the same queue, and any thread may put and get through any of them. Python's
/// `queue.LifoQueue`.
///
/// ```
/// use executor_thread::queue::LifoQueue;
///
/// let stack = LifoQueue::new();
/// for plate in ["bottom", "middle", "top"] {
///     stack.put(plate)?;
/// }
/// assert_eq!(stack.get(), Ok("top"));
/// # Ok::<(), executor_core::PutError<&str>>(())
/// ```
pub struct LifoQueue<T> {
    shared: Arc<Shared<Vec<T>>>,
}

queue_methods!(LifoQueue, Vec<T>);
