//! [`OwnedLock`]: a lock that its owner, one thread of one process, may take again.
//!
//! # States
//!
//! A [`MarkedLock`], the owner's name, and how often he has taken it.
//!
//! Only the holder of the lock changes the other two. After taking it he writes his name, and before
//! letting go of it he wipes it out. A name is a random number of 64 bits per process, plus the number of
//! the thread there, and is never given twice. So a thread that reads its own name has the lock, since
//! nobody else can have written it; whatever else it reads, it does not. What a dead owner leaves behind
//! is written over by his heir, and is nobody's name.
//!
//! Tests: `models/lock.rs`, `tests/shared_sync/locks.rs`, `tests/shared_sync/death.rs`.

use super::marked::MarkedLock;
use crate::atomic::AtomicU64;
use crate::shared::lock::Taken;
use crate::shared::waiting::Waiting;
use std::sync::atomic::Ordering::Relaxed;

/// A lock in shared memory. Free when all zero.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct OwnedLock {
    lock: MarkedLock,
    /// Zero if nobody has it.
    owner: AtomicU64,
    depth: AtomicU64,
}

impl OwnedLock {
    /// A free one.
    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        let [owner, depth] = [0, 0].map(AtomicU64::new);
        Self { lock: MarkedLock::new(), owner, depth }
    }

    /// Takes the lock, perhaps once more, with [`MarkedLock::acquire`] or the like. Who has it already is
    /// told nothing new.
    #[inline]
    pub(crate) fn acquire(
        &self,
        acquire: impl FnOnce(&MarkedLock) -> Option<Taken>,
    ) -> Option<Taken> {
        if self.is_owned() {
            self.depth.store(self.depth.load(Relaxed) + 1, Relaxed);
            return Some(Taken::Released);
        }
        let taken = acquire(&self.lock)?;
        self.own(1);
        Some(taken)
    }

    /// Takes it as often as [`release_fully`](Self::release_fully) has said.
    pub(crate) fn reacquire(&self, depth: u64) -> Taken {
        let taken = self.lock.acquire(Waiting::forever).expect("there is no end of that");
        self.own(depth);
        taken
    }

    /// Takes it that often if whoever has it is dead.
    pub(crate) fn take_from_dead(&self, depth: u64) -> bool {
        let taken = self.lock.take_from_dead();
        if taken {
            self.own(depth);
        }
        taken
    }

    #[inline]
    fn own(&self, depth: u64) {
        self.owner.store(own_name(), Relaxed);
        self.depth.store(depth, Relaxed);
    }

    /// Undoes one acquisition. `false` if the caller has none.
    #[inline]
    pub(crate) fn release(&self) -> bool {
        let owned = self.is_owned();
        if owned {
            match self.depth.load(Relaxed) {
                0 | 1 => self.let_go(),
                depth => self.depth.store(depth - 1, Relaxed),
            }
        }
        owned
    }

    /// Undoes all acquisitions, and says how many there were; zero if the caller has none.
    pub(crate) fn release_fully(&self) -> u64 {
        let depth = self.depth();
        if depth > 0 {
            self.let_go();
        }
        depth
    }

    #[inline]
    fn let_go(&self) {
        self.depth.store(0, Relaxed);
        self.owner.store(0, Relaxed);
        self.lock.release();
    }

    /// Whether this thread has it.
    #[inline]
    pub(crate) fn is_owned(&self) -> bool {
        self.owner.load(Relaxed) == own_name()
    }

    /// How often this thread has it.
    pub(crate) fn depth(&self) -> u64 {
        if self.is_owned() { self.depth.load(Relaxed) } else { 0 }
    }

    pub(crate) fn lock(&self) -> &MarkedLock {
        &self.lock
    }
}

/// The name of this thread among those of all processes. Never zero.
#[cfg(not(loom))]
#[inline]
fn own_name() -> u64 {
    use crate::shared::life::in_forked_processes;
    use std::cell::Cell;
    use std::sync::atomic::{AtomicBool, AtomicU64};

    thread_local! {
        static NAME: Cell<u64> = const { Cell::new(0) };
    }
    /// Zero before the first one.
    static NEXT: AtomicU64 = AtomicU64::new(0);

    /// In a forked process, whose names are to be others.
    extern "C" fn forget() {
        NEXT.store(0, Relaxed);
        NAME.set(0);
    }

    #[cold]
    fn first_name() -> u64 {
        static FORGETS: AtomicBool = AtomicBool::new(false);
        if !FORGETS.swap(true, Relaxed) {
            in_forked_processes(forget);
        }
        let mut next = NEXT.load(Relaxed);
        loop {
            let name = if next == 0 { random_name() } else { next };
            let following = name.wrapping_add(1);
            next = match NEXT.compare_exchange(next, following, Relaxed, Relaxed) {
                Ok(_) if name != 0 => {
                    NAME.set(name);
                    return name;
                }
                Ok(_) => following,
                Err(now) => now,
            };
        }
    }

    fn random_name() -> u64 {
        let mut bytes = [0; 8];
        if getrandom::fill(&mut bytes).is_err() {
            // Only processes that live at the same time must not be mixed up.
            bytes = (u64::from(std::process::id()) << 32 | 1).to_ne_bytes();
        }
        u64::from_ne_bytes(bytes)
    }

    match NAME.get() {
        0 => first_name(),
        name => name,
    }
}

/// In models each process has one thread.
#[cfg(loom)]
fn own_name() -> u64 {
    crate::shared::life::Stamp::own().to_bits()
}
