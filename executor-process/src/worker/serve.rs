//! Taking tasks and running them.
//!
//! Every thread of the worker does the same: it takes the next task, under a lock that it also holds
//! while it waits for one, runs it, and sends the outcome. So at most one thread sleeps for the pool to
//! say something, and the others wait for the lock.

use super::pace::Pace;
use super::reply::Reply;
use super::{EXIT_ORPHANED, Serving};
use crate::shared_bytes::attachments_of;
use crate::transport::bell::Bell;
use crate::transport::depot::{DepotReader, Parcel};
use crate::transport::inlet::{ANNOUNCE, FRAMED, Outbound, Taken, claim};
use crate::transport::message::{Attachments, Block, ToWorker};
use crate::transport::region::{Region, Word};
use executor_core::wire::Attached;
use ipc_channel::ipc::IpcReceiver;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::time::{Duration, Instant};

/// The value of `Word::Command` that ends a worker that has nothing left to do.
pub(crate) const EXIT: u32 = 1;

/// How long a worker looks for the next task before it sleeps. Waking it costs some twenty.
const PATIENCE: Duration = Duration::from_micros(50);

/// Serves until the pool says that it is enough.
pub(crate) fn serve(serving: Serving) {
    let Serving { region, arguments, results, receiver, sender, threads } = serving;
    let worker = Worker {
        input: Mutex::new(Input {
            outbound: Outbound::default(),
            receiver,
            received: 0,
            messages: BTreeMap::new(),
        }),
        arguments: Mutex::new(arguments),
        reply: Reply::new(results, sender),
        region,
    };
    std::thread::scope(|scope| {
        for number in 1..threads {
            let thread = std::thread::Builder::new().name(format!("worker-{number}"));
            // A thread less is not the end; the first one serves in any case.
            let _ = thread.spawn_scoped(scope, || worker.work());
        }
        worker.work();
    });
}

/// The outcomes of items that take less than so many nanoseconds are announced together, so many of
/// them. They are published one by one all the same.
const QUICK_ITEM: u32 = 2_000;
const QUICK_ITEMS: u32 = 16;

struct Worker {
    region: Region,
    input: Mutex<Input>,
    arguments: Mutex<DepotReader>,
    reply: Reply,
}

/// What the thread that waits for a task has to itself.
struct Input {
    outbound: Outbound,
    receiver: IpcReceiver<ToWorker>,
    /// How many messages of attachments have been received.
    received: u32,
    /// Attachments of tasks that have not been taken yet.
    messages: BTreeMap<u32, Vec<Block>>,
}

impl Worker {
    fn work(&self) {
        let mut parcel = self.reply.parcel();
        let mut pace = Pace::new();
        while let Some((taken, attachments)) = self.next(&mut pace) {
            self.run(&taken, attachments, &mut parcel, &mut pace);
        }
    }

    /// Waits for a task and starts its first item. `None` when the worker is to end.
    fn next(&self, pace: &mut Pace) -> Option<(Taken, Attached)> {
        let mut input = self.input.lock();
        loop {
            if let Some(taken) = input.outbound.take(&self.region) {
                let blocks = input.attachments_of(&self.region, &taken);
                return Some((taken, blocks));
            }
            if self.region.word(Word::Command).load(Acquire) == EXIT {
                return None;
            }
            pace.measure(self.region.word(Word::Average));
            self.wait(&mut input);
            pace.begin();
        }
    }

    fn has_news(&self, input: &Input) -> bool {
        !input.outbound.is_empty(&self.region)
            || self.region.word(Word::Command).load(Acquire) == EXIT
    }

