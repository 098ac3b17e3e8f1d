//! [`Waiters`]: those who wait for a condition, each in a place of its own.
//!
//! # States
//!
//! A place is the [`Stamp`] of the process that has it, zero if nobody has, a ticket that says who came
//! first, and a word, on which its waiter sleeps:
//!
//! | word     | meaning                                      | becomes                                   |
//! |----------|----------------------------------------------|-------------------------------------------|
//! | FREE     | nobody waits here                            | WAITING, by the process whose stamp it has |
//! | WAITING  | somebody waits                               | NOTIFIED, by anybody; LEFT, by the waiter |
//! | NOTIFIED | somebody is to go on, and has not done so    | FREE, by the waiter                       |
//! | LEFT     | the waiter's time is over                    | FREE, by the waiter                       |
//!
//! A waiter takes a place, and gets its ticket, while it has the lock of the condition. It leaves the place
//! when it has that lock again. Notifying is also done under the lock: the one with the smallest ticket
//! first. Nothing here depends on that, though. Whoever is notified is one who waits, and only one.
//!
//! # The dead
//!
//! A place whose stamp is of a dead process can be taken over, by a compare-and-swap of the stamp. A
//! notification in such a place has not been used: whoever waits and finds it, after a slice of sleep,
//! takes the place over in exchange for his own, and is notified. So a notification ends with a waiter that
//! has the lock, or with a death while having the lock, of which the next one is told.
//!
//! A notifier that woke nobody looks whether the waiter is alive, and if not, notifies the next. Whoever is
//! awake between two slices is alive, and will see it.
//!
//! A process that dies while it has the lock may leave nobody who would notify. So whoever waits also looks
//! after the lock, and takes it if its holder is dead, instead of waiting on.
//!
//! # Invariants
//!
//! - `notify(n)` lets as many go on as wait, at most `n`, and none later: `models/waiters.rs`,
//!   `tests/shared_sync/condition.rs`.
//! - No notification is lost by the death of who got it while others wait: `models/waiters.rs`,
//!   `tests/shared_sync/death.rs`.

use crate::atomic::{AtomicU32, AtomicU64};
use crate::shared::futex;
use crate::shared::life::Stamp;
use crate::shared::waiting::Waiting;
use std::hint;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

/// How many can wait at the same time.
pub(crate) const PLACES: usize = if cfg!(loom) { 3 } else { 1024 };

const FREE: u32 = 0;
const WAITING: u32 = 1;
const NOTIFIED: u32 = 2;
const LEFT: u32 = 3;

/// How often to look before sleeping.
const LOOKS: u32 = if cfg!(loom) { 0 } else { 100 };

/// The places, in shared memory. All free when all zero.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Waiters {
    next_ticket: AtomicU64,
    /// No place from this one on has ever been taken.
    limit: AtomicU32,
    _padding: AtomicU32,
    places: [Place; PLACES],
}

#[derive(Debug)]
#[repr(C)]
struct Place {
    stamp: AtomicU64,
    ticket: AtomicU64,
    word: AtomicU32,
    _padding: AtomicU32,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slept {
    /// By a notification.
    Notified,
    TimedOut,
    /// A process died with the lock of the condition. Now the caller has it, and no place any more.
    Inherited,
}

impl Place {
    #[cfg(loom)]
    fn new() -> Self {
        let [stamp, ticket] = [0, 0].map(AtomicU64::new);
        let [word, padding] = [0, 0].map(AtomicU32::new);
        Self { stamp, ticket, word, _padding: padding }
    }

    /// The process that has it, if that is dead.
    fn dead_owner(&self) -> Option<u64> {
        let stamp = self.stamp.load(SeqCst);
        Stamp::from_bits(stamp).filter(|owner| !owner.is_alive()).map(|_dead| stamp)
    }

    fn pass_to_us(&self, from: u64) -> bool {
        let own = Stamp::own().to_bits();
        self.stamp.compare_exchange(from, own, SeqCst, Relaxed).is_ok()
    }

    fn free(&self) {
        self.word.store(FREE, SeqCst);
        self.stamp.store(0, SeqCst);
    }
}

impl Waiters {
    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        let [limit, padding] = [0, 0].map(AtomicU32::new);
        let places = std::array::from_fn(|_| Place::new());
        Self { next_ticket: AtomicU64::new(0), limit, _padding: padding, places }
    }

    /// The places that may be taken.
    fn used(&self) -> &[Place] {
        &self.places[..PLACES.min(self.limit.load(SeqCst) as usize)]
    }

