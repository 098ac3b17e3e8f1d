//! [`Mailbox`]: through which who runs a half gives work back to who waits for it.

use crate::primitives::{AtomicBool, Condvar, Mutex, spin_until};
use executor_core::Task;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Between a thread that waits for the second half of its `join`, and the thread that runs that half.
///
/// What the latter puts into it is part of what the former waits for, so that helping with it is no
/// different from having run the half itself. Closed when the half ends, or when it is clear that it
/// will not be run.
pub(crate) struct Mailbox {
    /// Somebody waits and has been given nothing. A hint: what holds is under the lock.
    wanted: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    task: Option<Task>,
    closed: bool,
}

impl Mailbox {
    pub(super) fn new() -> Self {
        Self {
            wanted: AtomicBool::new(false),
            state: Mutex::new(State::default()),
            changed: Condvar::default(),
        }
    }

    /// Whether somebody waits for something to do.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted.load(Relaxed)
    }

    /// Gives a task to whoever waits.
    pub(crate) fn give(&self, task: Task) {
        let mut state = self.state.lock();
        self.wanted.store(false, Relaxed);
        let former = state.task.replace(task);
        drop(state);
        self.changed.notify_one();
        drop(former); // outside of the lock; it was taken back, or it would not have been wanted
    }

    /// Waits for something to do. `None`: there will be nothing more.
    pub(super) fn next(&self) -> Option<Task> {
        self.wanted.store(true, Relaxed);
        spin_until(|| !self.is_wanted());
        let mut state = self.state.lock();
        loop {
            if let Some(task) = state.task.take() {
                return Some(task);
            }
            if state.closed {
                return None;
            }
            self.changed.wait(&mut state);
        }
    }

    fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        self.wanted.store(false, Relaxed);
        drop(state);
        self.changed.notify_one();
    }
}

/// Closes a mailbox when it goes: with the task that was run, or that is not to be run.
pub(super) struct Closing(pub(super) Arc<Mailbox>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}
