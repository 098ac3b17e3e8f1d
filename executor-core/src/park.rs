//! Putting a thread to sleep on the address of a state word, and waking it.
//!
//! A future needs no mutex, condition variable or thread handle of its own to be waited for: the
//! waiter announces itself in the word (the WAITERS bit) and sleeps in `parking_lot`'s global table
//! under the word's address. `validate` runs under the table's lock, and so does the wake-up, which
//! is why a completion between the two cannot be slept through.

use std::time::Instant;

/// Sleeps under `key` if `validate` still holds, until [`unpark_all`] or `deadline`.
///
/// May return early for no reason; callers loop.
#[cfg(not(loom))]
pub(crate) fn park(key: usize, validate: impl FnOnce() -> bool, deadline: Option<Instant>) {
    // SAFETY: `validate` only loads an atomic and the other closures do nothing, so none of them
    // panics or calls back into the table. The key is the address of a live state word of ours,
    // so no other user of the table parks under it.
    unsafe {
        parking_lot_core::park(
            key,
            validate,
            || {},
            |_, _| {},
            parking_lot_core::DEFAULT_PARK_TOKEN,
            deadline,
        );
    }
}

/// Wakes every thread that sleeps under `key`. The address may be dangling: it is only compared.
#[cfg(not(loom))]
pub(crate) fn unpark_all(key: usize) {
    // SAFETY: the key is, or was, the address of a state word of ours. If the allocator has given
    // the address away again, a waiter there wakes for nothing and parks anew.
    unsafe { parking_lot_core::unpark_all(key, parking_lot_core::DEFAULT_UNPARK_TOKEN) };
}

#[cfg(loom)]
loom::lazy_static! {
    static ref TABLE: (loom::sync::Mutex<()>, loom::sync::Condvar) =
        (loom::sync::Mutex::new(()), loom::sync::Condvar::new());
}

/// The model of the table: one bucket, which allows more wake-ups than the real one, never fewer.
#[cfg(loom)]
pub(crate) fn park(_key: usize, validate: impl FnOnce() -> bool, _deadline: Option<Instant>) {
    let guard = TABLE.0.lock().unwrap();
    if validate() {
        drop(TABLE.1.wait(guard).unwrap());
    }
}

/// See [`park`].
#[cfg(loom)]
pub(crate) fn unpark_all(_key: usize) {
    drop(TABLE.0.lock().unwrap());
    TABLE.1.notify_all();
}
