//! [`RobustLock`]: mutual exclusion among processes, one of which may die while it has the lock.
//!
//! # States
//!
//! `state` is one of
//!
//! | value              | meaning                                                        |
//! |--------------------|----------------------------------------------------------------|
//! | 0                  | nobody has it                                                  |
//! | a [`Stamp`]        | a thread of this process has it, and nobody sleeps for it      |
//! | a stamp and 1      | the same, and somebody may sleep for it, or is about to        |
//!
//! Everybody may change 0 to his own stamp, and set the lowest bit of anybody's. Whoever has the lock
//! stores 0. Whoever finds the stamp of a dead process may exchange it for his own, by one
//! compare-and-swap, and then knows that what the lock protects may be half done.
//!
//! `turn` counts the releases for which somebody had to be woken. Sleepers sleep on it: one reads
//! `turn`, then sets the bit, then sleeps unless `turn` has changed. So a release either sees the bit,
//! or happened before the sleeper looked.
//!
//! # Invariants
//!
//! - At most one living process has the lock at a time, and within it one thread: `models/lock.rs`,
//!   `tests::excludes`.
//! - A release wakes a sleeper if there is one; it is not lost: `models/lock.rs`. A killed releaser, or one
//!   that was woken and killed, costs the others a slice of sleep.
//! - After the death of the holder the next one gets the lock and is told, and only that one:
//!   `models/lock.rs`.
//!
//! A thread that ends while it has the lock is no death. Guards see to it that it does not.

use super::futex;
use super::life::Stamp;
use super::waiting::Waiting;
use crate::atomic::{AtomicU32, AtomicU64};
use std::hint;
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};

const SLEEPERS: u64 = 1;

/// How often to look before sleeping, and how often before asking whether the holder is alive.
const LOOKS: u32 = if cfg!(loom) { 0 } else { 100 };

/// A lock in shared memory. Free when all zero.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct RobustLock {
    state: AtomicU64,
    turn: AtomicU32,
    _padding: AtomicU32,
}

/// How the lock came to whoever has it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Taken {
    /// Its last holder released it.
    Released,
    /// Its last holder died with it.
    Abandoned,
}

impl RobustLock {
    /// A free one.
    #[cfg(any(test, loom))]
    pub(crate) fn new() -> Self {
        Self { state: AtomicU64::new(0), turn: AtomicU32::new(0), _padding: AtomicU32::new(0) }
    }

    /// Takes the lock if nobody who is alive has it.
    ///
    /// If it is taken, a look at the holder costs some system calls.
    #[inline]
    pub(crate) fn try_acquire(&self) -> Option<Taken> {
        match self.state.compare_exchange(0, Stamp::own().to_bits(), Acquire, Relaxed) {
            Ok(_) => Some(Taken::Released),
            Err(state) => self.inherit(state, 0),
        }
    }

    /// Takes the lock if whoever has it is dead.
    pub(crate) fn take_from_dead(&self) -> bool {
        self.inherit(self.state.load(SeqCst), 0).is_some()
    }

    /// Waits for the lock and takes it. `None` if the time is over.
    #[inline]
    pub(crate) fn acquire(&self, waiting: impl FnOnce() -> Waiting) -> Option<Taken> {
        match self.state.compare_exchange_weak(0, Stamp::own().to_bits(), Acquire, Relaxed) {
            Ok(_) => Some(Taken::Released),
            Err(_) => self.acquire_slowly(&mut waiting()),
        }
    }

    #[cold]
    fn acquire_slowly(&self, waiting: &mut Waiting) -> Option<Taken> {
        let own = Stamp::own().to_bits();
        for _ in 0..LOOKS {
            if self.state.load(Relaxed) == 0
                && self.state.compare_exchange(0, own, Acquire, Relaxed).is_ok()
            {
                return Some(Taken::Released);
            }
            hint::spin_loop();
        }
        // Whoever has slept cannot know whether others still do, so he takes the lock with the bit.
        let mut bits = own;
        let mut in_vain = false;
        loop {
            let turn = self.turn.load(SeqCst);
            let state = self.state.load(SeqCst);
            if state == 0 {
                if self.state.compare_exchange(0, bits, SeqCst, Relaxed).is_ok() {
                    return Some(Taken::Released);
                }
                continue;
            }
            if in_vain && let Some(taken) = self.inherit(state, SLEEPERS) {
                return Some(taken);
            }
            if state & SLEEPERS == 0
                && self.state.compare_exchange(state, state | SLEEPERS, SeqCst, Relaxed).is_err()
            {
                continue;
            }
            bits = own | SLEEPERS;
            if !waiting.sleep(&self.turn, turn) {
                return self.give_up();
            }
            // Where there are releases the holder is not dead, and asking after him is dear.
            in_vain = cfg!(loom) || self.turn.load(Relaxed) == turn;
        }
    }

