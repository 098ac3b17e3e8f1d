//! [`Results`]: what becomes of the items of a map, and how a reader waits for it.
//!
//! # Protocol
//!
//! Each item has a flag, a byte that changes once, from EMPTY to one of the states of an item that is
//! over. The value is in its place when the flag says READY; an error is in `errors` when it says
//! FAILED; STOPPED is the error in `stop`, and nothing is stored for it, since there may be millions.
//!
//! Whoever sets a flag must not miss the reader who goes to sleep because of it. Both do three things:
//!
//! | whoever sets the flag                | the reader                                         |
//! |--------------------------------------|----------------------------------------------------|
//! | [puts](Results::put) it, by a store  | [announces](Results::announce) which flag it needs |
//! | goes to a *meeting*, or is fenced    | is fenced, and goes to every meeting               |
//! | [wakes](Results::wake) whoever has announced himself | parks if the flag is still EMPTY   |
//!
//! A [meeting](super::meeting) is an atomic read-modify-write, with AcqRel, of a word that both know and that
//! is changed in no other way. So one of the two comes after the other, and sees what that has done before:
//! either the reader sees the flag, or the other sees the announcement. A runner has such a word, its
//! lane, and claims its next item with just that operation, so being seen to costs it nothing more.
//! Everybody else has a fence, with SeqCst, which has the same effect when the reader has one as well, and
//! needs no word that they would take from one another; [`store`](Results::store) does all three.
//!
//! The reader waits for one flag after another, so an announcement that is out of date wakes nobody.
//!
//! For unordered maps the flags that the reader waits for are those of `order`: one for each position
//! in the order of completion. The flag of the item is then of interest to `take` and `drop` only.
//!
//! Results that are wanted [together](Handover::Together) have no reader. Whoever stores one counts it
//! off, and the last, who has thereby seen all others stored, takes them out and completes a promise.
//!
//! Models: `models/map.rs`, `models/together.rs`.

use super::places::Places;
use crate::error::TaskError;
use crate::panics;
use crate::park;
use crate::promise::Promise;
use crate::sync::{Arc as ModelledArc, AtomicU8, AtomicUsize, Mutex, fence};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use std::time::Instant;

/// The values of a flag: the item is not over; a value is there, it has been taken, an error is there,
/// the map was stopped before the item was started.
const EMPTY: u8 = 0;
const READY: u8 = 1;
const TAKEN: u8 = 2;
const FAILED: u8 = 3;
const STOPPED: u8 = 4;

/// Of the crate's own kind, so that loom sees how the last holder comes to drop the results. (The
/// job itself has a standard `Arc`, which can be turned into one of `dyn Control`.)
pub(super) type ResultsArc<R> = ModelledArc<Results<R>>;

/// What became of an item.
pub(super) enum Outcome<R> {
    Value(R),
    Failed(TaskError),
    /// It was not started, for the reason that is in [`Results::stop`].
    Stopped,
}

/// The side that the reader sees: what came of it.
pub(super) struct Results<R> {
    flags: Box<[AtomicU8]>,
    values: Places<R>,
    errors: Mutex<BTreeMap<usize, TaskError>>,
    /// Set when no more items are to be started: the error for the rest of them.
    pub(super) stop: OnceLock<TaskError>,
    /// Which flag the reader is, or was, about to park on, counted from 1; 0 for none.
    awaited: AtomicUsize,
    /// For unordered maps, the indexes in the order of completion.
    order: Option<Order>,
    /// For maps whose results are handed over together.
    together: Option<Together<R>>,
}

/// How the results of a map come to whoever wants them.
pub(super) enum Handover<R> {
    /// By the reader, in the order of the items.
    InOrder,
    /// By the reader, as they become ready.
    AsReady,
    /// All at once, or the error of the first item that failed, when every item has an outcome. Not
    /// for maps without items.
    Together(Promise<Vec<R>>),
}

struct Together<R> {
    promise: Promise<Vec<R>>,
    /// How many outcomes are missing.
    left: AtomicUsize,
    /// The index + 1 of the first item that failed, in the order of time; 0 for none.
    failed: AtomicUsize,
}

