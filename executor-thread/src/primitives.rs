//! The synchronisation primitives that the rest of the crate is written against: real, or loom's.

#[cfg(not(loom))]
mod imp {
    pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard};
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};

    /// `std::cell::UnsafeCell` with loom's closure-shaped access.
    #[derive(Debug)]
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        #[inline(always)]
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }

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

    /// Waits for `condition` for the few microseconds that putting a thread to sleep would take.
    pub(crate) fn spin_until(condition: impl Fn() -> bool) {
        let backoff = crossbeam_utils::Backoff::new();
        while !condition() && !backoff.is_completed() {
            backoff.snooze();
        }
    }
}

#[cfg(loom)]
mod imp {
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
    use std::ops::{Deref, DerefMut};
    use std::time::Instant;

    /// loom's mutex with `parking_lot`'s signature: no poisoning.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            MutexGuard(Some(self.0.lock().unwrap()))
        }
    }

    /// Empty only while its thread waits for a condition.
    #[derive(Debug)]
    pub(crate) struct MutexGuard<'a, T>(Option<loom::sync::MutexGuard<'a, T>>);

    impl<T> Deref for MutexGuard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            self.0.as_ref().unwrap()
        }
    }

    impl<T> DerefMut for MutexGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.0.as_mut().unwrap()
        }
    }

    /// loom's condition variable with `parking_lot`'s signature.
    #[derive(Debug, Default)]
    pub(crate) struct Condvar(loom::sync::Condvar);

    impl Condvar {
        pub(crate) fn new() -> Self {
            Self(loom::sync::Condvar::new())
        }

        pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
            let inner = guard.0.take().unwrap();
            guard.0 = Some(self.0.wait(inner).unwrap());
        }

        /// loom has no clock: models never time out.
        pub(crate) fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, _: Instant) -> InTime {
            self.wait(guard);
            InTime
        }

        pub(crate) fn notify_one(&self) {
            self.0.notify_one();
        }

        pub(crate) fn notify_all(&self) {
            self.0.notify_all();
        }
    }

    /// How a wait ended: always in time.
    pub(crate) struct InTime;

    impl InTime {
        pub(crate) fn timed_out(&self) -> bool {
            false
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

        pub(crate) fn park(&self, _deadline: Option<Instant>) {
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

    /// Models do not wait for time to pass.
    pub(crate) fn spin_until(_condition: impl Fn() -> bool) {}
}

pub(crate) use imp::*;

/// A constructor that is `const` but for loom, whose primitives have none.
macro_rules! const_unless_loom {
    ($(#[$attribute:meta])* $visibility:vis const fn $($rest:tt)*) => {
        #[cfg(not(loom))]
        $(#[$attribute])*
        $visibility const fn $($rest)*
        #[cfg(loom)]
        $(#[$attribute])*
        $visibility fn $($rest)*
    };
}

pub(crate) use const_unless_loom;
