//! The bound on waiting tasks, for pools that have one.

use parking_lot::{Condvar, Mutex};

/// Counts the tasks between `submit` and the moment a worker takes them.
pub(crate) struct Limit {
    bound: usize,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    waiting: usize,
    /// The pool takes no more tasks: nobody waits for room any longer.
    closed: bool,
}

impl Limit {
    pub(crate) fn new(bound: usize) -> Self {
        let state = State { waiting: 0, closed: false };
        Self { bound, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Takes a place, waiting for one if `wait`. `false` if there is none, or never will be.
    pub(crate) fn acquire(&self, wait: bool) -> bool {
        let mut state = self.state.lock();
        while wait && state.waiting >= self.bound && !state.closed {
            self.changed.wait(&mut state);
        }
        let fits = state.waiting < self.bound && !state.closed;
        if fits {
            state.waiting += 1;
        }
        fits
    }

    /// Takes a place even if there is none.
    ///
    /// For tasks that submit to their own pool: if they waited for room, they might wait for
    /// themselves.
    pub(crate) fn overdraw(&self) {
        self.state.lock().waiting += 1;
    }

    /// Gives a place back.
    pub(crate) fn release(&self) {
        self.state.lock().waiting -= 1;
        self.changed.notify_one();
    }

    /// Sends everybody away who is waiting.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_all();
    }
}
