//! The queue that `wait` and `as_completed` sleep on.
//!
//! Each watched future pushes its index once, when it is done; the one reader pops them in that
//! order. So watching N futures costs N pushes, however often the reader wakes.

use crate::sync::{Condvar, Mutex, wait, wait_until};
use std::collections::VecDeque;
use std::time::Instant;

/// Indexes of completed futures, in the order of completion.
pub(crate) struct CompletionQueue {
    ready: Mutex<VecDeque<usize>>,
    /// Signalled when `ready` stops being empty.
    filled: Condvar,
}

impl CompletionQueue {
    pub(crate) fn new() -> Self {
        Self { ready: Mutex::new(VecDeque::new()), filled: Condvar::new() }
    }

    pub(crate) fn push(&self, index: usize) {
        let mut ready = self.ready.lock();
        let was_empty = ready.is_empty();
        ready.push_back(index);
        drop(ready);
        if was_empty {
            self.filled.notify_all();
        }
    }

    pub(crate) fn try_pop(&self) -> Option<usize> {
        self.ready.lock().pop_front()
    }

    /// Waits for the next index, until `deadline`.
    pub(crate) fn pop(&self, deadline: Option<Instant>) -> Option<usize> {
        let mut ready = self.ready.lock();
        loop {
            if let Some(index) = ready.pop_front() {
                return Some(index);
            }
            ready = match deadline {
                None => wait(&self.filled, ready),
                Some(deadline) if Instant::now() >= deadline => return None,
                Some(deadline) => wait_until(&self.filled, ready, deadline),
            };
        }
    }
}
