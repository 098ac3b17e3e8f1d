//! A map whose items are worked on in other processes.
//!
//! The items are encoded in this thread, and submitted in batches: one task for up to a thousand items
//! of up to some tens of kilobytes. So the executor has the first of them to hand out while the rest
//! are being encoded, and there is no allocation, lock or queue entry per item. A batch is not a unit
//! of work: the executor hands out as many items at a time as it sees fit, takes back those that
//! nobody has started, and tells the outcome of each item by itself, so that slow, failing and deadly
//! items affect no other.
//!
//! The results are in the same array as those of a map in this process, see `results` and `reader`.
//! Each item is resolved once, by the holder of the `RemoteItems` that it is in. A cancelled map says
//! so in `stop`, which executors look at before they hand items out, and recalls what is out.

use super::job::Control;
use super::places::Places;
use super::reader::Reader;
use super::results::{Handover, Outcome, Results, ResultsArc};
use crate::cell::{Body, Departure, WireTable};
use crate::error::{Rejected, SubmitError, TaskError};
use crate::executor::Executor;
use crate::home;
use crate::id::{ExecutorId, FutureId};
use crate::panics;
use crate::remote::Items;
use crate::sync::Mutex;
use crate::task::Task;
use crate::wire::{
    Attached, Call, Incoming, OutcomeKind, Output, Portable, attach, collecting, copy_arguments,
    decode_outcome, encode_items, write_to,
};
use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;

/// The most items in a batch.
const MAX_ITEMS: usize = 1024;

/// A batch with as many bytes is full.
const FULL: usize = 32 * 1024;

/// Starts a map on an executor whose workers are elsewhere. `call` takes an `A` and returns an `R`.
pub(super) fn start<E, A, R>(
    executor: &E,
    call: Call,
    items: Vec<A>,
    handover: Handover<R>,
    chunksize: Option<usize>,
) -> Result<Reader<R>, SubmitError>
where
    E: Executor + ?Sized,
    A: Portable,
    R: Portable,
{
    if u32::try_from(items.len()).is_err() {
        return Err(SubmitError::InvalidArgument(
            "a map of more than 2^32 - 1 items needs a buffersize",
        ));
    }
    let places = Places::new(items.len());
    let job = Arc::new(Job {
        results: ResultsArc::new(Results::new(items.len(), places, handover)),
        chunksize,
        batches: Mutex::new(Vec::new()),
    });
    let mut items = items.into_iter();
    let mut first = 0;
    while !items.as_slice().is_empty() {
        let mut batch = Batch::new(call, first, &job);
        let filled = batch.fill(items.as_slice());
        let count = batch.count;
        submit(executor, batch)?;
        first += count;
        if let Err(error) = filled {
            // This item alone fails; a batch is a range, so the next items are in another one.
            job.results.store(first as usize, Outcome::Failed(error));
            first += 1;
        }
        let left = job.results.len() - first as usize;
        while items.len() > left {
            let sent = items.next();
            if std::mem::needs_drop::<A>() {
                panics::contain("dropping an item that was sent", || drop(sent));
            }
        }
    }
    let results = ResultsArc::clone(&job.results);
    Ok(Reader::new(results, job, None))
}

fn submit<E: Executor + ?Sized, R: Portable>(
    executor: &E,
    batch: Batch<R>,
) -> Result<(), SubmitError> {
    if batch.count == 0 {
        return Ok(());
    }
    let job = Arc::clone(&batch.job);
    let (task, future) = Task::from_body(batch, None);
    executor.execute(task).map_err(|Rejected { reason, .. }| reason)?;
    job.batches.lock().push((future.raw().home(), future.id()));
    Ok(())
}

/// What all batches of a map share.
struct Job<R> {
    results: ResultsArc<R>,
    chunksize: Option<usize>,
    /// What can be recalled, and from where.
    batches: Mutex<Vec<(Option<ExecutorId>, FutureId)>>,
}

impl<R> Job<R> {
    /// Fails whatever the executor has that was not started.
    fn recall(&self, error: &TaskError) {
        let batches = std::mem::take(&mut *self.batches.lock());
        for (home, batch) in batches {
            for items in home::recall_batch(home, batch) {
                items.fail_all(error);
            }
        }
    }
}

impl<R: Portable> Control for Job<R> {
    /// Nobody here can: the work is elsewhere.
    fn help(&self) -> bool {
        false
    }

    fn stop(&self, error: TaskError) {
        if self.results.stop.set(error.clone()).is_ok() {
            self.recall(&error);
        }
    }

