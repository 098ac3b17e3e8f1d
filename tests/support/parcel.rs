//! [`Parcel`]: a task, or items of a map, on the way to another process and back.

use concurrent_futures::wire::{Attached, Call, Incoming, OutcomeKind, Ran, write_to};
use concurrent_futures::{Departed, Encoded, FutureId, RemoteItems, RemoteTask, Task, TaskError};
use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;

/// Something on its way.
#[derive(Debug)]
pub(crate) enum Parcel {
    Letter(Letter),
    Batch(Batch),
}

/// A task.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) call: Call,
    pub(crate) bytes: Vec<u8>,
    pub(crate) attachments: Attached,
    pub(crate) remote: RemoteTask,
}

/// Items of a map.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) call: Call,
    /// The items, each after its length.
    pub(crate) bytes: Arc<[u8]>,
    /// Where the first that is left starts.
    pub(crate) start: usize,
    pub(crate) attachments: Attached,
    pub(crate) items: RemoteItems,
}

/// What comes back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) kind: OutcomeKind,
    pub(crate) bytes: Vec<u8>,
    pub(crate) attachments: Attached,
}

impl Parcel {
    /// Encodes a task.
    pub(crate) fn pack(task: Task) -> Result<Self, TaskError> {
        let mut bytes = Vec::new();
        let encoded = write_to(&mut bytes, |output| task.encode(output))?;
        let Encoded { call, attachments, departed } = encoded;
        Ok(match departed {
            Departed::One(remote) => Self::Letter(Letter { call, bytes, attachments, remote }),
            Departed::Many(items) => {
                let bytes = bytes.into();
                Self::Batch(Batch { call, bytes, start: 0, attachments, items })
            }
        })
    }

    pub(crate) fn id(&self) -> FutureId {
        match self {
            Self::Letter(letter) => letter.remote.id(),
            Self::Batch(batch) => batch.items.id(),
        }
    }

    /// Does all of the work, and brings back what comes of it.
    pub(crate) fn run(self) {
        match self {
            Self::Letter(letter) => letter.run(),
            Self::Batch(batch) => batch.run(),
        }
    }

    pub(crate) fn cancel(self) {
        match self {
            Self::Letter(letter) => {
                letter.remote.cancel();
            }
            Self::Batch(batch) => batch.items.cancel(),
        }
    }
}

impl Letter {
    pub(crate) fn run(self) {
        if self.remote.start() {
            let Reply { kind, bytes, attachments } =
                reply(self.call, &self.bytes, self.attachments);
            self.remote.complete(kind, Incoming::private(&bytes), attachments);
        }
    }
}

impl Batch {
    fn run(mut self) {
        while !self.items.is_empty() {
            if self.items.is_cancelled() {
                return self.items.cancel();
            }
            self.run_first();
        }
    }

    /// Runs one item.
    pub(crate) fn run_first(&mut self) {
        let item = self.first();
        self.start = item.end;
        let beside = self.attachments.clone();
        let Reply { kind, bytes, attachments } = reply(self.call, &self.bytes[item], beside);
        self.items.complete_next(kind, Incoming::private(&bytes), attachments);
    }

    /// Keeps the first item, and returns the others if there are any.
    pub(crate) fn split_off_rest(&mut self) -> Option<Self> {
        let items = self.items.split_off(1);
        let Self { call, bytes, attachments, .. } = &*self;
        let (bytes, attachments) = (Arc::clone(bytes), attachments.clone());
        let start = self.first().end;
        (!items.is_empty()).then_some(Self { call: *call, bytes, start, attachments, items })
    }

    /// Where the bytes of the first item are.
    fn first(&self) -> Range<usize> {
        let length = self.bytes[self.start..].first_chunk().expect("it starts with a length");
        let start = self.start + length.len();
        start..start + u32::from_le_bytes(*length) as usize
    }
}

/// What the other process does, and sends back.
pub(crate) fn reply(call: Call, bytes: &[u8], beside: Attached) -> Reply {
    // SAFETY: the addresses are those of a call that a task of this image was encoded to.
    let call = unsafe { Call::from_addresses(call.function(), call.trampoline()) };
    let mut outcome = Vec::new();
    let ran = write_to(&mut outcome, |output| Ok::<_, Infallible>(call.run(bytes, beside, output)));
    let Ok(Ran { kind, attachments }) = ran;
    Reply { kind, bytes: outcome, attachments }
}
