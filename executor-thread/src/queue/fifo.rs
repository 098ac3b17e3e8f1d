//! [`Queue`]: first in, first out.

use super::iter::{IntoIter, Iter, TryIter};
use super::methods::queue_methods;
use super::shared::{NotGot, NotPut, Shared};
use crate::patience::Patience;
use executor_core::{
    GetError, GetTimeoutError, NotJoined, PutError, PutTimeoutError, TooManyDone, TryGetError,
    TryPutError,
};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A queue between threads: what was put first is got first.
///
/// A handle: clones are the same queue, and any thread may put and get through any of them. Python's
/// `queue.Queue`, and `queue.SimpleQueue` for those who do without the marks.
///
/// ```
/// use executor_thread::queue::Queue;
/// use std::thread;
///
/// let queue = Queue::bounded(3);
/// thread::scope(|scope| {
///     scope.spawn(|| {
///         for number in 1..=10 {
///             queue.put(number).expect("nobody shuts it down before");
///         }
///         queue.shutdown();
///     });
///     assert_eq!(queue.iter().sum::<u32>(), 55);
/// });
/// ```
pub struct Queue<T> {
    shared: Arc<Shared<VecDeque<T>>>,
}

queue_methods!(Queue, VecDeque<T>);
