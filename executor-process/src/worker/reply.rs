//! Sending outcomes.

use super::EXIT_ORPHANED;
use crate::shared::courier::Courier;
use crate::transport::bell::Bell;
use crate::transport::beside::{Beside, Refusal};
use crate::transport::channel::Sender;
use crate::transport::depot::{Depot, MAX_SEGMENTS, Packed, Parcel, Segment};
use crate::transport::message::ToPool;
use crate::transport::outlet::{self, Payload, Results, STARTED};
use crate::transport::region::{Region, Word};
use executor_core::wire::{Attached, OutcomeKind, Output, Ran};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::Ordering::Acquire;
use std::time::{Duration, Instant};

/// How many bytes of large results may wait for the pool to read them.
const MAX_UNREAD: usize = 1 << 30;

/// How long to wait for others when the user has more descriptors on their way than the system allows.
const CROWDED: Duration = Duration::from_secs(5);

/// The way back to the pool, for all threads of a worker.
pub(super) struct Reply {
    depot: Arc<Depot>,
    sender: Sender<ToPool>,
    line: Courier,
    ring: Mutex<Ring>,
}

#[derive(Default)]
struct Ring {
    results: Results,
    /// Large results that the pool has not read yet, oldest first.
    unread: VecDeque<(Segment, usize)>,
    unread_bytes: usize,
    /// How many the pool has read, as last seen.
    read: u64,
    /// The number of the next message of what travels beside outcomes.
    message: u32,
}

impl Reply {
    pub(super) fn new(depot: Arc<Depot>, sender: Sender<ToPool>, line: Courier) -> Self {
        Self { depot, sender, line, ring: Mutex::default() }
    }

    /// What a thread writes its outcomes to, one after another.
    pub(super) fn parcel(&self) -> Parcel<'_> {
        Parcel::new(Vec::new(), &self.depot, outlet::MAX_RING)
    }

    /// Runs something that writes an outcome, and publishes it. To be followed by
    /// [`ring_bell`](Self::ring_bell).
    pub(super) fn send(
        &self,
        region: &Region,
        number: u32,
        parcel: &mut Parcel<'_>,
        run: impl FnOnce(&mut Output<'_>) -> Ran,
    ) {
        let mut output = Output::new(parcel);
        let Ran { kind, attachments } = run(&mut output);
        let len = output.len();
        let packed = parcel.pack(len);
        let mut ring = self.ring.lock();
        let mut count = 0;
        if !attachments.is_empty() {
            match self.send_beside(region, &mut ring, attachments) {
                Ok(sent) => count = sent,
                Err(reason) => {
                    let reason = Payload::Bytes(reason.as_bytes());
                    ring.publish(region, number, OutcomeKind::Result as u8, 0, reason);
                    return;
                }
            }
        }
        match packed {
            Packed::Small(bytes) => {
                ring.publish(region, number, kind as u8, count, Payload::Bytes(bytes));
            }
            Packed::Large(segment, len) => {
                let payload = Payload::Depot { offset: segment.offset(), len: len as u64 };
                ring.publish(region, number, kind as u8, count, payload);
                ring.keep(region, segment, len);
            }
        }
    }

    /// Sends what travels beside an outcome, before that is published; says how many things it was.
    ///
    /// What has not been read yet belongs to outcomes that are published, so the pool makes room for it.
    #[cold]
    fn send_beside(
        &self,
        region: &Region,
        ring: &mut Ring,
        attachments: Attached,
    ) -> Result<u16, String> {
        let beside = Beside::of(attachments)?;
        let start = Instant::now();
        let mut nap = Duration::from_micros(20);
        loop {
            match beside.send(&self.line, ring.message) {
                Ok(()) => break,
                Err(Refusal::Gone) => std::process::exit(EXIT_ORPHANED),
                Err(Refusal::Full) => {}
                Err(Refusal::Crowded) if start.elapsed() < CROWDED => {}
                Err(refusal) => return Err(refusal.reason()),
            }
            self.ring_bell(region); // outcomes may have been published and not announced
            std::thread::sleep(nap);
            nap = (2 * nap).min(Duration::from_millis(1));
        }
        ring.message = ring.message.wrapping_add(1);
        Ok(beside.len())
    }

    /// Publishes that a task has been started.
    pub(super) fn announce(&self, region: &Region, number: u32) {
        self.ring.lock().publish(region, number, STARTED, 0, Payload::Bytes(&[]));
        self.ring_bell(region);
    }

    /// Publishes that a task's argument could not be had.
    pub(super) fn refuse(&self, region: &Region, number: u32, reason: &dyn Display) {
        let reason = reason.to_string();
        let payload = Payload::Bytes(reason.as_bytes());
        self.ring.lock().publish(region, number, OutcomeKind::Argument as u8, 0, payload);
        self.ring_bell(region);
    }

    /// Wakes the pool's reader if it sleeps.
    fn ring_bell(&self, region: &Region) {
        if self.must_wake(region) {
            self.wake();
        }
    }

    /// Whether the pool's reader sleeps, and [`wake`](Self::wake) is now the caller's duty.
    pub(super) fn must_wake(&self, region: &Region) -> bool {
        Bell(region.word(Word::PoolBell)).ring()
    }

    /// Wakes the pool's reader.
    pub(super) fn wake(&self) {
        self.tell(ToPool::Wake);
    }

    fn tell(&self, message: ToPool) {
        if self.sender.send(message).is_err() {
            std::process::exit(EXIT_ORPHANED); // nobody is there to hear of anything
        }
    }
}

impl Ring {
    /// Publishes a frame when there is room for it.
    ///
    /// There nearly always is. If not, the pool's reader is busy with something for which it keeps
    /// more than a hundred thousand outcomes waiting, and will not notice if we look rarely.
    fn publish(
        &mut self,
        region: &Region,
        number: u32,
        kind: u8,
        attachments: u16,
        payload: Payload<'_>,
    ) {
        let mut nap = Duration::from_micros(20);
        while !self.results.try_publish(region, number, kind, attachments, payload) {
            std::thread::sleep(nap);
            nap = (2 * nap).min(Duration::from_millis(1));
        }
    }

    /// Keeps a large result until the pool has read it, and lets go of those that it has read.
    fn keep(&mut self, region: &Region, segment: Segment, len: usize) {
        self.unread.push_back((segment, len));
        self.unread_bytes += len;
        let mut nap = Duration::from_micros(20);
        loop {
            let read = region.wide_word(Word::LargeRead).load(Acquire);
            while self.read < read {
                self.read += 1;
                if let Some((_, len)) = self.unread.pop_front() {
                    self.unread_bytes -= len;
                }
            }
            let much = self.unread_bytes > MAX_UNREAD || self.unread.len() > MAX_SEGMENTS / 2;
            if !much || self.unread.len() <= 1 {
                return;
            }
            std::thread::sleep(nap);
            nap = (2 * nap).min(Duration::from_millis(1));
        }
    }
}
