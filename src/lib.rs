//! Python's `concurrent.futures` for Rust: one [`Executor`] trait, futures that block, poll, call
//! back and await, and pools behind them.
//!
//! ```
//! use concurrent_futures::{ThreadPoolExecutor, as_completed};
//!
//! fn fib(n: u64) -> u64 {
//!     if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let pool = ThreadPoolExecutor::new()?;
//!
//!     let future = pool.submit(fib, 20)?;
//!     future.add_done_callback(|outcome| println!("the callback got {outcome:?}"));
//!     assert_eq!(future.result()?, 6765);
//!
//!     for square in pool.map(|x: u64| x * x, 0..10)? {
//!         println!("{}", square?);
//!     }
//!
//!     let futures = [10, 15, 5].map(|n| pool.submit(fib, n).unwrap());
//!     for future in as_completed(futures) {
//!         println!("{}", future.result()?);
//!     }
//!     Ok(())
//! } // dropping the pool waits for its work
//! ```
//!
//! # Where to look
//!
//! | to                                             | see                                        |
//! |------------------------------------------------|--------------------------------------------|
//! | run functions on threads                       | [`ThreadPoolExecutor`]                     |
//! | run functions in processes                     | [`ProcessPoolExecutor`], [`init`]          |
//! | do as with `multiprocessing.Pool`              | [`Pool`], [`AsyncResult`]                  |
//! | run one function in a process of its own       | [`process::Process`]                       |
//! | share things between processes                 | [`process`]: locks, queues, pipes, managers, memory |
//! | send large data to processes without copying   | [`SharedBytes`]                            |
//! | write code for any executor                    | [`Executor`], [`InlineExecutor`]           |
//! | get a result, be called back, cancel, await    | [`Future`], [`SharedFuture`]               |
//! | wait for several                               | [`as_completed`], [`wait()`], [`join_all`] |
//! | run one function over many items               | [`Executor::map`], [`Map`], [`MapOptions`] |
//! | run tasks that borrow                          | [`ThreadPoolExecutor::scope`]              |
//! | pass items from thread to thread               | [`queue`]: FIFO, LIFO, by priority         |
//! | make threads wait for each other               | [`sync`]: events, semaphores, barriers     |
//! | complete a future by hand                      | [`promise`], [`Promise`]                   |
//! | return errors of any type from a task          | [`PortableError`]                          |
//! | write an executor                              | [`Executor`], [`task`], [`worker`]         |
//!
//! # Features
//!
//! - `thread` (default): [`ThreadPoolExecutor`], [`queue`], [`sync`].
//! - `process` (default): [`ProcessPoolExecutor`]. Its settings and errors are in [`process`].
//! - `constructor` (default): worker processes need no line in `main`; see [`init`].
//!
//! Without the first two, this crate is `executor-core`.

pub use executor_core::*;
#[cfg(feature = "process")]
pub use executor_process::{ProcessPoolExecutor, SharedBytes, init};
#[cfg(feature = "thread")]
pub use executor_thread::*;

#[cfg(feature = "process")]
pub mod process {
    //! Processes: the pool [`ProcessPoolExecutor`], single processes, and what processes share.
    //!
    //! | to                                   | see |
    //! |--------------------------------------|-----|
    //! | run many functions                   | [`ProcessPoolExecutor`] |
    //! | run one                              | [`Process`] |
    //! | let one at a time, or so many, go on | [`Lock`], [`RLock`], [`Semaphore`], [`BoundedSemaphore`] |
    //! | wait until something has happened    | [`Event`], [`Condition`], [`Barrier`] |
    //! | pass items from any to any           | [`Queue`], [`JoinableQueue`], [`SimpleQueue`] |
    //! | talk to one other                    | [`pipe()`], [`one_way_pipe`], [`wait_ready`] |
    //! | change data together                 | [`Manager`], [`Proxy`] |
    //! | look at the same memory              | [`SharedArray`], [`SharedValue`], [`RawArray`], [`RawValue`], [`SharedMemory`], [`SharedBytes`] |
    //!
    //! Python's counterpart is `multiprocessing`. All of it works on Linux and other Unix systems, and on Windows; what was
    //! tested where is in the book's page on portability.

    pub use executor_process::*;
}

/// The code in the README and the book, compiled and run with the documentation tests.
#[cfg(all(doctest, feature = "thread", feature = "process"))]
mod book {
    #[doc = include_str!("../README.md")]
    mod readme {}
    #[doc = include_str!("../docs/guide.md")]
    mod guide {}
    #[doc = include_str!("../docs/from-python.md")]
    mod from_python {}
    #[doc = include_str!("../docs/between-threads.md")]
    mod between_threads {}
    #[doc = include_str!("../docs/between-processes.md")]
    mod between_processes {}
}
