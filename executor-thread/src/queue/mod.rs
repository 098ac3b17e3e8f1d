//! Queues between the threads of one process: [`Queue`], [`LifoQueue`], [`PriorityQueue`].
//!
//! Python's `queue`. The three have the same methods:
//!
//! | to                                  | call                                             |
//! |-------------------------------------|--------------------------------------------------|
//! | put an item in                      | `put`, `put_timeout`, `try_put`                  |
//! | get one                             | `get`, `get_timeout`, `try_get`, `iter`, `try_iter` |
//! | know when all have been worked on   | `task_done` for each, then `join`, `join_timeout` |
//! | end it                              | `shutdown`, `shutdown_now`, `is_closed`          |
//! | look                                | `len`, `is_empty`, `is_full`, `capacity`         |
//!
//! A queue is a handle, cheap to clone, and its clones are the same queue: a producer in a pool's task
//! needs one that lives as long as the task, as in Python, and a queue between processes is a handle for
//! the same reason. Threads in a scope may as well borrow one. Unlike a channel it has no separate ends
//! and does not end by itself when the last producer is gone: somebody shuts it down.
//!
//! Errors say what was the matter, and give the item back: [`PutError`], [`GetError`] and their kin.
//!
//! # An end instead of a sentinel
//!
//! ```
//! use executor_thread::ThreadPoolExecutor;
//! use executor_thread::queue::Queue;
//!
//! let pool = ThreadPoolExecutor::builder().max_workers(4).build()?;
//! let (numbers, squares) = (Queue::bounded(16), Queue::new());
//! let workers: Vec<_> = (0..4)
//!     .map(|_| {
//!         let (numbers, squares) = (numbers.clone(), squares.clone());
//!         pool.spawn(move || {
//!             for number in &numbers {
//!                 squares.put(number * number).expect("it is open until the workers are done");
//!             }
//!         })
//!     })
//!     .collect::<Result<_, _>>()?;
//! for number in 1..=100_u32 {
//!     numbers.put(number)?;
//! }
//! numbers.shutdown(); // the workers end when nothing is left
//! for worker in workers {
//!     worker.result()?;
//! }
//! squares.shutdown();
//! assert_eq!(squares.iter().sum::<u32>(), 338_350);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where is what
//!
//! | what                              | file          |
//! |-----------------------------------|---------------|
//! | the queues                        | `fifo.rs`, `lifo.rs`, `priority.rs` |
//! | their methods                     | `methods.rs`  |
//! | who waits for what, and is woken  | `shared.rs`   |
//! | the order of the items            | `store.rs`, `heap.rs` |

mod fifo;
mod heap;
mod iter;
mod lifo;
mod methods;
mod priority;
pub(crate) mod shared;
pub(crate) mod store;

#[doc(no_inline)]
pub use executor_core::{
    GetError, GetTimeoutError, NotJoined, PutError, PutTimeoutError, TooManyDone, TryGetError,
    TryPutError,
};
pub use fifo::Queue;
pub use iter::{IntoIter, Iter, TryIter};
pub use lifo::LifoQueue;
pub use priority::{Prioritized, PriorityQueue};
