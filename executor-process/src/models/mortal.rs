//! loom's atomics, before every use of which the process may die.
//!
//! Between two uses nothing happens that others could see, so these are all the moments at which a death
//! differs from another. When it comes is up to [`world`](super::world).

use super::world;
use std::sync::atomic::Ordering;

macro_rules! mortal {
    ($name:ident, $number:ty) => {
        #[derive(Debug, Default)]
        pub(crate) struct $name(loom::sync::atomic::$name);

        #[allow(dead_code, reason = "not every model uses every one")]
        impl $name {
            pub(crate) fn new(value: $number) -> Self {
                Self(loom::sync::atomic::$name::new(value))
            }

            /// The latest value. No step of a process.
            pub(crate) fn peek(&self) -> $number {
                self.0.fetch_add(0, Ordering::SeqCst)
            }

            pub(crate) fn load(&self, order: Ordering) -> $number {
                world::step();
                self.0.load(order)
            }

            pub(crate) fn store(&self, value: $number, order: Ordering) {
                world::step();
                self.0.store(value, order);
            }

            pub(crate) fn compare_exchange(
                &self,
                current: $number,
                new: $number,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$number, $number> {
                world::step();
                self.0.compare_exchange(current, new, success, failure)
            }

            pub(crate) fn compare_exchange_weak(
                &self,
                current: $number,
                new: $number,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$number, $number> {
                self.compare_exchange(current, new, success, failure)
            }
        }

        changes!($name, $number, swap fetch_add fetch_sub fetch_or fetch_and fetch_max);
    };
}

/// What changes the value and returns the former one.
macro_rules! changes {
    ($name:ident, $number:ty, $($change:ident)*) => {
        #[allow(dead_code, reason = "not every model uses every one")]
        impl $name {
            $(pub(crate) fn $change(&self, value: $number, order: Ordering) -> $number {
                world::step();
                self.0.$change(value, order)
            })*
        }
    };
}

mortal!(AtomicU32, u32);
mortal!(AtomicU64, u64);
