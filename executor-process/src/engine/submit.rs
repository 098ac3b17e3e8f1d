//! From a task to an entry: encoding, in the submitting thread and without a lock.

use super::Shared;
use super::entry::{Entry, Extra, Payload, Work};
use crate::bootstrap::image::Image;
use crate::transport::beside::Beside;
use crate::transport::depot::Parcel;
use crate::transport::inlet;
use executor_core::wire::Output;
use executor_core::{Departed, Encoded, Rejected, SubmitError, Task, TaskError};
use std::cell::Cell;
use std::sync::atomic::Ordering;

/// What is longer goes to the depot.
const LARGE: usize = inlet::MAX_RING;

thread_local! {
    /// Where arguments are encoded. Kept, so that small ones need no allocation.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Shared {
    /// Accepts a task, or gives it back.
    pub(crate) fn execute(&self, task: Task) -> Result<(), Rejected> {
        // First counted, then looked: whoever closes the pool first closes, then looks at the count.
        self.incoming.fetch_add(1, Ordering::SeqCst);
        if self.refusing.load(Ordering::SeqCst) {
            let reason = self.with(|state, after| {
                self.incoming.fetch_sub(1, Ordering::SeqCst);
                self.settle(state, after);
                match &state.broken {
                    Some(broken) => SubmitError::Broken(broken.clone()),
                    None => SubmitError::ShutDown,
                }
            });
            return Err(Rejected::new(task, reason));
        }
        let entry = self.encode(task);
        self.with(|state, after| {
            self.incoming.fetch_sub(1, Ordering::SeqCst);
            if let Some(entry) = entry {
                self.accept(state, entry, after);
            }
            self.settle(state, after);
        });
        Ok(())
    }

    /// Encodes a task. If that fails its future has the error, and there is nothing to run.
    fn encode(&self, task: Task) -> Option<Entry> {
        task.set_home(self.id);
        let buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
        let mut parcel = Parcel::new(buffer, &self.arguments, LARGE).may_stay();
        let mut output = Output::new(&mut parcel);
        let encoded = task.encode(&mut output);
        let len = output.len();
        let payload = Payload::new(parcel.pack(len));
        let mut buffer = parcel.into_buffer();
        buffer.shrink_to(LARGE);
        let _at_the_end_of_a_thread = BUFFER.try_with(|kept| kept.set(buffer));
        let Encoded { call, attachments, departed } = encoded.ok()?;
        let work = match departed {
            Departed::One(task) => Work::One(task),
            Departed::Many(items) => Work::Many(items),
        };
        let image = Image::main();
        let offsets = image.offset(call.function()).zip(image.offset(call.trampoline()));
        let beside = Beside::of(attachments);
        let (function, trampoline) = offsets.unwrap_or_default();
        let mut entry = Entry { work, payload, function, trampoline, turn: 0, extra: None };
        let refusal = match beside {
            _ if offsets.is_none() => Some(
                "its function is in a shared library; workers can be told only functions of the \
                 program itself"
                    .to_owned(),
            ),
            Ok(beside) => {
                if !beside.is_empty() {
                    let ends = beside.has_ends();
                    entry.extra = Some(Box::new(Extra { attempts: 0, beside, ends }));
                }
                None
            }
            Err(reason) => Some(reason),
        };
        if let Some(reason) = refusal {
            entry.fail(&TaskError::not_sent(reason));
            return None;
        }
        Some(entry)
    }
}
