//! [`Pool`]: `multiprocessing.Pool` over any executor.
//!
//! A thin layer: an executor runs the tasks, a [`Future`] is behind each result, a [`Map`](crate::Map)
//! behind each `imap`. What is added:
//!
//! | what                                           | file           |
//! |------------------------------------------------|----------------|
//! | the pool and its end                           | here           |
//! | `apply`                                        | `apply.rs`     |
//! | `map`, `starmap`, `imap`                       | `map.rs`       |
//! | `get`, `ready`, and errors in a pool's terms   | `result.rs`    |
//! | callbacks before the result is ready           | `callbacks.rs` |
//! | lazy maps, and panics of their input           | `imap.rs`      |
//! | open, closed, terminated                       | `gate.rs`      |
//! | errors                                         | `error.rs`     |

mod apply;
mod callbacks;
mod error;
mod gate;
mod imap;
mod map;
mod result;

pub use callbacks::Callbacks;
pub use error::{JoinError, NotReady, PoolError};
pub use imap::Imap;
pub use result::AsyncResult;

use self::gate::{Gate, Phase};
use crate::error::SubmitError;
use crate::executor::Executor;
use crate::future::Future;
use crate::map::Helper;
use crate::shutdown::Shutdown;
use std::fmt;
use std::io::Write;

/// Python's `multiprocessing.Pool`, over any executor: a pool of processes, of threads
/// (`multiprocessing.pool.ThreadPool`), or whatever a `Box<dyn Executor>` holds.
///
/// For programs that come from Python and for those that like its calls: [`apply`](Self::apply) and
/// [`map`](Self::map) block and return values, [`apply_async`](Self::apply_async) and
/// [`map_async`](Self::map_async) return an [`AsyncResult`] and take callbacks,
/// [`imap`](Self::imap) delivers results one by one. The rest of this library speaks of executors and
/// futures; both come from the same workers.
///
/// ```
/// use executor_core::{InlineExecutor, Pool};
///
/// // Or `ThreadPoolExecutor::builder().max_workers(4).build()?`, or a `ProcessPoolExecutor`.
/// let pool = Pool::new(InlineExecutor::new())?;
/// assert_eq!(pool.apply(|n: u64| n * n, 7)?, 49);
/// assert_eq!(pool.map(|n: u64| n * n, 1..=3)?, [1, 4, 9]);
/// assert_eq!(pool.starmap(u64::pow, [(2, 3), (3, 2)])?, [8, 9]);
/// let result = pool.apply_async(|text: String| text.len(), "four".to_string())?;
/// assert_eq!(result.get()?, 4);
/// pool.close();
/// pool.join()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Dropping a pool terminates it
///
/// **Unlike executors, which finish their work when they are dropped, a `Pool` that is dropped drops its
/// work**: what has not been started is cancelled, and what is running in processes is killed, as at the
/// end of Python's `with Pool() as pool`. Every [`AsyncResult`] that was not ready then has
/// [`TaskError::Terminated`](crate::TaskError::Terminated). If asynchronous work is lost that way, without a call of
/// [`terminate`](Self::terminate), a line on stderr says so. To have it finished:
/// [`close`](Self::close), then [`join`](Self::join).
///
/// Threads cannot be killed. The drop of a pool over threads waits for the tasks that are running.
///
/// # Workers
///
/// The executor is made first, and its builder has the settings: the number of workers (`processes`), the
/// `initializer`, `max_tasks_per_child`. [`new`](Self::new) starts all of its workers at once. A worker
/// that dies fails the one task that it was running, and is replaced.
///
/// The executor belongs to the pool, and ends with it; so does one of which the pool has a reference
/// or an `Arc`. A pool is not serialisable and stays in its process:
///
/// ```compile_fail,E0277
/// use executor_core::{InlineExecutor, Pool};
///
/// fn sent_to_a_worker<T: executor_core::Portable>() {}
/// sent_to_a_worker::<Pool<InlineExecutor>>();
/// ```
pub struct Pool<E: Executor> {
    gate: Gate,
    // Dropped after `drop` has terminated it; waits until every worker is gone.
    executor: E,
}

