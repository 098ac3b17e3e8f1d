//! The synchronisation primitives that the sleep protocol is written against: real, or loom's.

#[cfg(not(loom))]
mod imp {
    pub(crate) use parking_lot::Mutex;
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64};

    /// Where one thread sleeps until another wakes it. A wake-up that comes first is not lost.
    #[derive(Debug)]
    pub(crate) struct Parker {
        parker: Mutex<crossbeam_utils::sync::Parker>,
        unparker: crossbeam_utils::sync::Unparker,
    }

    impl Parker {
        pub(crate) fn new() -> Self {
            let parker = crossbeam_utils::sync::Parker::new();
            let unparker = parker.unparker().clone();
            Self { parker: Mutex::new(parker), unparker }
        }

        /// Sleeps until woken, or the deadline. Only the owner calls this, so the lock is free.
        pub(crate) fn park(&self, deadline: Option<std::time::Instant>) {
            let parker = self.parker.lock();
            match deadline {
                None => parker.park(),
                Some(deadline) => parker.park_deadline(deadline),
            }
        }

        pub(crate) fn unpark(&self) {
            self.unparker.unpark();
        }
    }
}

#[cfg(loom)]
mod imp {
    use loom::sync::MutexGuard;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64};

    /// loom's mutex with `parking_lot`'s signature: no poisoning.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }
    }

    /// A token behind a lock.
    #[derive(Debug)]
    pub(crate) struct Parker {
        token: loom::sync::Mutex<bool>,
        given: loom::sync::Condvar,
    }

    impl Parker {
        pub(crate) fn new() -> Self {
            Self { token: loom::sync::Mutex::new(false), given: loom::sync::Condvar::new() }
        }

        pub(crate) fn park(&self, _deadline: Option<std::time::Instant>) {
            let mut token = self.token.lock().unwrap();
            while !*token {
                token = self.given.wait(token).unwrap();
            }
            *token = false;
        }

        pub(crate) fn unpark(&self) {
            *self.token.lock().unwrap() = true;
            self.given.notify_one();
        }
    }
}

pub(crate) use imp::*;
