//! What processes wait at, held by a manager: queues, locks, semaphores, events and barriers.
//!
//! These lie in shared memory ([`Queue`](crate::Queue), [`Lock`](crate::Lock) and so on), and are
//! used there, without asking the manager, who keeps one handle so that they stay. A process gets a handle
//! of its own from the manager when it first uses the proxy.
//!
//! What is tied to the manager is the end: each method first looks whether the manager is still there, and so does, now
//! and then, whoever waits.

mod locks;
mod queue;
mod signals;

pub use locks::ManagedLockError;

use super::error::ManagerError;
use super::proxy::Proxy;
use executor_core::Portable;
use std::time::{Duration, Instant};

/// How long to wait before looking for the manager again.
const SLICE: Duration = Duration::from_millis(100);

impl<H: Portable + Clone + Sync> Proxy<H> {
    /// This process's own handle.
    fn handle(&self) -> Result<&H, ManagerError> {
        if self.is_gone() {
            return Err(ManagerError::Gone);
        }
        self.kept(|| self.call(|handle: &mut H, ()| handle.clone(), ()))
    }

    /// Tries for so long, or for ever, in slices; `None` if the time is over.
    fn in_slices<'h, R>(
        &'h self,
        limit: Option<Duration>,
        mut attempt: impl FnMut(&'h H, Duration) -> Option<R>,
    ) -> Result<Option<R>, ManagerError> {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let slice = left.map_or(SLICE, |left| left.min(SLICE));
            let result = attempt(self.handle()?, slice);
            if result.is_some() || left.is_some_and(|left| left <= SLICE) {
                return Ok(result);
            }
        }
    }

    /// Waits for ever.
    fn until<'h, R>(
        &'h self,
        attempt: impl FnMut(&'h H, Duration) -> Option<R>,
    ) -> Result<R, ManagerError> {
        let result = self.in_slices(None, attempt)?;
        Ok(result.expect("without a deadline there is no end but a result"))
    }
}
