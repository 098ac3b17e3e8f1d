//! [`Home`]: what a task that has left for another process can still be asked, and through whom.
//!
//! The cell of such a task knows the identity of its executor; the executor registers under it here.
//! So the cell needs no pointer to an executor, which may go away first.

use crate::cell::RawTask;
use crate::id::{ExecutorId, FutureId};
use crate::remote::{RemoteItems, RemoteTask};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock, Weak};

/// An executor that sends tasks to other processes and can say what has become of them.
///
/// Called by whoever cancels, kills, looks at or waits for a task, in their threads and with their
/// locks held: none of these runs code of the user's, but for [`assist`](Self::assist), which may
/// complete the awaited task itself.
pub trait Home: Send + Sync {
    /// Takes a task back that nobody has started, so that nobody will.
    fn recall(&self, task: FutureId) -> Recalled;

    /// Finds out whether a task has been started, and if so calls [`RemoteTask::start`].
    fn look(&self, task: FutureId);

    /// Stops the process that is running the task; says whether there was one to stop.
    ///
    /// The task then fails with [`TaskError::Killed`](crate::TaskError::Killed).
    fn kill(&self, task: FutureId) -> bool;

    /// Waits for the task's outcome for some microseconds without sleeping, and completes it if it
    /// comes; says whether it did.
    ///
    /// `over` tells whether somebody else has completed the task.
    fn assist(&self, task: FutureId, over: &dyn Fn() -> bool) -> bool;
}

/// What came of recalling a task.
#[derive(Debug)]
pub enum Recalled {
    /// It is back, and will not be run unless its executor is given it again.
    Task(RemoteTask),
    /// It is a batch of a `map`, and these items of it are back.
    Items(Vec<RemoteItems>),
    /// Too late: it has been started.
    Started,
    /// It is not yet, or no longer, with a worker; or somebody else is recalling it.
    ///
    /// The canceller asks again until the task is started, cancelled or unshipped, so that it must
    /// not stay like this while user code runs.
    Elsewhere,
}

impl fmt::Debug for dyn Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Home")
    }
}

fn homes() -> &'static RwLock<HashMap<ExecutorId, Weak<dyn Home>>> {
    static HOMES: OnceLock<RwLock<HashMap<ExecutorId, Weak<dyn Home>>>> = OnceLock::new();
    HOMES.get_or_init(RwLock::default)
}

/// Makes `home` the one that tasks stamped with this identity are asked about.
pub fn register(id: ExecutorId, home: Weak<dyn Home>) {
    homes().write().insert(id, home);
}

/// Ends what [`register`] began. Tasks that are still out can no longer be cancelled.
pub fn unregister(id: ExecutorId) {
    let _former = homes().write().remove(&id);
}

fn of(id: Option<ExecutorId>) -> Option<Arc<dyn Home>> {
    homes().read().get(&id?)?.upgrade()
}

pub(crate) fn recall(task: &RawTask) -> Recalled {
    of(task.home()).map_or(Recalled::Started, |home| home.recall(task.id()))
}

/// Takes back what can be had of a batch.
pub(crate) fn recall_batch(id: Option<ExecutorId>, batch: FutureId) -> Vec<RemoteItems> {
    match of(id).map(|home| home.recall(batch)) {
        Some(Recalled::Items(items)) => items,
        _ => Vec::new(),
    }
}

pub(crate) fn look(task: &RawTask) {
    if let Some(home) = of(task.home()) {
        home.look(task.id());
    }
}

pub(crate) fn kill(task: &RawTask) -> bool {
    of(task.home()).is_some_and(|home| home.kill(task.id()))
}

pub(crate) fn assist(task: &RawTask) -> bool {
    let over = || task.is_ready();
    of(task.home()).is_some_and(|home| home.assist(task.id(), &over))
}
