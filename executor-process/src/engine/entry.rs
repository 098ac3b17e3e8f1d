//! [`Entry`]: a task as the pool holds it, encoded, from submission to outcome.

use crate::transport::beside::Beside;
use crate::transport::depot::{Packed, Segment};
use crate::transport::inlet::{self, Argument};
use executor_core::{FutureId, RemoteItems, RemoteTask, TaskError, TaskOptions};
use std::sync::Arc;
use std::time::Duration;

/// Who waits for the outcome.
#[derive(Debug)]
pub(crate) enum Work {
    One(RemoteTask),
    /// Some items of a `map`.
    Many(RemoteItems),
}

/// An encoded argument, or the framed ones of several items.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    /// Most arguments are small, and a queue may hold millions of them.
    Inline {
        len: u8,
        bytes: [u8; Payload::INLINE],
    },
    Heap(Arc<[u8]>),
    /// The part of a batch that begins here.
    Rest {
        batch: Arc<[u8]>,
        start: u32,
        end: u32,
    },
    Large {
        segment: Arc<Segment>,
        len: usize,
    },
}

/// A task in the queue, or with a worker.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) work: Work,
    pub(crate) payload: Payload,
    pub(crate) function: u64,
    pub(crate) trampoline: u64,
    /// Its place in the queue, whenever it is there; of several items, the first one's.
    pub(crate) turn: u64,
    /// What few tasks have.
    pub(crate) extra: Option<Box<Extra>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Extra {
    /// How often it has been started before, by workers that died.
    pub(crate) attempts: u32,
    /// Of the last item, if it is several.
    pub(crate) beside: Beside,
    /// Whether some of that is to be let go of as soon as the task has been started.
    pub(crate) ends: bool,
}

impl Payload {
    const INLINE: usize = 30;

    fn empty() -> Self {
        Self::Inline { len: 0, bytes: [0; Self::INLINE] }
    }

    pub(crate) fn new(packed: Packed<'_>) -> Self {
        match packed {
            Packed::Large(segment, len) => Self::Large { segment: Arc::new(segment), len },
            Packed::Small(small) if small.len() <= Self::INLINE => {
                let mut bytes = [0; Self::INLINE];
                bytes[..small.len()].copy_from_slice(small);
                Self::Inline { len: small.len() as u8, bytes }
            }
            Packed::Small(small) => Self::Heap(Arc::from(small)),
        }
    }

    pub(crate) fn argument(&self) -> Argument<'_> {
        match self {
            Self::Inline { len, bytes } => Argument::Bytes(&bytes[..usize::from(*len)]),
            Self::Heap(bytes) => Argument::Bytes(bytes),
            Self::Rest { batch, start, end } => {
                Argument::Bytes(&batch[*start as usize..*end as usize])
            }
            Self::Large { segment, len } => Argument::Depot(segment.offset(), *len as u64),
        }
    }

    /// Splits the framed items behind the first `count` off. Not for large ones.
    fn split_off(&mut self, count: usize) -> Self {
        let (batch, start, end) = match std::mem::replace(self, Self::empty()) {
            Self::Inline { len, bytes } => (Arc::from(&bytes[..]), 0, u32::from(len)),
            Self::Heap(batch) => {
                let end = batch.len() as u32; // what is longer is large
                (batch, 0, end)
            }
            Self::Rest { batch, start, end } => (batch, start, end),
            large @ Self::Large { .. } => {
                *self = large.clone();
                return large;
            }
        };
        let mut middle = start;
        for _ in 0..count {
            let at = middle as usize;
            let len = [batch[at], batch[at + 1], batch[at + 2], batch[at + 3]];
            middle += 4 + u32::from_le_bytes(len);
        }
        *self = Self::Rest { batch: Arc::clone(&batch), start, end: middle };
        Self::Rest { batch, start: middle, end }
    }

    fn is_large(&self) -> bool {
        matches!(self, Self::Large { .. })
    }
}

impl Entry {
    pub(crate) fn id(&self) -> FutureId {
        match &self.work {
            Work::One(task) => task.id(),
            Work::Many(items) => items.id(),
        }
    }

    pub(crate) fn options(&self) -> Option<&TaskOptions> {
        match &self.work {
            Work::One(task) => task.options(),
            Work::Many(_) => None,
        }
    }

    /// How many items it has.
    pub(crate) fn items(&self) -> usize {
        match &self.work {
            Work::One(_) => 1,
            Work::Many(items) => items.len(),
        }
    }

    /// How long it may run, in a pool with this default.
    pub(crate) fn deadline(&self, default: Option<Duration>) -> Option<Duration> {
        self.options().and_then(TaskOptions::deadline).or(default)
    }

