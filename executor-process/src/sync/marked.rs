//! [`MarkedLock`]: a robust lock that remembers that its holder died with it, until somebody says that
//! all is well again.
//!
//! # States
//!
//! A [`RobustLock`] and a mark, which only the holder of the lock changes. Who inherits the lock from a
//! dead process sets the mark before anything else; if he dies first, the next one inherits in turn. So
//! whoever takes the lock is told of the death, one after the other, until one of them takes the mark
//! away. Tests: `models/lock.rs`, `tests/shared_sync/death.rs`.

use crate::atomic::AtomicU32;
use crate::shared::life::Stamp;
use crate::shared::lock::{RobustLock, Taken};
use crate::shared::waiting::Waiting;
use std::sync::atomic::Ordering::Relaxed;

/// A lock in shared memory. Free and without a mark when all zero.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct MarkedLock {
    lock: RobustLock,
    mark: AtomicU32,
    _padding: AtomicU32,
}

impl MarkedLock {
    /// A free one.
    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        let [mark, padding] = [0, 0].map(AtomicU32::new);
        Self { lock: RobustLock::new(), mark, _padding: padding }
    }

    /// Waits for the lock and takes it. `None` if the time is over.
    #[inline]
    pub(crate) fn acquire(&self, waiting: impl FnOnce() -> Waiting) -> Option<Taken> {
        self.lock.acquire(waiting).map(|taken| self.look(taken))
    }

    /// Takes the lock if nobody who is alive has it.
    #[inline]
    pub(crate) fn try_acquire(&self) -> Option<Taken> {
        self.lock.try_acquire().map(|taken| self.look(taken))
    }

    /// Takes the lock if whoever has it is dead.
    pub(crate) fn take_from_dead(&self) -> bool {
        let taken = self.lock.take_from_dead();
        if taken {
            self.mark.store(1, Relaxed);
        }
        taken
    }

    /// Whether the caller, who has just taken the lock, is to be told of a death.
    #[inline]
    fn look(&self, taken: Taken) -> Taken {
        if taken == Taken::Abandoned {
            self.mark.store(1, Relaxed);
        }
        if self.is_marked() { Taken::Abandoned } else { Taken::Released }
    }

    /// Lets go of the lock, which the caller has.
    #[inline]
    pub(crate) fn release(&self) {
        self.lock.release();
    }

    /// Lets go of the lock for whoever has it. `false` if nobody has.
    pub(crate) fn release_any(&self) -> bool {
        self.lock.release_any()
    }

    pub(crate) fn is_marked(&self) -> bool {
        self.mark.load(Relaxed) != 0
    }

    /// All is well again. The caller has the lock.
    pub(crate) fn unmark(&self) {
        self.mark.store(0, Relaxed);
    }

    /// Whether a thread of this process has it.
    pub(crate) fn is_ours(&self) -> bool {
        self.lock.is_ours()
    }

    /// The number of the process that has it, dead or alive.
    pub(crate) fn holder(&self) -> Option<u32> {
        self.lock.holder().map(Stamp::pid)
    }
}
