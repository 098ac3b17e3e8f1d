//! [`Event`]: a flag to wait for, among threads and processes.

use super::signal::Signal;
use crate::shared::segment::{Layout, Segment};
use crate::shared::waiting::Waiting;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

// SAFETY: made of atomics.
unsafe impl Layout for Signal {
    const KIND: [u8; 8] = *b"event\0\0\0";
}

/// A flag that threads and processes wait for: one sets it, and all who wait go on.
///
/// It stays set until it is cleared. Who is waiting at the moment of [`set`](Self::set) goes on even if
/// [`clear`](Self::clear) follows at once. What was done before `set` is seen after `wait`. Clones, and
/// what other processes get when a handle is part of an argument, a result or an item of a queue, are the
/// same event. Nobody is hurt by the death of a process that waits; one that dies while it sets the flag
/// has set it, or has not.
///
/// # Python
///
/// `multiprocessing.Event`, where a waiter may miss a set that is followed by a clear. Among threads alone,
/// use the `Event` of the thread pool's crate.
///
/// ```
/// use executor_process::{Event, ProcessPoolExecutor};
///
/// fn wait_for((ready, name): (Event, String)) -> String {
///     ready.wait();
///     format!("{name} has gone on")
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     executor_process::init();
///     let pool = ProcessPoolExecutor::new()?;
///     let ready = Event::new()?;
///     let waiter = pool.submit(wait_for, (ready.clone(), "the worker".to_owned()))?;
///     ready.set();
///     assert_eq!(waiter.result()?, "the worker has gone on");
///     Ok(())
/// }
/// # use executor_core::Executor;
/// ```
#[derive(Clone, Serialize, Deserialize)]
pub struct Event {
    #[serde(with = "super::travel")]
    signal: Arc<Segment<Signal>>,
}

impl Event {
    /// An event that is not set.
    ///
    /// # Errors
    ///
    /// There is no memory, or no descriptor, to be had.
    pub fn new() -> io::Result<Self> {
        Ok(Self { signal: Arc::new(Segment::create()?) })
    }

    /// Whether it is set. Does not block.
    #[inline]
    pub fn is_set(&self) -> bool {
        self.signal.is_set()
    }

    /// Sets it, and wakes everybody who waits. Does nothing if it is set.
    pub fn set(&self) {
        self.signal.set();
    }

    /// Clears it, so that whoever comes now waits for the next [`set`](Self::set). Does nothing if it is
    /// clear.
    pub fn clear(&self) {
        self.signal.clear();
    }

    /// Waits until it is set. Returns at once if it is.
    #[inline]
    pub fn wait(&self) {
        self.signal.wait(Waiting::forever);
    }

    /// Waits until it is set, for so long at most; `false` if the time has passed before.
    ///
    /// A timeout beyond the end of the clock, such as `Duration::MAX`, is for ever.
    ///
    /// ```
    /// use executor_process::Event;
    /// use std::time::Duration;
    ///
    /// let event = Event::new()?;
    /// assert!(!event.wait_timeout(Duration::from_millis(10)));
    /// event.set();
    /// assert!(event.wait_timeout(Duration::ZERO));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[inline]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.signal.wait(|| Waiting::at_most(timeout))
    }
}

/// Whether it is set.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("set", &self.is_set()).finish()
    }
}
