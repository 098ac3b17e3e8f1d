//! A worker that publishes what it likes and scribbles over the claim words, and the pool's books.

#![expect(clippy::missing_panics_doc, reason = "to panic is how it says what it has found")]

use super::{Copied, Read, Resolved, look_up};
use crate::engine::basket::Basket;
use crate::engine::entry::{Entry, Work};
use crate::engine::link::Link;
use crate::engine::member::Member;
use crate::fuzzed::Input;
use crate::transport::channel::channel;
use crate::transport::inlet::Argument;
use crate::transport::outlet::{Payload as Outcome, Place, Results};
use crate::transport::region::{Region, SLOTS};
use executor_core::wire::{Attached, Incoming, OutcomeKind};
use executor_core::{Executor, Future, Map, TaskError};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Release;

/// A worker's tasks as the pool has them, what the worker says of them, and who waits for them.
struct Books {
    member: Member,
    results: Results,
    basket: Basket,
    futures: Vec<Future<u64>>,
    maps: Vec<(Map<'static, u64>, usize)>,
}

/// Whatever the worker does, the books are right, and every task comes to an end.
pub fn window(data: &[u8]) {
    let mut input = Input::new(data);
    let (sender, _receiver) = channel().expect("two descriptors");
    let link = Link::new(0, Region::create().expect("memory"), sender);
    let mut books = Books {
        member: Member::new(Arc::new(link), None, None),
        results: Results::default(),
        basket: Basket::default(),
        futures: Vec::new(),
        maps: Vec::new(),
    };
    let mut garbled = false;
    while !input.is_empty() && !garbled {
        garbled = books.step(&mut input).is_err();
        books.check();
    }
    books.end();
}

/// The worker is out of its mind, and killed.
struct Garbled;

impl Books {
    fn step(&mut self, input: &mut Input<'_>) -> Result<(), Garbled> {
        let number = u32::from(input.byte());
        match input.below(8) {
            0 => {
                let future = self.basket.submit(|n: u64| n, 7);
                self.futures.push(future.expect("it takes everything"));
                self.launch(input);
            }
            1 => {
                let items = 1 + input.below(5);
                let map = self.basket.map(|n: u64| n, 0..items as u64);
                self.maps.push((map.expect("it takes everything"), items));
                self.launch(input);
            }
            2 => self.scribble(number, input),
            3 => drop(self.member.recall(number).map(cancel)),
            4 => drop(self.member.is_running(number)),
            5 | 6 => return self.read(),
            _ => self.publish(number, input),
        }
        Ok(())
    }

    /// The pool gives the worker what was submitted.
    fn launch(&mut self, input: &mut Input<'_>) {
        for entry in self.basket.entries() {
            let len = match entry.payload.argument() {
                Argument::Bytes(bytes) => bytes.len(),
                Argument::Depot(..) => unreachable!("they are short"),
            };
            if self.member.has_slot() && self.member.has_room(len) {
                self.member.launch(entry, 0);
            } else {
                cancel(entry);
            }
        }
        if input.below(8) == 0 {
            for entry in self.member.recall_all() {
                cancel(entry);
            }
        }
    }

    /// The worker writes to a claim word.
    fn scribble(&mut self, number: u32, input: &mut Input<'_>) {
        let slot = self.member.link.region.slot(number);
        // SAFETY: the slot starts with the word, which is only ever accessed as this type.
        let word = unsafe { slot.cast::<AtomicU64>().as_ref() };
        let (next, end, lap) = (input.number(), input.number(), u64::from(number) / SLOTS as u64);
        let mask = (1 << 20) - 1;
        word.store(next & mask | (end & mask) << 20 | lap << 40, Release);
    }

    /// The worker publishes a frame.
    fn publish(&mut self, number: u32, input: &mut Input<'_>) {
        let kind = input.byte() % 8;
        let kind = if kind == 7 { super::STARTED } else { kind };
        let len = input.below(10);
        let payload = match input.below(8) {
            0 => Outcome::Depot { offset: input.number(), len: input.number() },
            _ => Outcome::Bytes(input.piece(len)),
        };
        let region = &self.member.link.region;
        self.results.try_publish(region, number, kind, input.below(2) as u16, payload);
    }

    /// The pool reads what there is, as its reader does.
    fn read(&mut self) -> Result<(), Garbled> {
        let mut bytes = Vec::new();
        let mut reads = Vec::new();
        let link = Arc::clone(&self.member.link);
        while let Some(frame) = link.frames.lock().next(&link.region).map_err(|_| Garbled)? {
            let payload = match frame.place {
                Place::Ring { start, len } => {
                    let begin = bytes.len();
                    // SAFETY: so many bytes are there.
                    unsafe { super::append(&mut bytes, start, len) };
                    Copied::Small(begin..begin + len)
                }
                Place::Depot { offset, len } => Copied::Large { offset, len },
            };
            let (number, kind, attachments) = (frame.number, frame.kind, frame.attachments);
            reads.push(Read { number, kind, attachments, payload });
        }
        let mut rest = &reads[..];
        while let Some(first) = rest.first() {
            let same = |read: &&Read| read.number == first.number && read.kind != super::STARTED;
            let run = rest.iter().take_while(same).count().max(1);
            let (these, others) = rest.split_at(run);
            rest = others;
            let (found, _) = look_up(&mut self.member, these).map_err(|_| Garbled)?;
            deliver(found, these, &bytes);
        }
        Ok(())
    }

    /// What is written down twice is the same.
    fn check(&mut self) {
        let numbers = self.member.numbers();
        assert_eq!(self.member.in_flight, numbers.len());
        let items_of = |number: u32| match self.member.work(number) {
            Some(Work::Many(items)) => items.len(),
            Some(Work::One(_)) => 1,
            None => panic!("it is in flight"),
        };
        let items: usize = numbers.into_iter().map(items_of).sum();
        assert_eq!(self.member.items, items);
    }

    /// The worker is dead: what it had started fails, the rest would go to others.
    fn end(mut self) {
        for number in self.member.numbers() {
            self.member.recall(number).into_iter().for_each(cancel);
            if let Some(flight) = self.member.land(number) {
                flight.entry.fail(&TaskError::Killed);
            }
        }
        assert_eq!(self.member.in_flight, 0);
        assert!(self.futures.iter().all(Future::done), "each has an outcome");
        for (map, items) in self.maps {
            assert_eq!(map.count(), items, "each item has an outcome");
        }
    }
}

fn cancel(entry: Entry) {
    entry.fail(&TaskError::Cancelled);
}

fn deliver(found: Resolved, reads: &[Read], bytes: &[u8]) {
    let outcome = |read: &Read| {
        let kind = OutcomeKind::from_number(read.kind).expect("it was looked up");
        match read.payload.clone() {
            Copied::Small(range) => Some((kind, Incoming::private(&bytes[range]))),
            Copied::Large { .. } => None,
        }
    };
    match found {
        Resolved::One(Entry { work: Work::One(task), .. }) => match outcome(&reads[0]) {
            Some((kind, incoming)) => drop(task.complete(kind, incoming, Attached::none())),
            None => task.fail(TaskError::not_received("not in this test")),
        },
        Resolved::One(_) => panic!("one outcome of many items"),
        Resolved::Many(mut items, count) => {
            assert_eq!(count, reads.len());
            for read in reads {
                match outcome(read) {
                    Some((kind, incoming)) => {
                        items.complete_next(kind, incoming, Attached::none());
                    }
                    None => items.fail_next(TaskError::not_received("not in this test")),
                }
            }
        }
        Resolved::Started(_) => {}
    }
}
