//! The processes of a model, which die when the model says so, and its time.
//!
//! A thread of loom's plays a process. [`process`] runs one, with a number of steps (uses of an atomic)
//! after which it is killed: what it does stops there and nothing of it is cleaned up, as after SIGKILL.
//! A model is explored once for each such number, so that death comes at every moment.
//!
//! Time passes in two ways. When somebody dies, a slice of each wait is over, be it one that begins later.
//! When the model says that it [is late](grow_late), every deadline has passed.

use super::futex;
use crate::shared::life::Stamp;
use loom::sync::atomic::{AtomicU64, AtomicUsize};
use std::cell::Cell;
use std::panic;
use std::sync::atomic::Ordering::SeqCst;

/// More steps than any model takes.
pub(crate) const LIVES: usize = usize::MAX;

loom::lazy_static! {
    /// A bit for each process that has died.
    static ref DEAD: AtomicU64 = AtomicU64::new(0);
    static ref IS_LATE: AtomicUsize = AtomicUsize::new(0);
}

loom::thread_local! {
    static NUMBER: Cell<u64> = Cell::new(1);
    static STEPS_LEFT: Cell<usize> = Cell::new(LIVES);
    static KNOWS_IT_IS_LATE: Cell<bool> = Cell::new(false);
    /// How many deaths have interrupted the present wait.
    static DEATHS_SEEN: Cell<u32> = Cell::new(0);
}

/// What a killed process unwinds with.
struct Killed;

/// Plays a process with this number, between 1 and 63, that is killed after so many steps. `None` if it
/// was.
///
/// What it owns is dropped after its death, for unwinding must not run loom's code.
pub(crate) fn process<R>(number: u64, steps: usize, body: impl Fn() -> R) -> Option<R> {
    NUMBER.with(|own| own.set(number));
    STEPS_LEFT.with(|left| left.set(steps));
    match panic::catch_unwind(panic::AssertUnwindSafe(&body)) {
        Ok(result) => {
            STEPS_LEFT.with(|left| left.set(LIVES));
            Some(result)
        }
        Err(payload) if payload.is::<Killed>() => {
            STEPS_LEFT.with(|left| left.set(LIVES));
            DEAD.fetch_or(1 << number, SeqCst);
            futex::end_slices();
            None
        }
        Err(payload) => panic::resume_unwind(payload),
    }
}

/// Before every use of an atomic.
pub(crate) fn step() {
    let left = STEPS_LEFT.with(Cell::get);
    if left == 0 {
        // The hook, which would print, is not for this.
        panic::resume_unwind(Box::new(Killed));
    }
    if left != LIVES {
        STEPS_LEFT.with(|own| own.set(left - 1));
    }
}

/// The number of this thread's process, as its stamp.
pub(crate) fn own() -> Stamp {
    Stamp::from_bits(NUMBER.with(Cell::get) << 32).expect("a number above zero")
}

pub(crate) fn is_alive(process: Stamp) -> bool {
    DEAD.fetch_or(0, SeqCst) & (1 << process.pid()) == 0
}

/// Sleeps in a wait that so many deaths have interrupted.
pub(crate) fn begin_slice(deaths_seen: &mut u32, sleep: impl FnOnce()) {
    DEATHS_SEEN.with(|seen| seen.set(*deaths_seen));
    sleep();
    *deaths_seen = DEATHS_SEEN.with(Cell::get);
}

/// Whether somebody has died since this wait has last been told so.
pub(super) fn slice_is_over() -> bool {
    let deaths = DEAD.fetch_or(0, SeqCst).count_ones();
    DEATHS_SEEN.with(|seen| seen.replace(deaths)) != deaths
}

/// From now on every deadline has passed.
pub(crate) fn grow_late() {
    IS_LATE.swap(1, SeqCst);
    futex::end_slices();
}

/// Whether it has grown late since this thread has last been told so: that ends a slice.
pub(super) fn is_late_news() -> bool {
    is_late() && !KNOWS_IT_IS_LATE.with(|knows| knows.replace(true))
}

pub(crate) fn is_late() -> bool {
    IS_LATE.fetch_or(0, SeqCst) != 0
}
