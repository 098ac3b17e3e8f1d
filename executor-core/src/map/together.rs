//! A map whose results are wanted all together: one future for the list of them.

use super::job::{self, Control};
use super::options::MapOptions;
use super::remote;
use super::results::Handover;
use crate::error::SubmitError;
use crate::executor::Executor;
use crate::future::Future;
use crate::id::ExecutorId;
use crate::promise::promise;
use crate::wire::{Call, Portable};
use crate::worker;
use std::fmt;
use std::sync::Arc;

/// What a waiting thread can do about a map that is on its own pool.
pub(crate) struct Helper {
    job: Arc<dyn Control>,
    /// Whose workers may help.
    home: ExecutorId,
}

impl Helper {
    pub(super) fn new(job: Arc<dyn Control>, home: ExecutorId) -> Self {
        Self { job, home }
    }

    /// Runs items that nobody has started, if this thread works for the map's executor, until there
    /// are none or `over`.
    pub(crate) fn help(&self, over: impl Fn() -> bool) {
        if worker::current_executor() == Some(self.home) {
            while !over() && self.job.help() {}
        }
    }
}

impl fmt::Debug for Helper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Helper").field("home", &self.home).finish_non_exhaustive()
    }
}

/// Starts a map of `f` whose results come together: when every item has an outcome, the future has
/// the list of the values, or the error of the item that failed first.
///
/// In another process `call` does what `f` does here.
pub(crate) fn together<E, F, A, R>(
    executor: &E,
    f: F,
    call: Call,
    items: Vec<A>,
    options: MapOptions,
) -> Result<(Future<Vec<R>>, Option<Helper>), SubmitError>
where
    E: Executor + ?Sized,
    F: Fn(A) -> R + Send + Sync + 'static,
    A: Portable,
    R: Portable,
{
    options.check()?;
    let (promise, future) = promise();
    if items.is_empty() {
        let _it_is_pending = promise.set_result(Vec::new());
        return Ok((future, None));
    }
    let handover = Handover::Together(promise);
    let reader = if executor.is_remote() {
        remote::start(executor, call, items, handover, options.chunksize())?
    } else {
        job::start(executor, f, items, handover)?
    };
    Ok((future, reader.into_helper()))
}
