//! Identities: of futures, which may key a map, and of executors.

use std::cell::Cell;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The identity of a future, unique in this process for as long as it runs.
///
/// Handles compare and hash by it, and it outlives them: use it to remember what a future was for,
/// where Python keeps a `dict` keyed by the future itself.
///
/// ```
/// use executor_core::{Executor, InlineExecutor, as_completed};
/// use std::collections::HashMap;
///
/// let pool = InlineExecutor::new();
/// let mut urls = HashMap::new();
/// let mut futures = Vec::new();
/// for url in ["a", "bc"] {
///     let future = pool.submit(|url: String| url.len(), url.to_string())?;
///     urls.insert(future.id(), url);
///     futures.push(future);
/// }
/// for future in as_completed(futures) {
///     let url = urls[&future.id()];
///     assert_eq!(future.result()?, url.len());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FutureId(u64);

impl FutureId {
    /// The next identity. Threads draw blocks from one counter, so that neighbours do not contend.
    #[inline]
    pub(crate) fn next() -> Self {
        const BLOCK: u64 = 1024;
        static NEXT_BLOCK: AtomicU64 = AtomicU64::new(1);
        thread_local! {
            static REST: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
        }
        REST.with(|rest| {
            let (mut next, mut end) = rest.get();
            if next == end {
                next = NEXT_BLOCK.fetch_add(BLOCK, Ordering::Relaxed);
                end = next + BLOCK;
            }
            rest.set((next + 1, end));
            Self(next)
        })
    }

    /// The identity with this number, which was that of one.
    #[cfg(target_pointer_width = "64")]
    pub(crate) fn from_u64(number: u64) -> Self {
        Self(number)
    }

    /// The identity as a number, for logs.
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for FutureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl fmt::Display for FutureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// The identity of an executor, by which a worker recognises the tasks of its own pool.
///
/// Executors whose workers may wait for each other's tasks draw one with [`ExecutorId::next`] and
/// stamp it on what they accept with [`Task::set_home`](crate::task::Task::set_home).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExecutorId(NonZeroU32);

impl ExecutorId {
    /// An identity that no other executor of this process has.
    ///
    /// After 2^32 executors the numbers start again; by then the first ones are long gone.
    pub fn next() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        loop {
            if let Some(id) = NonZeroU32::new(NEXT.fetch_add(1, Ordering::Relaxed)) {
                return Self(id);
            }
        }
    }

    /// As stored in a cell, where 0 stands for none.
    pub(crate) fn to_raw(id: Option<Self>) -> u32 {
        id.map_or(0, |id| id.0.get())
    }

    pub(crate) fn from_raw(raw: u32) -> Option<Self> {
        NonZeroU32::new(raw).map(Self)
    }
}
