//! Queues between processes: [`Queue`], [`JoinableQueue`], [`SimpleQueue`].
//!
//! | what                                                | file           |
//! |-----------------------------------------------------|----------------|
//! | the queue                                           | `fifo.rs`      |
//! | the one that knows when all its items are done with | `joinable.rs`, `marks.rs` |
//! | the one with four methods                           | `simple.rs`    |
//! | the methods that the first two share                | `methods.rs`, `iter.rs` |
//! | items as messages of a log                          | `items.rs`     |
//!
//! The items lie in memory that all processes with a handle map. There is no thread that feeds them
//! and no server: `put` encodes the item, copies it in, and when it returns the item is there,
//! whatever becomes of the process. `get` copies it out and decodes it. A process that is killed in
//! between takes at most the item with it that it was putting or getting; see `log`.

mod fifo;
mod items;
mod iter;
mod joinable;
pub(crate) mod marks;
mod methods;
mod simple;

pub use fifo::Queue;
pub use iter::{IntoIter, Iter, TryIter};
pub use joinable::{JoinableQueue, TaskGuard};
pub use simple::SimpleQueue;
