//! Memory that a user shares between processes: plain data with a lock, plain data without one, and
//! named blocks.
//!
//! | what                                                | file             |
//! |-----------------------------------------------------|------------------|
//! | an array, or a value, with a lock of its own        | `array.rs`, `value.rs` |
//! | the same without a lock                             | `raw_array.rs`, `raw_value.rs` |
//! | the integers that can be counted without a lock     | `integer.rs`     |
//! | what these four have in common                      | `items.rs`, `handles.rs` |
//! | blocks of bytes, which can have a name              | `named.rs`       |
//! | where the names are kept                            | `names/`         |
//! | one mapping: header, lock, data                     | `block.rs`       |
//! | copying while others write                          | `words.rs`       |
//! | what can go wrong                                   | `error.rs`, `abandoned.rs` |
//!
//! # What makes it sound
//!
//! Every block says in its header of what kind it is, and a handle of another kind cannot be made from
//! its descriptor. For each kind there is one way to get at the data:
//!
//! - *With a lock* ([`SharedArray`], [`SharedValue`]): ordinary references, which live as long as the guard
//!   that has the lock. Nobody gets at the data otherwise, in this process or another.
//! - *Without* ([`RawArray`], [`RawValue`], [`SharedMemory`]): copies, made by atomic operations on words
//!   of eight bytes, all of the same grid. No reference to the data itself is ever made; the one to the
//!   grid is to atomics. So there is no data race, whoever writes at the same time. (`SharedMemory` has
//!   `unsafe` ways to more, whose callers answer for it.)
//!
//! The data is [`Pod`](bytemuck::Pod): whatever bytes are there are a value, half-written ones included.
//! The length is read from the header once, and compared with the file's. On Linux the file is sealed against
//! shrinking, so what is mapped stays there; elsewhere nobody but this library has it.
//!
//! # The lock
//!
//! A [`MarkedLock`](crate::sync::marked) in the header: if its holder dies, the next one gets it with a mark,
//! which stays until somebody takes it away.
//!
//! | who has the lock, and finds the mark                | what becomes of the mark |
//! |-----------------------------------------------------|--------------------------|
//! | `lock`, `try_lock`, `lock_timeout`, `update`        | stays: they return [`AbandonedMemory`], and have not touched the data |
//! | `AbandonedMemory::into_guard`                       | is taken away            |
//! | `get`, `set`, and the other copies                  | stays: they do not rely on what an update leaves |
//!
//! `tests/shared_memory/lock.rs`.
//!
//! # Names
//!
//! See `names/mod.rs`.

mod abandoned;
mod array;
mod block;
mod error;
mod handles;
mod integer;
mod items;
mod named;
mod names;
mod raw_array;
mod raw_value;
mod value;
mod words;

pub use abandoned::AbandonedMemory;
pub use array::{SharedArray, SharedArrayGuard};
pub use error::{OutOfRange, SharedMemoryError};
pub use integer::Integer;
pub use named::SharedMemory;
#[cfg(all(any(test, fuzzing), target_os = "linux", not(loom)))]
pub use names::names;
pub use raw_array::RawArray;
pub use raw_value::RawValue;
pub use value::{SharedValue, SharedValueGuard};
