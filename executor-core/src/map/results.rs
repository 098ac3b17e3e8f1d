//! [`Results`]: the places for the outcomes of a map, and how a reader waits for one of them.
//!
//! Each place has a flag, a byte that changes once from EMPTY, or AWAITED if the reader is parked on
//! it, to READY. The swap that does so tells the worker whether to wake the reader.
//!
//! Results that are wanted [together](Handover::Together) have no reader. Whoever stores one counts it
//! off, and the last, who has thereby seen all others stored, takes them out and completes a promise.
//! Model: `models/together.rs`.

use crate::error::TaskError;
use crate::panics;
use crate::park;
use crate::promise::Promise;
use crate::sync::{Arc as ModelledArc, AtomicU8, AtomicUsize, UnsafeCell};
use std::mem::MaybeUninit;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// The values of a flag: nothing there, a result is there, nothing there and the reader is parked,
/// the result has been taken.
pub(super) const EMPTY: u8 = 0;
pub(super) const READY: u8 = 1;
pub(super) const AWAITED: u8 = 2;
const TAKEN: u8 = 3;

/// Of the crate's own kind, so that loom sees how the last holder comes to drop the results. (The
/// job itself has a standard `Arc`, which can be turned into one of `dyn Control`.)
pub(super) type ResultsArc<R> = ModelledArc<Results<R>>;

/// A place for a result.
type Place<R> = UnsafeCell<MaybeUninit<Result<R, TaskError>>>;

/// The side that the reader sees: what came of it.
pub(super) struct Results<R> {
    pub(super) flags: Box<[AtomicU8]>,
    values: Box<[Place<R>]>,
    /// For unordered maps, the indexes in the order of completion.
    pub(super) order: Option<Order>,
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

pub(super) struct Order {
    /// How many places have been given out.
    count: AtomicUsize,
    /// Index + 1; valid once the flag of the same place is READY.
    pub(super) indexes: Box<[AtomicUsize]>,
    /// As `Results::flags`, but by place.
    pub(super) flags: Box<[AtomicU8]>,
}

// SAFETY: a result is moved out by one thread after another has stored it, so R: Send.
unsafe impl<R: Send> Sync for Results<R> {}
// SAFETY: as above.
unsafe impl<R: Send> Send for Results<R> {}

impl<R> Results<R> {
    pub(super) fn new(len: usize, handover: Handover<R>) -> Self {
        let flags = || (0..len).map(|_| AtomicU8::new(EMPTY)).collect::<Box<[_]>>();
        Self {
            flags: flags(),
            values: (0..len).map(|_| UnsafeCell::new(MaybeUninit::uninit())).collect(),
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

    /// Stores the outcome of the item that the caller has taken, and tells whoever waits for it.
    pub(super) fn store(&self, index: usize, outcome: Result<R, TaskError>) {
        let failed = outcome.is_err();
        // SAFETY: the caller has taken the index, and the reader looks only after READY.
        self.values[index].with_mut(|value| unsafe { (*value).write(outcome) });
        if let Some(together) = &self.together {
            self.flags[index].store(READY, Release);
            if failed {
                // Only the first to come stands.
                let _ = together.failed.compare_exchange(0, index + 1, AcqRel, Acquire);
            }
            if together.left.fetch_sub(1, AcqRel) == 1 {
                self.hand_over(together);
            }
            return;
        }
        raise(&self.flags[index]);
        if let Some(order) = &self.order {
            let place = order.count.fetch_add(1, AcqRel);
            order.indexes[place].store(index, Release);
            raise(&order.flags[place]);
        }
    }

    /// Completes the promise, in the thread that has stored the last outcome.
    fn hand_over(&self, together: &Together<R>) {
        let outcome = match together.failed.load(Acquire).checked_sub(1) {
            Some(failed) => self.take(failed).map(|_| Vec::new()),
            None => (0..self.flags.len()).map(|index| self.take(index)).collect(),
        };
        let _nobody_else_completes_it = together.promise.set_outcome(outcome);
    }

    /// Takes the outcome out, for the one reader, after its flag was seen READY; or for whoever has
    /// counted off the last, after every flag was set.
    pub(super) fn take(&self, index: usize) -> Result<R, TaskError> {
        self.flags[index].store(TAKEN, Relaxed);
        // SAFETY: READY was seen with Acquire, or its setting came before a count with Release that
        // was seen with Acquire, so the value is there; TAKEN keeps it from being read or dropped
        // again.
        self.values[index].with_mut(|value| unsafe { (*value).assume_init_read() })
    }
}

impl<R> Drop for Results<R> {
    fn drop(&mut self) {
        if !std::mem::needs_drop::<Result<R, TaskError>>() {
            return;
        }
        for (flag, value) in self.flags.iter().zip(&self.values) {
            if flag.load(Acquire) == READY {
                // SAFETY: there, never taken, and nobody else is left.
                let outcome = value.with_mut(|value| unsafe { (*value).assume_init_read() });
                panics::contain("dropping a result that nobody took", || drop(outcome));
            }
        }
    }
}

/// Marks a flag READY and wakes the reader if it is parked on it.
fn raise(flag: &AtomicU8) {
    if flag.swap(READY, AcqRel) == AWAITED {
        park::unpark_all(std::ptr::from_ref(flag).addr());
    }
}
