//! Synchronisation of threads and processes alike.
//!
//! | what                                                  | file            |
//! |-------------------------------------------------------|-----------------|
//! | one at a time                                         | `lock.rs`       |
//! | the same, and whoever has it may take it again        | `rlock.rs`      |
//! | what those two have in common                         | `lock_methods.rs` |
//! | so many at a time; signals that are counted           | `semaphore.rs`, `bounded_semaphore.rs` |
//! | a flag to wait for                                    | `event.rs`      |
//! | waiting until something under a lock has changed      | `condition.rs`  |
//! | waiting for each other                                | `barrier.rs`    |
//! | what `Condition` needs of a lock                      | `lockable.rs`   |
//! | what goes wrong                                       | `error.rs`      |
//! | how handles travel                                    | `travel.rs`     |
//! | the protocols, as they are model-checked              | `marked.rs`, `owned.rs`, `permits.rs`, `signal.rs`, `waiters.rs`, `meeting.rs` |
//!
//! Each of them is a page of memory that all its users map, and a handle with the descriptor for it.
//! Nobody serves it: what does not have to wait is done by one or two instructions of the processor, and
//! who has to wait sleeps in the kernel. The rules for such memory are in `shared/mod.rs`.

mod barrier;
mod bounded_semaphore;
mod condition;
mod error;
mod event;
mod lock;
mod lock_methods;
mod lockable;
pub(crate) mod marked;
pub(crate) mod meeting;
pub(crate) mod owned;
pub(crate) mod permits;
mod rlock;
mod semaphore;
pub(crate) mod signal;
mod travel;
pub(crate) mod waiters;

pub use barrier::Barrier;
pub use bounded_semaphore::BoundedSemaphore;
pub use condition::Condition;
pub use error::{Abandoned, NotHeld, WaitError};
pub use event::Event;
pub use lock::{Lock, LockGuard};
pub use lockable::Lockable;
pub use rlock::{RLock, RLockGuard};
pub use semaphore::{Permit, Semaphore};
