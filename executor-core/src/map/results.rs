//! [`Results`]: the places for the outcomes of a map, and how a reader waits for one of them.
//!
//! Each place has a flag, a byte that changes once from EMPTY, or AWAITED if the reader is parked on
//! it, to READY. The swap that does so tells the worker whether to wake the reader.

use crate::error::TaskError;
use crate::panics;
use crate::park;
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
    pub(super) fn new(len: usize, unordered: bool) -> Self {
        let flags = || (0..len).map(|_| AtomicU8::new(EMPTY)).collect::<Box<[_]>>();
        Self {
            flags: flags(),
            values: (0..len).map(|_| UnsafeCell::new(MaybeUninit::uninit())).collect(),
            order: unordered.then(|| Order {
                count: AtomicUsize::new(0),
                indexes: (0..len).map(|_| AtomicUsize::new(0)).collect(),
                flags: flags(),
            }),
        }
    }

    /// Stores the outcome of the item that the caller has taken, and tells the reader.
    pub(super) fn store(&self, index: usize, outcome: Result<R, TaskError>) {
        // SAFETY: the caller has taken the index, and the reader looks only after READY.
        self.values[index].with_mut(|value| unsafe { (*value).write(outcome) });
        raise(&self.flags[index]);
        if let Some(order) = &self.order {
            let place = order.count.fetch_add(1, AcqRel);
            order.indexes[place].store(index, Release);
            raise(&order.flags[place]);
        }
    }

    /// Takes the outcome out, for the one reader, after its flag was seen READY.
    pub(super) fn take(&self, index: usize) -> Result<R, TaskError> {
        self.flags[index].store(TAKEN, Relaxed);
        // SAFETY: READY was seen with Acquire, so the value is there; TAKEN keeps it from being
        // read or dropped again.
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