struct Order {
    /// How many positions have been given out.
    count: AtomicUsize,
    /// The index of the item; valid once the flag of the same position says so.
    indexes: Box<[AtomicUsize]>,
    /// As `Results::flags`, but by position, and READY whatever became of the item.
    flags: Box<[AtomicU8]>,
}

impl<R> Results<R> {
    pub(super) fn new(len: usize, values: Places<R>, handover: Handover<R>) -> Self {
        let flags = || (0..len).map(|_| AtomicU8::new(EMPTY)).collect::<Box<[_]>>();
        Self {
            flags: flags(),
            values,
            errors: Mutex::default(),
            stop: OnceLock::new(),
            awaited: AtomicUsize::new(0),
            order: matches!(handover, Handover::AsReady).then(|| Order {
                count: AtomicUsize::new(0),
                indexes: (0..len).map(|_| AtomicUsize::new(0)).collect(),
                flags: flags(),
            }),
            together: match handover {
                Handover::Together(promise) => Some(Together {
                    promise,
                    left: AtomicUsize::new(len),
                    failed: AtomicUsize::new(0),
                }),
                Handover::InOrder | Handover::AsReady => None,
            },
        }
    }

    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        self.flags.len()
    }

    pub(super) fn values(&self) -> &Places<R> {
        &self.values
    }

    /// Stores the outcome of the item that the caller has taken, and tells whoever waits for it.
    pub(super) fn store(&self, index: usize, outcome: Outcome<R>) {
        let position = self.put(index, outcome);
        fence(SeqCst);
        self.wake(position);
    }

    /// Wakes the reader if it had announced itself for this flag before the meeting.
    #[inline]
    pub(super) fn wake(&self, position: usize) {
        // Relaxed: the meeting, or the fence, orders it.
        if self.awaited.load(Relaxed) == position + 1 {
            park::unpark_all(self.key(position));
        }
    }

    /// Stores the outcome of the item that the caller has taken. The caller goes to a meeting next, and
    /// then gives what this returns, the number of the flag that a reader may wait for, to `wake`.
    #[inline]
    pub(super) fn put(&self, index: usize, outcome: Outcome<R>) -> usize {
        let state = match outcome {
            Outcome::Value(value) => {
                // SAFETY: the caller has taken the index, and with it the item; the reader looks only
                // when the flag says READY.
                unsafe { self.values.put(index, value) };
                READY
            }
            Outcome::Failed(error) => {
                self.errors.lock().insert(index, error);
                FAILED
            }
            Outcome::Stopped => STOPPED,
        };
        if let Some(together) = &self.together {
            self.flags[index].store(state, Release);
            if state != READY {
                // Only the first to come stands.
                let _ = together.failed.compare_exchange(0, index + 1, AcqRel, Acquire);
            }
            if together.left.fetch_sub(1, AcqRel) == 1 {
                self.hand_over(together);
            }
            return index;
        }
        self.flags[index].store(state, Release);
        let Some(order) = &self.order else {
            return index;
        };
        let position = order.count.fetch_add(1, AcqRel);
        order.indexes[position].store(index, Release);
        order.flags[position].store(READY, Release);
        position
    }

    /// How many results from this one on are there, as values, and were not taken: whatever comes first that
    /// is not, is not counted.
    pub(super) fn ready_from(&self, index: usize) -> usize {
        let flags = self.flags[index..].iter();
        flags.take_while(|flag| flag.load(Acquire) == READY).count()
    }

    /// Whether results are read in the order of the items.
    pub(super) fn is_in_order(&self) -> bool {
        self.order.is_none()
    }

    /// Takes all values at once, for the one reader or for whoever has counted off the last, after every flag
    /// was seen to be READY.
    pub(super) fn take_all(&self) -> Vec<R> {
        let all_are_ready = || self.flags.iter().all(|flag| flag.load(Relaxed) == READY);
        debug_assert!(all_are_ready(), "so that nobody accesses a place any more");
        if std::mem::needs_drop::<R>() {
            self.flags.iter().for_each(|flag| flag.store(TAKEN, Relaxed));
        }
        // SAFETY: as many places as flags, READY, and none is taken twice: `drop` takes none that is TAKEN.
        // Whoever puts a value sets its flag after that, so nobody accesses the places any more.
        unsafe { self.values.take_all(self.len()) }
    }

    /// Completes the promise, in the thread that has stored the last outcome.
    fn hand_over(&self, together: &Together<R>) {
        let outcome = match together.failed.load(Acquire).checked_sub(1) {
            Some(failed) => self.take(failed).map(|_| Vec::new()),
            None => Ok(self.take_all()),
        };
        let _nobody_else_completes_it = together.promise.set_outcome(outcome);
    }

    /// The flag that the reader waits for at this position.
    #[inline]
    fn flag(&self, position: usize) -> &AtomicU8 {
        match &self.order {
            None => &self.flags[position],
            Some(order) => &order.flags[position],
        }
    }

    /// Whether the outcome at this position can be taken.
    #[inline]
    pub(super) fn is_there(&self, position: usize) -> bool {
        self.flag(position).load(Acquire) != EMPTY
    }

    /// What the reader sleeps under that waits for this position.
    fn key(&self, position: usize) -> usize {
        std::ptr::from_ref(self.flag(position)).addr()
    }

    /// Tells whoever stores outcomes that the reader is about to park for this position. The meetings
    /// with runners come next.
    pub(super) fn announce(&self, position: usize) {
        self.awaited.store(position + 1, Relaxed); // the fence and the meetings order it
        fence(SeqCst);
    }

    /// Sleeps until the outcome at this position is there, or the deadline; or for no time at all. After
    /// `announce` and the meetings.
    pub(super) fn park(&self, position: usize, deadline: Option<Instant>) {
        // Relaxed: what was put before a meeting has been seen there, and what is put after it is followed by
        // a wake-up.
        let is_empty = || self.flag(position).load(Relaxed) == EMPTY;
        park::park(self.key(position), is_empty, deadline);
    }

    /// Takes the outcome at a position out, for the one reader, after its flag was seen to be over.
    #[inline]
    pub(super) fn take_at(&self, position: usize) -> Result<R, TaskError> {
        self.take(match &self.order {
            None => position,
            Some(order) => order.indexes[position].load(Acquire),
        })
    }

    /// Takes the outcome of an item out, for the one reader, after its flag was seen to be over; or for
    /// whoever has counted off the last, after every flag was set.
    #[inline]
    fn take(&self, index: usize) -> Result<R, TaskError> {
        // Relaxed: the caller has seen what came before the flag. Either it has seen a flag with
        // Acquire that was set with Release thereafter, or the count.
        if self.flags[index].load(Relaxed) == READY {
            if std::mem::needs_drop::<R>() {
                self.flags[index].store(TAKEN, Relaxed);
            }
            // SAFETY: READY, and nobody takes it twice: the reader takes each once, and `drop` none that
            // is TAKEN.
            return Ok(unsafe { self.values.take(index) });
        }
        Err(self.take_error(index))
    }

    #[cold]
    fn take_error(&self, index: usize) -> TaskError {
        let error = self.errors.lock().remove(&index);
        error.or_else(|| self.stop.get().cloned()).unwrap_or(TaskError::Cancelled)
    }
}

impl<R> Drop for Results<R> {
    fn drop(&mut self) {
        let untaken = "dropping a result that nobody took";
        let errors = std::mem::take(&mut *self.errors.lock());
        for (_, error) in errors {
            panics::contain(untaken, || drop(error));
        }
        if !std::mem::needs_drop::<R>() {
            return;
        }
        for index in 0..self.len() {
            if self.flags[index].load(Acquire) == READY {
                // SAFETY: there, never taken, and nobody else is left.
                let value = unsafe { self.values.take(index) };
                panics::contain(untaken, || drop(value));
            }
        }
    }
}
