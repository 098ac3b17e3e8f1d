//! What tasks use to hold up a pool, and to say that they have run.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::Thread;

/// Holds everybody who comes until it is opened.
#[derive(Debug, Default)]
pub struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: usize,
    open: bool,
}

impl Gate {
    /// Waits until the gate is open.
    pub fn pass(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting += 1;
        self.changed.notify_all();
        drop(
            self.changed
                .wait_while(state, |state| !state.open)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    /// Waits until that many have come.
    pub fn await_waiting(&self, number: usize) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        drop(
            self.changed
                .wait_while(state, |state| state.waiting < number)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    /// How many have come so far.
    pub fn waiting(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).waiting
    }

    /// Lets everybody pass, now and later.
    pub fn open(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).open = true;
        self.changed.notify_all();
    }
}

/// Counts tasks that nobody has a handle to, and wakes the thread that made it at the last.
#[derive(Debug)]
pub struct Countdown {
    left: AtomicU64,
    waiter: Thread,
}

impl Countdown {
    /// Counts down from `number`, for this thread to wait.
    pub fn new(number: u64) -> Self {
        Self { left: AtomicU64::new(number), waiter: std::thread::current() }
    }

    /// Counts one task.
    pub fn count(&self) {
        if self.left.fetch_sub(1, AcqRel) == 1 {
            self.waiter.unpark();
        }
    }

    /// Waits until all have been counted.
    pub fn wait(&self) {
        while self.left() != 0 {
            std::thread::park();
        }
    }

    /// How many have not been counted; if more have been than there are, an absurd number.
    pub fn left(&self) -> u64 {
        self.left.load(Acquire)
    }
}
