//! [`RemoteTask`] and [`RemoteItems`]: what stays of a task here while it is in another process.

use crate::cell::RawTask;
use crate::error::TaskError;
use crate::id::FutureId;
use crate::options::TaskOptions;
use crate::state::{self, CANCELLED, FAILED, RUNNING};
use crate::task::debug;
use crate::wire::{Attached, Call, Incoming, OutcomeKind};
use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// A task that was encoded: what is to be called elsewhere, and who waits for the outcome here.
#[derive(Debug)]
pub struct Encoded {
    /// What to call with the bytes.
    pub call: Call,
    /// What travels beside them. Those of a batch belong to all of its items.
    pub attachments: Attached,
    /// Who waits.
    pub departed: Departed,
}

/// One task, or many that were submitted together by a `map`.
#[derive(Debug)]
pub enum Departed {
    /// The bytes are one argument.
    One(RemoteTask),
    /// The bytes are one argument after another, each after its length, four bytes little-endian.
    Many(RemoteItems),
}

/// A task whose argument has been encoded: what stays here while it runs in another process.
///
/// Dropping it without completing it fails the future with [`TaskError::Abandoned`].
pub struct RemoteTask(pub(crate) RawTask);

impl RemoteTask {
    /// The identity that the future for this task shows.
    pub fn id(&self) -> FutureId {
        self.0.id()
    }

    /// The options it was submitted with, if any.
    pub fn options(&self) -> Option<&TaskOptions> {
        self.0.options()
    }

    /// Whether the future was cancelled, so that the work need not be done.
    pub fn is_cancelled(&self) -> bool {
        self.0.load() & CANCELLED != 0
    }

    /// Notes that a worker may start the task at any moment: from now on whoever wants to cancel it
    /// asks its [home](crate::home), stamped with [`Task::set_home`](crate::Task::set_home), first.
    ///
    /// `false` if it was cancelled before. To be called before the worker can see the task.
    pub fn ship(&self) -> bool {
        self.0.set_shipped();
        if self.is_cancelled() {
            self.0.clear_shipped();
            return false;
        }
        true
    }

    /// Takes [`ship`](Self::ship) back: no worker can start the task any more.
    pub fn unship(&self) {
        self.0.clear_shipped();
    }

    /// Notes that a worker has started the task: it shows as running and cannot be cancelled.
    ///
    /// `false` if it was cancelled before; the outcome, if one arrives, is of no interest then.
    pub fn start(&self) -> bool {
        self.0.try_start() || state::phase(self.0.load()) == RUNNING
    }

    /// Notes that the worker which had started the task is gone and it will be started anew.
    pub fn unstart(&self) {
        if state::phase(self.0.load()) == RUNNING {
            self.0.unlock_body();
        }
    }

    /// Decodes the outcome that [`Call::run`] wrote, and completes the future.
    ///
    /// Bytes that do not decode become the future's error. Says whether the outcome is a value.
    pub fn complete(self, kind: OutcomeKind, bytes: Incoming<'_>, attachments: Attached) -> bool {
        if !self.start() {
            return false;
        }
        let raw = ManuallyDrop::new(self).0;
        let is_value = raw.store_encoded(kind, bytes, attachments);
        raw.finish(true, if is_value { 0 } else { FAILED });
        is_value
    }

    /// Completes the future with an error, unless it was cancelled before.
    pub fn fail(self, error: TaskError) {
        if self.start() {
            let raw = ManuallyDrop::new(self).0;
            raw.store_error(error);
            raw.finish(true, FAILED);
        }
    }

    /// Cancels the future, of which no worker has the task; says whether it is cancelled now.
    pub fn cancel(self) -> bool {
        self.unship();
        self.0.cancel()
    }
}

impl Drop for RemoteTask {
    fn drop(&mut self) {
        if self.start() {
            self.0.store_error(TaskError::Abandoned);
            self.0.finish(false, FAILED);
        }
        self.0.drop_ref();
    }
}

impl fmt::Debug for RemoteTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug("RemoteTask", self.0, f)
    }
}

