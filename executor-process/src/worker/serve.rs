//! Taking tasks and running them.
//!
//! Every thread of the worker does the same: it takes the next task, under a lock that it also holds
//! while it waits for one, runs it, and sends the outcome. So at most one thread sleeps for the pool to
//! say something, and the others wait for the lock.

use super::pace::Pace;
use super::reply::Reply;
use super::{EXIT_ORPHANED, Serving};
use crate::shared::courier::Courier;
use crate::transport::bell::Bell;
use crate::transport::beside::Arrivals;
use crate::transport::channel::Receiver;
use crate::transport::depot::{DepotReader, Parcel};
use crate::transport::inlet::{ANNOUNCE, FRAMED, Outbound, Taken, claim};
use crate::transport::message::ToWorker;
use crate::transport::region::{Region, Word};
use executor_core::wire::Attached;
use parking_lot::Mutex;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::time::{Duration, Instant};

/// The value of `Word::Command` that ends a worker that has nothing left to do.
pub(crate) const EXIT: u32 = 1;

/// How long a worker looks for the next task before it sleeps. Waking it costs some twenty.
const PATIENCE: Duration = Duration::from_micros(50);

/// Serves until the pool says that it is enough.
pub(crate) fn serve(serving: Serving) {
    let Serving { region, arguments, results, receiver, sender, threads, arrivals, .. } = serving;
    let worker = Worker {
        input: Mutex::new(Input {
            outbound: Outbound::default(),
            receiver,
            arrivals,
            line: serving.line.clone(),
        }),
        arguments: Mutex::new(arguments),
        reply: Reply::new(results, sender, serving.line),
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
    receiver: Receiver<ToWorker>,
    /// What comes beside the arguments of tasks.
    arrivals: Arrivals,
    line: Courier,
}

impl Worker {
    fn work(&self) {
        let mut parcel = self.reply.parcel();
        let mut pace = Pace::new();
        while let Some((taken, beside)) = self.next(&mut pace) {
            self.run(&taken, beside, &mut parcel, &mut pace);
        }
    }

    /// Waits for a task and starts its first item. `None` when the worker is to end.
    fn next(&self, pace: &mut Pace) -> Option<(Taken, Result<Attached, String>)> {
        let mut input = self.input.lock();
        loop {
            if let Some(taken) = input.outbound.take(&self.region) {
                let beside = input.beside(&self.region, &taken);
                return Some((taken, beside));
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
        input.forget(&self.region);
        let bell = Bell(self.region.word(Word::WorkerBell));
        bell.lie_down();
        if self.has_news(input) {
            if bell.get_up() {
                input.receive_wake();
            }
            return;
        }
        if !input.receive() && bell.get_up() {
            // Something else came, and a wake-up behind it.
            input.receive_wake();
        }
    }

    /// Runs a task, of which the first item has been started.
    fn run(
        &self,
        taken: &Taken,
        beside: Result<Attached, String>,
        parcel: &mut Parcel<'_>,
        pace: &mut Pace,
    ) {
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
            let beside = match beside {
                Ok(beside) => beside,
                Err(reason) => return self.reply.refuse(&self.region, taken.number, &reason),
            };
            self.reply.send(&self.region, taken.number, parcel, |output| {
                call.run(argument, beside, output)
            });
            self.announce_outcome(pace);
            return;
        }
        // Without it the item that it belongs to, which is the last, cannot be decoded.
        let mut beside = beside.unwrap_or_default();
        let mut rest = argument;
        let mut unannounced = 0;
        loop {
            let (len, tail) = rest.split_at(4);
            let len = u32::from_le_bytes([len[0], len[1], len[2], len[3]]) as usize;
            let (item, tail) = tail.split_at(len);
            rest = tail;
            let beside =
                if rest.is_empty() { std::mem::take(&mut beside) } else { Attached::none() };
            self.reply
                .send(&self.region, taken.number, parcel, |output| call.run(item, beside, output));
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
        if unannounced > 0 {
            self.ring(pace);
        }
    }

    /// Sees to it that the pool reads the outcome that was just published.
    fn announce_outcome(&self, pace: &mut Pace) {
        pace.end(self.region.word(Word::Average));
        self.ring(pace);
    }

    /// Wakes the pool's reader if it sleeps, which is none of the tasks' time.
    fn ring(&self, pace: &mut Pace) {
        if self.reply.must_wake(&self.region) {
            pace.pause(self.region.word(Word::Average), || self.reply.wake());
        }
    }
}

impl Input {
    /// Receives one message; says whether it was a wake-up.
    fn receive(&mut self) -> bool {
        match self.receiver.recv() {
            Ok(ToWorker::Wake) => true,
            // The pool is gone, or out of its mind.
            Ok(ToWorker::Welcome(_) | ToWorker::Refused) | Err(_) => {
                std::process::exit(EXIT_ORPHANED)
            }
        }
    }

    /// Receives up to the wake-up that is on its way.
    fn receive_wake(&mut self) {
        while !self.receive() {}
    }

    /// What came beside the argument of a task: sent before it was published, so it is there.
    fn beside(&mut self, region: &Region, taken: &Taken) -> Result<Attached, String> {
        if taken.descriptor.attachments == 0 {
            return Ok(Attached::none());
        }
        let number = taken.descriptor.message;
        let beside = self.arrivals.take(&self.line, number);
        self.note_received(region);
        beside
    }

    /// Before there is nothing to do for a while: drops what came beside tasks that were taken back.
    fn forget(&mut self, region: &Region) {
        let settled = region.word(Word::Settled).load(Acquire);
        let known = region.word(Word::Received).load(Relaxed); // written by nobody else
        if settled == known || !self.outbound.is_empty(region) {
            return;
        }
        self.arrivals.drop_before(&self.line, settled);
        self.note_received(region);
    }

    fn note_received(&self, region: &Region) {
        region.word(Word::Received).store(self.arrivals.received(), Relaxed);
    }
}
