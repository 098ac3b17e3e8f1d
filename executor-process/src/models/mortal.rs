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

            pub(crate) fn swap(&self, value: $number, order: Ordering) -> $number {
                world::step();
                self.0.swap(value, order)
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
                world::step();
                self.0.compare_exchange(current, new, success, failure)
            }

            pub(crate) fn fetch_add(&self, value: $number, order: Ordering) -> $number {
                world::step();
                self.0.fetch_add(value, order)
            }

            pub(crate) fn fetch_sub(&self, value: $number, order: Ordering) -> $number {
                world::step();
                self.0.fetch_sub(value, order)
            }

            pub(crate) fn fetch_or(&self, value: $number, order: Ordering) -> $number {
                world::step();
                self.0.fetch_or(value, order)
            }

            pub(crate) fn fetch_and(&self, value: $number, order: Ordering) -> $number {
                world::step();
                self.0.fetch_and(value, order)
            }

            pub(crate) fn fetch_max(&self, value: $number, order: Ordering) -> $number {
                world::step();
                self.0.fetch_max(value, order)
            }
        }
    };
}

mortal!(AtomicU32, u32);
mortal!(AtomicU64, u64);
