//! Registering for a completion: callbacks, wakers, completion queues.

use super::RawTask;
use crate::completion::CompletionQueue;
use crate::listeners::{Callback, Notify};
use crate::state::{DONE, LISTENERS, phase};
use crate::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire};
use std::task::Waker;

impl RawTask {
    /// Sets LISTENERS unless the task is DONE. The caller holds the lock of the list.
    fn announce_listener(&self) -> bool {
        let mut state = self.load();
        while phase(state) != DONE {
            match self.state().compare_exchange_weak(state, state | LISTENERS, AcqRel, Acquire) {
                Ok(_) => return true,
                Err(actual) => state = actual,
            }
        }
        false
    }

    /// Adds a callback; hands it back if it must be run at once because the outcome is readable.
    pub(crate) fn add_callback(&self, callback: Callback) -> Result<(), Callback> {
        if self.is_finishing_here() {
            return Err(callback);
        }
        let mut listeners = self.header().link.extra_or_new().listeners.lock();
        if self.announce_listener() {
            listeners.callbacks.push(callback);
            Ok(())
        } else {
            Err(callback)
        }
    }

    /// Asks for a push of `index` to `queue` at completion; `false` if the task is done.
    pub(crate) fn watch(&self, key: u64, queue: &Arc<CompletionQueue>, index: usize) -> bool {
        self.listen(key, || Notify::Queue(Arc::clone(queue), index))
    }

    /// Asks for a wake-up at completion, in place of the last one under `key`; `false` if done.
    pub(crate) fn set_waker(&self, key: u64, waker: &Waker) -> bool {
        self.listen(key, || Notify::Waker(waker.clone()))
    }

    fn listen(&self, key: u64, notify: impl FnOnce() -> Notify) -> bool {
        if self.is_ready() {
            return false;
        }
        // Wakers are cloned and dropped by code of the user's: never under the lock.
        let notify = notify();
        let mut listeners = self.header().link.extra_or_new().listeners.lock();
        if !self.announce_listener() {
            drop(listeners);
            return false;
        }
        let former = listeners.notify.insert(key, notify);
        drop(listeners);
        drop(former);
        true
    }

    /// Takes back what `watch` or `set_waker` added under `key`.
    pub(crate) fn unlisten(&self, key: u64) {
        if let Some(extra) = self.extra() {
            let former = extra.listeners.lock().notify.remove(&key);
            drop(former); // after the lock, as above
        }
    }
}
