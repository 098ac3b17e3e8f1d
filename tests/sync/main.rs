//! Synchronisation between threads: `concurrent_futures::sync`, and the locks of `parking_lot` that it
//! says to use.

#[path = "../support/mod.rs"]
mod support;

#[path = "../queues/asleep.rs"]
mod asleep;
mod barrier;
mod event;
mod locks;
mod semaphore;
mod stress;
