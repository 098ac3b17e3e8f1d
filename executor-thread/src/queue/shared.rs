//! What all handles of a queue share, and its protocol.
//!
//! # Protocol
//!
//! Everything is in a [`State`] behind one lock: the items, in a [`Store`] that knows their order; how
//! many were put and not marked done; whether the queue is closed. Three conditions are waited for,
//! each by threads of one kind, so that waking *one* is enough whenever one may go on:
//!
//! | condition  | waited for by                 | notified by                                     |
//! |------------|-------------------------------|-------------------------------------------------|
//! | `filled`   | getters, while it is empty    | each put, one; closing, all                     |
//! | `room`     | putters, while it is full     | each get, one; closing, all                     |
//! | `all_done` | joiners, while some are not done | the mark (or closing) that makes it 0, all   |
//!
//! Notifying a condition that nobody waits for costs one load. It is done after the lock is released:
//! whoever wakes up finds it free.
//!
//! # Why no wake-up is lost
//!
//! - A thread goes to sleep under the lock after it has seen that it cannot go on, and what would let
//!   it go on happens under the lock: so the notification comes after it sleeps.
//! - As many getters as there are items are awake: each put has woken one, or nobody slept. One that
//!   was woken takes an item or finds that another has, and then there is none for it. It does not
//!   leave without looking, even if its time has passed. The same with putters and room.
//! - A panic in the order of the items (`Ord::cmp`) passes the notification on ([`PassOn`]), since the
//!   item, or the room, is still there.
//!
//! # Spinning
//!
//! A thread that would have to wait looks at `len`, without the lock, for as long as going to sleep and
//! being woken would take. `len` is a hint, written under the lock: what is decided is decided under
//! the lock.
//!
//! Models: `models/queue.rs`. Stress: `tests/queues/stress.rs`.

use super::store::Store;
use crate::patience::Patience;
use crate::primitives::{AtomicUsize, Condvar, Mutex, spin_until};
use executor_core::{NotJoined, TooManyDone};
use std::fmt;
use std::sync::atomic::Ordering::Relaxed;

/// The state of a queue whose items are in an `S`.
pub(crate) struct Shared<S> {
    /// As many items as it takes; `usize::MAX` if there is no bound.
    bound: usize,
    /// How many items are in the store.
    len: AtomicUsize,
    state: Mutex<State<S>>,
    filled: Condvar,
    room: Condvar,
    all_done: Condvar,
}

struct State<S> {
    store: S,
    /// Items put and not marked done, in the store or taken.
    unfinished: usize,
    closed: bool,
}

/// Why an item was not put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotPut {
    /// It was full for as long as the patience lasted.
    Full,
    Closed,
}

/// Why there is no item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotGot {
    /// It was empty for as long as the patience lasted.
    Empty,
    Closed,
}

impl<S: Store> Shared<S> {
    /// A queue that takes `bound` items, or any number if that is 0, with these in it already.
    pub(crate) fn new(bound: usize, store: S) -> Self {
        let len = store.len();
        Self {
            bound: if bound == 0 { usize::MAX } else { bound },
            len: AtomicUsize::new(len),
            state: Mutex::new(State { store, unfinished: len, closed: false }),
            filled: Condvar::new(),
            room: Condvar::new(),
            all_done: Condvar::new(),
        }
    }

    pub(crate) fn capacity(&self) -> Option<usize> {
        (self.bound < usize::MAX).then_some(self.bound)
    }

    pub(crate) fn len(&self) -> usize {
        self.len.load(Relaxed)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len() >= self.bound
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    pub(crate) fn put(&self, item: S::Item, patience: Patience) -> Result<(), (S::Item, NotPut)> {
        if patience != Patience::None {
            spin_until(|| !self.is_full());
        }
        let mut state = self.state.lock();
        let mut in_time = true;
        loop {
            if state.closed {
                return Err((item, NotPut::Closed));
            }
            if state.store.len() < self.bound {
                break;
            }
            if !in_time {
                return Err((item, NotPut::Full));
            }
            in_time = patience.wait(&self.room, &mut state);
        }
        let pass_on = PassOn(&self.room);
        state.store.push(item);
        pass_on.disarm();
        state.unfinished += 1;
        self.len.store(state.store.len(), Relaxed);
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    pub(crate) fn get(&self, patience: Patience) -> Result<S::Item, NotGot> {
        if patience != Patience::None {
            spin_until(|| self.len() > 0);
        }
        let mut state = self.state.lock();
        let mut in_time = true;
        loop {
            let pass_on = PassOn(&self.filled);
            let item = state.store.pop();
            pass_on.disarm();
            if let Some(item) = item {
                self.len.store(state.store.len(), Relaxed);
                drop(state);
                self.room.notify_one();
                return Ok(item);
            }
            if state.closed {
                return Err(NotGot::Closed);
            }
            if !in_time {
                return Err(NotGot::Empty);
            }
            in_time = patience.wait(&self.filled, &mut state);
        }
    }

    /// Marks one item done.
    pub(crate) fn task_done(&self) -> Result<(), TooManyDone> {
        let mut state = self.state.lock();
        state.unfinished = state.unfinished.checked_sub(1).ok_or(TooManyDone)?;
        let all = state.unfinished == 0;
        drop(state);
        if all {
            self.all_done.notify_all();
        }
        Ok(())
    }

    /// Waits until everything that was put is marked done.
    pub(crate) fn join(&self, patience: Patience) -> Result<(), NotJoined> {
        let mut state = self.state.lock();
        let mut in_time = true;
        while state.unfinished > 0 {
            if !in_time {
                return Err(NotJoined::new(state.unfinished));
            }
            in_time = patience.wait(&self.all_done, &mut state);
        }
        Ok(())
    }

    /// Refuses further items.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.wake_all();
    }

    /// Refuses further items and takes out those that are there, which counts as marking them done.
    pub(crate) fn close_and_clear(&self) -> Vec<S::Item> {
        let mut state = self.state.lock();
        state.closed = true;
        let left = std::mem::take(&mut state.store);
        // An item that somebody has marked done before taking it is not counted any more.
        state.unfinished = state.unfinished.saturating_sub(left.len());
        let all = state.unfinished == 0;
        self.len.store(0, Relaxed);
        drop(state);
        if all {
            self.all_done.notify_all();
        }
        self.wake_all();
        left.into_items()
    }

    /// Wakes those who wait for an item or for room, to see that the queue is closed.
    fn wake_all(&self) {
        self.filled.notify_all();
        self.room.notify_all();
    }

    /// How `name` looks with `{:?}`: its state, not its items.
    pub(crate) fn debug(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (len, unfinished, closed) = {
            let state = self.state.lock();
            (state.store.len(), state.unfinished, state.closed)
        };
        f.debug_struct(name)
            .field("len", &len)
            .field("capacity", &self.capacity())
            .field("unfinished", &unfinished)
            .field("closed", &closed)
            .finish()
    }
}

/// Notifies another thread of what this one was notified of, if it panics.
struct PassOn<'a>(&'a Condvar);

impl PassOn<'_> {
    fn disarm(self) {
        std::mem::forget(self);
    }
}

impl Drop for PassOn<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}
