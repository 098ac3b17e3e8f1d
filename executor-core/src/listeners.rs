//! Who wants to hear of a completion: callbacks, wakers, completion queues.
//!
//! Most futures are waited for by one thread or not at all, so none of this is part of the cell. It
//! hangs off it as an [`Extra`], made when first needed. The list is guarded by a lock; the
//! LISTENERS bit in the state word tells the finishing thread whether it must take it.

use crate::completion::CompletionQueue;
use crate::id::FutureId;
use crate::options::TaskOptions;
use crate::sync::{Arc, Mutex};
use std::collections::BTreeMap;
use std::task::Waker;

/// A callback with the outcome's type erased: it is given the address of a `Result<T, TaskError>`.
pub(crate) type Callback = Box<dyn FnOnce(*const ()) + Send>;

/// What only some tasks have.
pub(crate) struct Extra {
    /// What the task's cell has no more room for, once it has one of these.
    pub(crate) id: FutureId,
    /// As given to `submit_with`.
    pub(crate) options: Option<Box<TaskOptions>>,
    pub(crate) listeners: Mutex<Listeners>,
}

impl Extra {
    pub(crate) fn new(id: FutureId, options: Option<Box<TaskOptions>>) -> Self {
        Self { id, options, listeners: Mutex::new(Listeners::default()) }
    }
}

/// The listeners of one future.
#[derive(Default)]
pub(crate) struct Listeners {
    /// In the order added. Run before DONE.
    pub(crate) callbacks: Vec<Callback>,
    /// Told after DONE, in the order of their keys, which is that of their making.
    pub(crate) notify: BTreeMap<u64, Notify>,
}

/// Somebody to tell that the outcome may be taken.
pub(crate) enum Notify {
    /// An async task.
    Waker(Waker),
    /// A `wait` or `as_completed`, in which the future has this index.
    Queue(Arc<CompletionQueue>, usize),
}

impl Notify {
    pub(crate) fn notify(self) {
        match self {
            Self::Waker(waker) => crate::panics::contain("a waker", || waker.wake()),
            Self::Queue(queue, index) => queue.push(index),
        }
    }
}