    pub(crate) fn flags(&self, default: Option<Duration>) -> u8 {
        let ends = self.extra.as_ref().is_some_and(|extra| extra.ends) && self.is_final();
        let announce = ends || self.deadline(default).is_some();
        let announce = if announce { inlet::ANNOUNCE } else { 0 };
        match &self.work {
            Work::One(_) => announce,
            Work::Many(_) => announce | inlet::FRAMED,
        }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        match &self.work {
            Work::One(task) => task.is_cancelled(),
            Work::Many(items) => items.is_cancelled(),
        }
    }

    /// It has come back from a worker that has not started it, and can be cancelled here again.
    pub(crate) fn unship(&self) {
        if let Work::One(task) = &self.work {
            task.unship();
        }
    }

    /// What travels beside the argument, if anything does.
    pub(crate) fn beside(&self) -> Option<&Beside> {
        self.extra.as_ref().map(|extra| &extra.beside).filter(|beside| !beside.is_empty())
    }

    /// Whether it will not be sent again once it has been started.
    fn is_final(&self) -> bool {
        match &self.work {
            Work::One(task) => task.options().is_none_or(|options| options.retries() == 0),
            Work::Many(items) => items.len() == 1,
        }
    }

    /// It has been started. Gives up what will not be sent again, to be dropped without a lock.
    pub(crate) fn release(&mut self) -> Option<Beside> {
        let extra = self.extra.as_ref().filter(|extra| extra.ends)?;
        if extra.beside.is_empty() || !self.is_final() {
            return None;
        }
        self.extra.as_mut().map(|extra| std::mem::take(&mut extra.beside))
    }

    /// Keeps the first `count` items, and returns the others as an entry of their own.
    ///
    /// `None` if there are no others, or they cannot be told apart without looking at much memory.
    pub(crate) fn split_off(&mut self, count: usize) -> Option<Self> {
        let Work::Many(items) = &mut self.work else { return None };
        if count >= items.len() || self.payload.is_large() {
            return None;
        }
        let rest = items.split_off(count);
        Some(Self {
            work: Work::Many(rest),
            payload: self.payload.split_off(count),
            function: self.function,
            trampoline: self.trampoline,
            turn: self.turn + count as u64,
            extra: self.extra.take(), // which is the last item's
        })
    }

    /// Keeps the first `started` items, of which `resolved` are over, and returns the others as an entry
    /// of their own; `None` if there are none.
    ///
    /// Unlike [`split_off`](Self::split_off) it also takes large payloads apart, at the price of a copy.
    pub(crate) fn rest_after(&mut self, started: usize, resolved: usize) -> Option<Self> {
        let Work::Many(items) = &mut self.work else { return None };
        let keep = started - resolved;
        if keep >= items.len() {
            return None;
        }
        let payload = match &mut self.payload {
            Payload::Large { segment, len } => {
                Payload::Heap(Arc::from(behind(segment.bytes(*len), started)?))
            }
            small => small.split_off(started),
        };
        let rest = items.split_off(keep);
        Some(Self {
            work: Work::Many(rest),
            payload,
            function: self.function,
            trampoline: self.trampoline,
            turn: self.turn + started as u64,
            extra: self.extra.take(), // which is the last item's
        })
    }

    /// Ends it without running it. Runs callbacks.
    pub(crate) fn fail(self, error: &TaskError) {
        match self.work {
            Work::One(task) => task.fail(error.clone()),
            Work::Many(items) => items.fail_all(error),
        }
    }

    /// Ends it as cancelled. Runs callbacks.
    pub(crate) fn cancel(self) {
        match self.work {
            Work::One(task) => {
                task.cancel();
            }
            Work::Many(items) => items.cancel(),
        }
    }
}

/// What follows the first `count` framed items.
///
/// `None` if they are not what they were: the memory is one that a worker which has gone wild could get at.
fn behind(mut bytes: &[u8], count: usize) -> Option<&[u8]> {
    for _ in 0..count {
        let (len, rest) = bytes.split_first_chunk()?;
        bytes = rest.get(u32::from_le_bytes(*len) as usize..)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_that_are_not_what_they_were() {
        let bytes = [1, 0, 0, 0, 7, 2, 0, 0, 0, 8, 9];
        assert_eq!(behind(&bytes, 0), Some(&bytes[..]));
        assert_eq!(behind(&bytes, 1), Some(&bytes[5..]));
        assert_eq!(behind(&bytes, 2), Some(&[][..]));
        assert_eq!(behind(&bytes, 3), None);
        assert_eq!(behind(&[3, 0, 0, 0, 7], 1), None);
        assert_eq!(behind(&[255; 8], 1), None);
    }
}