    /// There are none.
    fn meet(&self) {}
}

impl<R: Portable> Items for Job<R> {
    fn complete(
        &self,
        index: u32,
        kind: OutcomeKind,
        bytes: Incoming<'_>,
        attachments: Attached,
    ) -> bool {
        let outcome = decode_outcome(kind, bytes, attachments);
        let is_value = outcome.is_ok();
        self.results.store(index as usize, outcome.map_or_else(Outcome::Failed, Outcome::Value));
        is_value
    }

    fn fail(&self, index: u32, error: TaskError) {
        self.results.store(index as usize, Outcome::Failed(error));
    }

    fn stopped(&self) -> Option<TaskError> {
        self.results.stop.get().cloned()
    }

    fn chunksize(&self) -> Option<usize> {
        self.chunksize
    }
}

/// Some consecutive items, encoded: what a task of such a map is made of.
struct Batch<R> {
    call: Call,
    bytes: Vec<u8>,
    attachments: Attached,
    first: u32,
    count: u32,
    job: Arc<Job<R>>,
}

impl<R> Batch<R> {
    fn new(call: Call, first: u32, job: &Arc<Job<R>>) -> Self {
        Self {
            call,
            bytes: Vec::new(),
            attachments: Attached::none(),
            first,
            count: 0,
            job: Arc::clone(job),
        }
    }

    fn range(&self) -> Range<u32> {
        self.first..self.first + self.count
    }

    /// Resolves the items, none of which will be run.
    fn fail(&self, error: &TaskError) {
        for index in self.range() {
            self.job.results.store(index as usize, Outcome::Failed(error.clone()));
        }
    }

    /// Encodes items until the batch is full, or one does not encode, of which nothing is left behind.
    fn fill<A: Portable>(&mut self, items: &[A]) -> Result<(), TaskError> {
        let items = &items[..items.len().min(MAX_ITEMS)];
        let (filled, attachments) = collecting(|| {
            write_to(&mut self.bytes, |output| Ok(encode_items(items, FULL, output)))
        });
        let Ok::<_, Infallible>((count, result)) = filled;
        self.count = count;
        // An item with attachments is the last of its batch, so one that failed leaves none.
        if result.is_ok() {
            self.attachments = attachments;
        }
        result
    }
}

impl<R: Portable> Body for Batch<R> {
    type Output = ();

    const WIRE: Option<WireTable> = Some(WireTable { encode: Self::encode, decode: Self::decode });

    /// In this process, for an executor that is remote only in name.
    fn call(self) {
        let mut rest = &self.bytes[..];
        for index in self.range() {
            let (len, tail) = rest.split_at(4);
            let len = u32::from_le_bytes([len[0], len[1], len[2], len[3]]);
            let (item, tail) = tail.split_at(len as usize);
            rest = tail;
            if let Some(error) = self.job.stopped() {
                self.job.fail(index, error);
                continue;
            }
            let mut bytes = Vec::new();
            let ran = write_to(&mut bytes, |output| {
                Ok::<_, TaskError>(self.call.run(item, self.attachments.clone(), output))
            });
            if let Ok(ran) = ran {
                self.job.complete(index, ran.kind, Incoming::private(&bytes), ran.attachments);
            }
        }
    }

    /// No item is left without an outcome, whatever an executor does with the task.
    fn discard(self, error: &TaskError) {
        self.fail(self.job.results.stop.get().unwrap_or(error));
    }
}

impl<R: Portable> Batch<R> {
    /// # Safety
    ///
    /// `body` points to a `Self`.
    unsafe fn encode(body: *const (), output: &mut Output<'_>) -> Result<Departure, TaskError> {
        // SAFETY: the caller vouches for the type.
        let this = unsafe { &*body.cast::<Self>() };
        copy_arguments(&this.bytes, output).inspect_err(|error| this.fail(error))?;
        for attachment in &*this.attachments {
            attach(Arc::clone(attachment));
        }
        let items: Arc<dyn Items> = Arc::clone(&this.job) as _;
        Ok(Departure { call: this.call, items: Some((items, this.range())) })
    }

    /// Not used: the outcomes of a batch are those of its items.
    ///
    /// # Safety
    ///
    /// `slot` is an empty slot for a `Result<(), TaskError>`.
    unsafe fn decode(
        slot: *mut (),
        _kind: OutcomeKind,
        _bytes: Incoming<'_>,
        _attachments: Attached,
    ) -> bool {
        // SAFETY: the caller vouches for the slot.
        unsafe { slot.cast::<Result<(), TaskError>>().write(Ok(())) };
        true
    }
}