    /// Takes a place, in which the caller waits from now on. `None` if there is none.
    ///
    /// The caller has the lock of the condition.
    pub(crate) fn enter(&self) -> Option<usize> {
        let free = |place: &Place| place.stamp.load(Relaxed) == 0 && place.pass_to_us(0);
        let index = self.places.iter().position(free).or_else(|| self.take_over_any())?;
        let place = &self.places[index];
        place.ticket.store(self.next_ticket.fetch_add(1, SeqCst), SeqCst);
        self.limit.fetch_max(index as u32 + 1, SeqCst);
        place.word.store(WAITING, SeqCst);
        Some(index)
    }

    /// Takes over the place of somebody dead. A notification that is there goes to another.
    #[cold]
    fn take_over_any(&self) -> Option<usize> {
        let of_dead =
            |place: &Place| place.dead_owner().is_some_and(|owner| place.pass_to_us(owner));
        let index = self.places.iter().position(of_dead)?;
        if self.places[index].word.swap(FREE, SeqCst) == NOTIFIED {
            self.notify(1);
        }
        Some(index)
    }

    /// Waits until the place is notified. The place may be exchanged for another.
    ///
    /// After each slice of sleep it is also tried to take the lock of the condition from a dead process.
    pub(crate) fn sleep(
        &self,
        index: &mut usize,
        waiting: &mut Waiting,
        take_from_dead: impl Fn() -> bool,
    ) -> Slept {
        let word = |index: usize| &self.places[index].word;
        for _ in 0..LOOKS {
            if word(*index).load(Relaxed) != WAITING {
                break;
            }
            hint::spin_loop();
        }
        while word(*index).load(SeqCst) == WAITING {
            if !waiting.sleep(word(*index), WAITING) {
                let left = word(*index).compare_exchange(WAITING, LEFT, SeqCst, SeqCst);
                return if left.is_ok() { Slept::TimedOut } else { Slept::Notified };
            }
            if word(*index).load(SeqCst) == WAITING {
                self.inherit(index);
                if word(*index).load(SeqCst) == WAITING && take_from_dead() {
                    self.leave_for_another(*index);
                    return Slept::Inherited;
                }
            }
        }
        Slept::Notified
    }

    /// Leaves a place in which somebody waited who no longer does. A notification that has come is
    /// another's.
    fn leave_for_another(&self, index: usize) {
        let place = &self.places[index];
        if place.word.compare_exchange(WAITING, LEFT, SeqCst, SeqCst).is_err() {
            self.notify(1);
        }
        place.free();
    }

    /// Looks for a notification that a dead process has not used, and takes it.
    #[cold]
    fn inherit(&self, index: &mut usize) {
        let has_notification = |place: &Place| {
            place.word.load(SeqCst) == NOTIFIED
                && place.dead_owner().is_some_and(|owner| place.pass_to_us(owner))
        };
        let Some(found) = self.used().iter().position(has_notification) else { return };
        self.leave_for_another(std::mem::replace(index, found));
    }

    /// Leaves the place. The caller has the lock of the condition again.
    pub(crate) fn leave(&self, index: usize) {
        self.places[index].free();
    }

    /// Notifies at most so many of those who wait, the first first, and says how many.
    pub(crate) fn notify(&self, count: usize) -> usize {
        let mut notified = 0;
        while notified < count {
            let waiting = self.first(count - notified);
            if waiting.is_empty() {
                break;
            }
            notified += waiting.into_iter().filter(|&index| self.notify_place(index)).count();
        }
        notified
    }

    /// Those who wait, at most so many, the first first.
    fn first(&self, count: usize) -> Vec<usize> {
        let places = self.used().iter().enumerate();
        let waiting = places.filter(|(_, place)| place.word.load(SeqCst) == WAITING);
        let mut waiting: Vec<_> =
            waiting.map(|(index, place)| (place.ticket.load(SeqCst), index)).collect();
        waiting.sort_unstable();
        waiting.into_iter().map(|(_ticket, index)| index).take(count).collect()
    }

    /// Notifies whoever waits there. `false` if that helps nobody who is alive.
    fn notify_place(&self, index: usize) -> bool {
        let place = &self.places[index];
        if place.word.compare_exchange(WAITING, NOTIFIED, SeqCst, Relaxed).is_err() {
            return false;
        }
        if futex::wake(&place.word, 1) > 0 {
            return true;
        }
        // He is awake, or dead.
        let Some(owner) = place.dead_owner() else { return true };
        if place.pass_to_us(owner) {
            place.free();
            return false;
        }
        // Somebody else has found it, and has been notified.
        true
    }

    /// How many wait.
    pub(crate) fn count(&self) -> usize {
        self.used().iter().filter(|place| place.word.load(SeqCst) == WAITING).count()
    }
}