    /// Waits until there is something to do, at first without sleeping.
    fn wait(&self, input: &mut Input) {
        const LOOKS: u32 = 64;
        for _ in 0..LOOKS {
            if self.has_news(input) {
                return;
            }
            std::hint::spin_loop();
        }
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            std::thread::yield_now(); // there may be more processes than processors
            if self.has_news(input) {
                return;
            }
        }
        let bell = Bell(self.region.word(Word::WorkerBell));
        bell.lie_down();
        if self.has_news(input) {
            if bell.get_up() {
                input.receive_wake(&self.region);
            }
            return;
        }
        if !input.receive(&self.region) && bell.get_up() {
            // Attachments came, and a wake-up behind them.
            input.receive_wake(&self.region);
        }
    }

    /// Runs a task, of which the first item has been started.
    fn run(&self, taken: &Taken, attachments: Attached, parcel: &mut Parcel<'_>, pace: &mut Pace) {
        if taken.descriptor.flags & ANNOUNCE != 0 {
            self.reply.announce(&self.region, taken.number);
        }
        let call = taken.call();
        let large;
        // SAFETY: the outcome of the last item is published by the last call of `send` below, after
        // which the argument is not used.
        let argument = match unsafe { taken.argument(&self.region) } {
            Ok(bytes) => bytes,
            Err((offset, len)) => match self.arguments.lock().find(offset, len) {
                Ok(mapping) => {
                    large = mapping;
                    // SAFETY: the pool wrote so many bytes there and leaves them alone until the
                    // outcome of the last item is published; `large` keeps them mapped.
                    unsafe { std::slice::from_raw_parts(large.as_ptr(), len as usize) }
                }
                Err(error) => {
                    let items = claim(&self.region, taken.number);
                    loop {
                        self.reply.refuse(&self.region, taken.number, &error);
                        if items.start_next().is_none() {
                            return;
                        }
                    }
                }
            },
        };
        if taken.descriptor.flags & FRAMED == 0 {
            self.reply.send(&self.region, taken.number, parcel, |output| {
                call.run(argument, attachments, output)
            });
            self.announce_outcome(pace);
            return;
        }
        let mut rest = argument;
        let mut unannounced = 0;
        loop {
            let (len, tail) = rest.split_at(4);
            let len = u32::from_le_bytes([len[0], len[1], len[2], len[3]]) as usize;
            let (item, tail) = tail.split_at(len);
            rest = tail;
            self.reply.send(&self.region, taken.number, parcel, |output| {
                call.run(item, attachments.clone(), output)
            });
            unannounced += 1;
            if pace.average() > QUICK_ITEM || unannounced == QUICK_ITEMS {
                self.announce_outcome(pace);
                unannounced = 0;
            } else {
                pace.end(self.region.word(Word::Average));
            }
            // If that was the last item the slot may belong to another task by now: the claim word
            // tells.
            if claim(&self.region, taken.number).start_next().is_none() {
                break;
            }
        }
        if unannounced > 0 && self.reply.ring_bell(&self.region) {
            pace.begin();
        }
    }

    /// Sees to it that the pool reads the outcome that was just published.
    fn announce_outcome(&self, pace: &mut Pace) {
        pace.end(self.region.word(Word::Average));
        if self.reply.ring_bell(&self.region) {
            pace.begin(); // waking somebody takes longer than many tasks do, and is not theirs
        }
    }
}

impl Input {
    /// Receives one message; says whether it was a wake-up.
    fn receive(&mut self, region: &Region) -> bool {
        match self.receiver.recv() {
            Ok(ToWorker::Wake) => true,
            Ok(ToWorker::Attachments(Attachments { number, blocks })) => {
                self.messages.insert(number, blocks);
                self.received = self.received.wrapping_add(1);
                region.word(Word::Received).store(self.received, Relaxed);
                false
            }
            // The pool is gone, or out of its mind.
            Ok(ToWorker::Welcome(_) | ToWorker::Refused) | Err(_) => {
                std::process::exit(EXIT_ORPHANED)
            }
        }
    }

    /// Receives up to the wake-up that is on its way.
    fn receive_wake(&mut self, region: &Region) {
        while !self.receive(region) {}
    }

    /// What came beside the argument of a task.
    fn attachments_of(&mut self, region: &Region, taken: &Taken) -> Attached {
        if taken.descriptor.attachments == 0 {
            return Attached::none();
        }
        let number = taken.descriptor.message;
        let blocks = loop {
            if let Some(blocks) = self.messages.remove(&number) {
                break blocks;
            }
            self.receive(region);
        };
        // Those of tasks that were taken back will not be asked for.
        self.messages.retain(|&other, _| other.wrapping_sub(number) < u32::MAX / 2);
        attachments_of(blocks)
    }
}