    /// The last chance of somebody whose time is over.
    ///
    /// He may have been woken in the place of another, who must not be forgotten: so if the lock is free
    /// he takes it, late as it is, and if somebody else was faster he tells that one to wake the next.
    fn give_up(&self) -> Option<Taken> {
        let own = Stamp::own().to_bits() | SLEEPERS;
        loop {
            let state = self.state.load(SeqCst);
            if state == 0 {
                if self.state.compare_exchange(0, own, SeqCst, Relaxed).is_ok() {
                    return Some(Taken::Released);
                }
                continue;
            }
            if let Some(taken) = self.inherit(state, SLEEPERS) {
                return Some(taken);
            }
            let told = state | SLEEPERS;
            if state == told || self.state.compare_exchange(state, told, SeqCst, Relaxed).is_ok() {
                return None;
            }
        }
    }

    /// Takes the lock from a dead holder.
    #[cold]
    fn inherit(&self, state: u64, bit: u64) -> Option<Taken> {
        let holder = Stamp::from_bits(state)?;
        if holder.is_alive() {
            return None;
        }
        let heir = Stamp::own().to_bits() | (state & SLEEPERS) | bit;
        let inherited = self.state.compare_exchange(state, heir, SeqCst, Relaxed);
        inherited.is_ok().then_some(Taken::Abandoned)
    }

    /// Lets go of the lock. The caller has it, or answers for whoever has.
    #[inline]
    pub(crate) fn release(&self) {
        if self.state.swap(0, SeqCst) & SLEEPERS != 0 {
            self.wake_one();
        }
    }

    /// Lets go of the lock for whoever has it. `false` if nobody has.
    pub(crate) fn release_any(&self) -> bool {
        let mut state = self.state.load(Relaxed);
        loop {
            if state == 0 {
                return false;
            }
            match self.state.compare_exchange_weak(state, 0, SeqCst, Relaxed) {
                Ok(_) => break,
                Err(now) => state = now,
            }
        }
        if state & SLEEPERS != 0 {
            self.wake_one();
        }
        true
    }

    #[cold]
    fn wake_one(&self) {
        self.turn.fetch_add(1, SeqCst);
        futex::wake(&self.turn, 1);
    }

    /// Whether a thread of this process has it.
    pub(crate) fn is_ours(&self) -> bool {
        self.state.load(Relaxed) & !SLEEPERS == Stamp::own().to_bits()
    }

    /// Whether it waits for an heir.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.holder().is_some_and(|holder| !holder.is_alive())
    }

    /// Who has it, dead or alive.
    pub(crate) fn holder(&self) -> Option<Stamp> {
        Stamp::from_bits(self.state.load(SeqCst))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::life::tests::start_child;
    use super::*;
    use std::sync::atomic::AtomicU64;
    use std::time::Duration;

    #[test]
    fn excludes() {
        const TIMES: u64 = 50_000;
        let lock = RobustLock::new();
        let (count, inside) = (AtomicU64::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..TIMES {
                        assert_eq!(lock.acquire(Waiting::forever), Some(Taken::Released));
                        assert_eq!(inside.swap(1, Relaxed), 0);
                        count.store(count.load(Relaxed) + 1, Relaxed);
                        inside.store(0, Relaxed);
                        lock.release();
                    }
                });
            }
        });
        assert_eq!(count.load(Relaxed), 4 * TIMES);
        assert_eq!(lock.holder(), None);
    }

    #[test]
    fn times_out() {
        let lock = RobustLock::new();
        assert_eq!(lock.try_acquire(), Some(Taken::Released));
        assert_eq!(lock.holder(), Some(Stamp::own()));
        assert_eq!(lock.try_acquire(), None);
        let limit = Duration::from_millis(20);
        assert_eq!(lock.acquire(|| Waiting::at_most(limit)), None);
        assert_eq!(lock.acquire(|| Waiting::at_most(Duration::ZERO)), None);
        lock.release();
        assert_eq!(lock.acquire(|| Waiting::at_most(Duration::ZERO)), Some(Taken::Released));
    }

    #[test]
    fn is_inherited_from_the_dead() {
        let mut child = start_child(std::process::Stdio::null());
        let dead = u64::from(child.id()) << 32;
        child.wait().unwrap();
        for bit in [0, SLEEPERS] {
            let lock = RobustLock::new();
            lock.state.store(dead | bit, SeqCst);
            assert_eq!(lock.try_acquire(), Some(Taken::Abandoned));
            lock.release();
            assert_eq!(lock.try_acquire(), Some(Taken::Released));
            lock.state.store(dead | bit, SeqCst);
            assert_eq!(lock.acquire(Waiting::forever), Some(Taken::Abandoned));
            lock.release();
            assert_eq!(lock.holder(), None);
        }
    }
}
