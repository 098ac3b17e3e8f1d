//! [`Event`]: a flag to wait for.
//!
//! # Protocol
//!
//! One word:
//!
//! ```text
//!   63                        2    1      0
//!   |       generation        | WAITING | SET |
//! ```
//!
//! - The generation counts how often the flag went from clear to set. Who waits remembers the one it
//!   came in: once the word has another, the flag was set during the wait, even if it is clear again.
//! - **Waiting**: if the flag is clear, set WAITING, then sleep if under the table's lock the word still
//!   has the same generation, WAITING and a clear flag. The generation is the token of the sleep.
//! - **Setting**: in one step a new generation, the flag set, WAITING cleared. If it was set, all who
//!   sleep with the old generation are woken; those who came after a following `clear` are not.
//!
//! Invariant: while a thread of the present generation sleeps, WAITING is set. It is cleared by a set,
//! which wakes that thread, and by the last who leaves because its time passed, under the table's lock,
//! under which others look again before they sleep.
//!
//! Models: `models/event.rs`.

use crate::park::{Slept, park, unpark};
use crate::patience::Patience;
use crate::primitives::{AtomicUsize, const_unless_loom, spin_until};
use std::fmt;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::time::{Duration, Instant};

const SET: usize = 1;
const WAITING: usize = 2;
const GENERATION: usize = 4;

fn generation(word: usize) -> usize {
    word & !(SET | WAITING)
}

/// A flag that threads wait for: one sets it, and all who wait go on.
///
/// It stays set until it is cleared. Who is waiting at the moment of [`set`](Self::set) goes on even if
/// [`clear`](Self::clear) follows at once. What was done before `set` is seen after `wait`. Python's
/// `threading.Event`. It can be a `static`.
///
/// ```
/// use executor_thread::sync::Event;
/// use std::thread;
///
/// let ready = Event::new();
/// thread::scope(|scope| {
///     let waiter = scope.spawn(|| {
///         ready.wait();
///         "gone on"
///     });
///     ready.set();
///     assert_eq!(waiter.join().unwrap(), "gone on");
/// });
/// ```
pub struct Event {
    word: AtomicUsize,
}

impl Event {
    const_unless_loom! {
        /// An event that is not set.
        pub const fn new() -> Self {
            Self { word: AtomicUsize::new(0) }
        }
    }

    /// Whether it is set. Does not block.
    #[inline]
    pub fn is_set(&self) -> bool {
        self.word.load(Acquire) & SET != 0
    }

    /// Sets it, and wakes everybody who waits. Does nothing if it is set.
    pub fn set(&self) {
        let mut word = self.word.load(Relaxed);
        loop {
            // Writes even if it is set: this call, too, is to happen before what follows a wait.
            let set = match word & SET {
                0 => generation(word).wrapping_add(GENERATION) | SET,
                _ => word,
            };
            match self.word.compare_exchange_weak(word, set, AcqRel, Relaxed) {
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        if word & SET == 0 && word & WAITING != 0 {
            unpark(&self.word, generation(word), usize::MAX, |_| 0);
        }
    }

    /// Clears it, so that who comes now waits for the next [`set`](Self::set). Does nothing if it is
    /// clear.
    pub fn clear(&self) {
        self.word.fetch_and(!SET, AcqRel);
    }

    /// Waits until it is set. Returns at once if it is.
    #[inline]
    pub fn wait(&self) {
        self.wait_with(Patience::Endless);
    }

    /// Waits until it is set, for so long at most. `false` if the time has passed before.
    ///
    /// A timeout beyond the end of the clock, such as `Duration::MAX`, is for ever.
    ///
    /// ```
    /// use executor_thread::sync::Event;
    /// use std::time::Duration;
    ///
    /// let event = Event::new();
    /// assert!(!event.wait_timeout(Duration::from_millis(10)));
    /// event.set();
    /// assert!(event.wait_timeout(Duration::ZERO));
    /// ```
    #[inline]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.is_set() || self.wait_with(Patience::lasting(timeout))
    }

    #[inline]
    fn wait_with(&self, patience: Patience) -> bool {
        let word = self.word.load(Acquire);
        word & SET != 0 || self.wait_for_change(generation(word), patience.deadline())
    }

    /// Waits until the flag is or was set since `mine`, a generation in which it was clear.
    #[cold]
    fn wait_for_change(&self, mine: usize, deadline: Option<Instant>) -> bool {
        let was_set = |word| word & SET != 0 || generation(word) != mine;
        spin_until(|| was_set(self.word.load(Relaxed)));
        loop {
            let word = self.word.load(Acquire);
            if was_set(word) {
                return true;
            }
            let waiting = word | WAITING;
            if word != waiting
                && self.word.compare_exchange_weak(word, waiting, Relaxed, Relaxed).is_err()
            {
                continue;
            }
            let still_clear = || self.word.load(Relaxed) == waiting;
            let leave = |was_last| {
                if was_last {
                    self.word.fetch_and(!WAITING, Relaxed);
                }
            };
            match park(&self.word, mine, still_clear, leave, deadline) {
                Slept::Woken(_) => return true,
                Slept::NotAtAll => {}
                // It may have been set since.
                Slept::TimedOut => return was_set(self.word.load(Acquire)),
            }
        }
    }
}

#[cfg(all(test, loom))]
impl Event {
    /// Whether somebody has begun to wait.
    pub(crate) fn is_waited_for(&self) -> bool {
        self.word.load(Relaxed) & WAITING != 0
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether it is set.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("set", &self.is_set()).finish()
    }
}