/// Who is told the outcomes of a batch.
pub(crate) trait Items: Send + Sync {
    /// Decodes and keeps the outcome of one item; says whether it is a value.
    fn complete(
        &self,
        index: u32,
        kind: OutcomeKind,
        bytes: Incoming<'_>,
        attachments: Attached,
    ) -> bool;
    /// Makes an error the outcome of one item.
    fn fail(&self, index: u32, error: TaskError);
    /// The error for all items that have not been started, if no more are to be.
    fn stopped(&self) -> Option<TaskError>;
    /// How many items at least are to be handed out together, if the user said.
    fn chunksize(&self) -> Option<usize>;
}

/// Some items of a batch that a `map` has submitted, resolved one by one from the front.
///
/// They can be handed to workers in smaller lots, by [`split_off`](Self::split_off). Dropping it fails
/// the items that are left with [`TaskError::Abandoned`].
pub struct RemoteItems {
    batch: Arc<Batch>,
    next: u32,
    end: u32,
}

/// The cell of the batch, completed when the last of its items is resolved.
struct Batch {
    raw: RawTask,
    items: Arc<dyn Items>,
}

impl Drop for Batch {
    fn drop(&mut self) {
        if self.raw.try_start() {
            self.raw.store_error(TaskError::Abandoned); // nobody looks at it: the items have it all
            self.raw.finish(false, 0);
        }
        self.raw.drop_ref();
    }
}

impl RemoteItems {
    /// Takes over a reference to the cell.
    pub(crate) fn new(raw: RawTask, items: Arc<dyn Items>, range: std::ops::Range<u32>) -> Self {
        Self { batch: Arc::new(Batch { raw, items }), next: range.start, end: range.end }
    }

    /// The identity of the batch that the items are of.
    pub fn id(&self) -> FutureId {
        self.batch.raw.id()
    }

    /// How many are to be handed out together, if the user of the map said so.
    pub fn chunksize(&self) -> Option<usize> {
        self.batch.items.chunksize()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        (self.end - self.next) as usize
    }

    /// Whether all have been resolved.
    pub fn is_empty(&self) -> bool {
        self.next == self.end
    }

    /// Whether the map was cancelled, so that the work need not be done.
    pub fn is_cancelled(&self) -> bool {
        self.batch.items.stopped().is_some()
    }

    /// Keeps the first `count` items, and returns the others.
    pub fn split_off(&mut self, count: usize) -> Self {
        let middle = self.end.min(self.next.saturating_add(count.try_into().unwrap_or(u32::MAX)));
        let rest = Self { batch: Arc::clone(&self.batch), next: middle, end: self.end };
        self.end = middle;
        rest
    }

    /// Decodes the outcome of the first item that is left; says whether it is a value.
    pub fn complete_next(
        &mut self,
        kind: OutcomeKind,
        bytes: Incoming<'_>,
        attachments: Attached,
    ) -> bool {
        self.take_next()
            .is_some_and(|index| self.batch.items.complete(index, kind, bytes, attachments))
    }

    /// Makes an error the outcome of the first item that is left.
    pub fn fail_next(&mut self, error: TaskError) {
        if let Some(index) = self.take_next() {
            self.batch.items.fail(index, error);
        }
    }

    fn take_next(&mut self) -> Option<u32> {
        let index = self.next;
        (index < self.end).then(|| {
            self.next += 1;
            index
        })
    }

    /// Makes an error the outcome of all items that are left.
    pub fn fail_all(mut self, error: &TaskError) {
        while !self.is_empty() {
            self.fail_next(error.clone());
        }
    }

    /// Resolves the items that are left as what they are after a cancellation.
    pub fn cancel(self) {
        let error = self.batch.items.stopped().unwrap_or(TaskError::Cancelled);
        self.fail_all(&error);
    }
}

impl Drop for RemoteItems {
    fn drop(&mut self) {
        while !self.is_empty() {
            self.fail_next(TaskError::Abandoned);
        }
    }
}

impl fmt::Debug for RemoteItems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<RemoteItems {} {}..{}>", self.id(), self.next, self.end)
    }
}
