//! Python's `concurrent.futures` and `multiprocessing` for Rust.
#![doc = concat!("\n")]

pub use executor_core::*;
#[cfg(feature = "thread")]
pub use executor_thread::*;