impl<E: Executor> Pool<E> {
    /// A pool of the workers of `executor`, all of which are started before this returns.
    ///
    /// # Errors
    ///
    /// [`SubmitError::Broken`] if a worker cannot be started, or, in a process pool, if its initializer
    /// fails; those that were started are gone then. [`SubmitError::ShutDown`].
    pub fn new(executor: E) -> Result<Self, SubmitError> {
        match executor.start_workers() {
            Ok(()) => Ok(Self { gate: Gate::new(), executor }),
            Err(error) => {
                executor.shutdown(Shutdown::wait().kill_running());
                Err(error)
            }
        }
    }

    /// The executor that runs the tasks, for what only it has: counters, process ids.
    pub fn executor(&self) -> &E {
        &self.executor
    }

    /// Accepts no more work. What was accepted is done, and then the workers end. Never blocks; may be
    /// repeated. Python's `Pool.close`.
    ///
    /// An [`imap`](Self::imap) that is being read goes on taking items, until [`join`](Self::join).
    pub fn close(&self) {
        if self.gate.close() {
            self.let_workers_go();
        }
    }

    /// Ends the pool at once: cancels what has not been started, kills processes that are running
    /// tasks, and accepts no more work. Does not wait for that; may be repeated. Python's
    /// `Pool.terminate`.
    ///
    /// Every result that is not ready becomes [`TaskError::Terminated`](crate::TaskError::Terminated), and the error callbacks of
    /// cancelled tasks run in this thread. A task that is running in a thread cannot be stopped: its
    /// result becomes ready when it has ended.
    pub fn terminate(&self) {
        self.gate.terminate();
        self.executor.shutdown(Shutdown::no_wait().kill_running());
    }

    /// Waits until all work is done, or after [`terminate`](Self::terminate) dropped, and every worker is
    /// gone. May be repeated. Python's `Pool.join`.
    ///
    /// # Errors
    ///
    /// [`JoinError::StillOpen`] before [`close`](Self::close) or `terminate`;
    /// [`JoinError::FromWithin`] inside a task or callback of the pool, which would wait for itself.
    pub fn join(&self) -> Result<(), JoinError> {
        if self.gate.phase() == Phase::Open {
            return Err(JoinError::StillOpen);
        }
        if self.executor.shutdown(Shutdown::wait()) { Ok(()) } else { Err(JoinError::FromWithin) }
    }

    /// Has the workers end when everything that was accepted is done.
    fn let_workers_go(&self) {
        self.executor.shutdown(Shutdown::no_wait());
    }

    /// The handle to an accepted call, whose callbacks run before anybody can find it ready: it is
    /// given out only now.
    fn promised<T: Send + 'static>(
        &self,
        (future, helper): (Future<T>, Option<Helper>),
        callbacks: Callbacks<T>,
    ) -> AsyncResult<T> {
        let debt = self.gate.owe();
        future.add_done_callback(move |outcome| {
            let _until_the_end = debt;
            callbacks.call(outcome);
        });
        AsyncResult::new(future, helper)
    }
}

/// Terminates the pool, and waits until its executor has ended: see
/// [above](Pool#dropping-a-pool-terminates-it).
impl<E: Executor> Drop for Pool<E> {
    fn drop(&mut self) {
        let lost = self.gate.unfinished();
        if self.gate.terminate() != Phase::Terminated && lost > 0 {
            // Not `eprintln!`, which panics if nobody reads stderr any more.
            let message = format!(
                "concurrent-futures: a Pool was dropped with {lost} asynchronous calls unfinished, which \
                 are terminated; call close and join to have them finished, or terminate to say that \
                 this is meant\n"
            );
            let _nobody_reads_it = std::io::stderr().write_all(message.as_bytes());
        }
        self.terminate();
    }
}

impl<E: Executor> fmt::Debug for Pool<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("phase", &self.gate.phase())
            .field("max_workers", &self.executor.max_workers())
            .field("unfinished", &self.gate.unfinished())
            .finish_non_exhaustive()
    }
}
