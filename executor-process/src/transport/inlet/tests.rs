//! Tests of the tasks' way.

use super::*;
use crate::transport::noise::Noise;
use crate::transport::region::SLOTS;
use std::collections::VecDeque;

struct Way {
    region: Region,
    inlet: Inlet,
    outbound: Outbound,
}

fn shipment(argument: Argument<'_>) -> Shipment<'_> {
    Shipment {
        function: 0x1111_2222_3333_4444,
        trampoline: u64::MAX,
        argument,
        items: 1,
        flags: FRAMED | ANNOUNCE,
        attachments: u16::MAX,
        message: u32::MAX - 1,
    }
}

impl Way {
    fn new() -> Self {
        let region = Region::create().unwrap();
        Self { region, inlet: Inlet::default(), outbound: Outbound::default() }
    }

    fn publish(&mut self, argument: Argument<'_>) -> u32 {
        self.inlet.publish(&self.region, &shipment(argument))
    }

    fn take(&mut self) -> Option<Taken> {
        self.outbound.take(&self.region)
    }

    /// What the worker sees of a task's argument.
    fn seen(&self, taken: &Taken) -> Result<Vec<u8>, (u64, u64)> {
        // SAFETY: nobody frees anything meanwhile.
        unsafe { taken.argument(&self.region) }.map(<[u8]>::to_vec)
    }

    fn pass(&mut self, bytes: &[u8]) {
        assert!(self.inlet.has_room(&self.region, bytes.len()));
        let number = self.publish(Argument::Bytes(bytes));
        assert!(!self.outbound.is_empty(&self.region));
        let taken = self.take().unwrap();
        assert_eq!(taken.number, number);
        assert_eq!(self.seen(&taken).unwrap(), bytes);
        assert!(self.outbound.is_empty(&self.region));
        self.inlet.free(self.inlet.position());
    }

    /// Moves to this distance from the end of the ring, which is empty.
    fn go_to(&mut self, distance: usize) {
        let position = 2 * DATA - distance;
        (self.inlet.data_head, self.inlet.data_tail) = (position as u64, position as u64);
    }
}

#[test]
fn round_trips_of_all_sizes() {
    let (mut way, mut noise) = (Way::new(), Noise::new(1));
    for len in (0..=200).chain(MAX_RING - 40..=MAX_RING) {
        way.pass(&noise.bytes(len));
    }
}

#[test]
fn round_trips_around_the_end_of_the_ring() {
    let (mut way, mut noise) = (Way::new(), Noise::new(2));
    for distance in [30, 31, 64, 100, 1000] {
        for len in [INLINE, INLINE + 1, 29, 30, 31, 32, 63, 64, 65, 99, 100, 101, MAX_RING] {
            way.go_to(distance);
            way.pass(&noise.bytes(len));
        }
    }
}

#[test]
fn the_descriptor_comes_as_it_was_sent() {
    let mut way = Way::new();
    let (offset, len) = (u64::MAX - 7, 1 << 40);
    way.publish(Argument::Depot(offset, len));
    let taken = way.take().unwrap();
    assert_eq!(way.seen(&taken), Err((offset, len)));
    let sent = shipment(Argument::Depot(0, 0));
    let Descriptor { function, trampoline, flags, attachments, message, .. } = taken.descriptor;
    assert_eq!((function, trampoline), (sent.function, sent.trampoline));
    assert_eq!((flags, attachments, message), (sent.flags, sent.attachments, sent.message));
}

#[test]
fn a_full_ring_has_no_room_until_it_is_freed() {
    let mut noise = Noise::new(3);
    for distance in [DATA, 100, 5000] {
        let mut way = Way::new();
        way.go_to(distance);
        let mut sent = VecDeque::new();
        while way.inlet.has_room(&way.region, 5000) {
            let bytes = noise.bytes(5000);
            let start = way.inlet.position();
            way.publish(Argument::Bytes(&bytes));
            sent.push_back((start, way.inlet.position(), bytes));
        }
        assert!(sent.len() >= DATA / 5000 - 1);
        assert!(way.inlet.has_room(&way.region, INLINE)); // which needs none
        for (start, end, bytes) in sent {
            let taken = way.take().unwrap();
            assert_eq!(way.seen(&taken).unwrap(), bytes);
            way.inlet.free(start);
            way.inlet.free(end);
            assert!(way.inlet.has_room(&way.region, 4000));
        }
        assert!(way.take().is_none());
        assert!(way.inlet.has_room(&way.region, MAX_RING));
    }
}

#[test]
fn the_worker_passes_over_what_it_cannot_start() {
    let mut way = Way::new();
    let numbers = [1, 2, 3].map(|byte| way.publish(Argument::Bytes(&[byte])));
    assert_eq!(claim(&way.region, numbers[0]).recall().left, 1);
    way.inlet.skip_number();
    let last = way.publish(Argument::Bytes(&[4]));
    assert_eq!(last, numbers[2] + 2);
    for (number, byte) in [(numbers[1], 2), (numbers[2], 3), (last, 4)] {
        let taken = way.take().unwrap();
        assert_eq!((taken.number, way.seen(&taken).unwrap()), (number, vec![byte]));
    }
    assert!(way.take().is_none());
}

#[test]
fn a_slot_that_is_passed_over_keeps_its_task() {
    let mut way = Way::new();
    let mut batch = shipment(Argument::Bytes(b"long"));
    batch.items = 3;
    let long = way.inlet.publish(&way.region, &batch);
    assert_eq!(way.take().unwrap().number, long);
    for _ in 1..SLOTS {
        way.publish(Argument::Bytes(&[]));
        assert!(way.take().is_some());
    }
    way.inlet.skip_number();
    assert_eq!(claim(&way.region, long).start_next(), Some(1));
    assert!(way.take().is_none());
    let next = way.publish(Argument::Bytes(b"next"));
    assert_eq!(next as usize % SLOTS, 1);
    assert_eq!(way.take().unwrap().number, next);
    assert_eq!(claim(&way.region, long).recall().left, 1);
}

#[test]
fn numbers_begin_again_after_four_billion() {
    let mut way = Way::new();
    let almost = u32::MAX - 2000;
    (way.inlet.tail, way.outbound.next) = (almost, almost);
    way.region.word(Word::TaskTail).store(almost, Release);
    for number in 0..4000 {
        let number = almost.wrapping_add(number);
        assert_eq!(way.publish(Argument::Bytes(&number.to_le_bytes())), number);
        let taken = way.take().unwrap();
        assert_eq!(taken.number, number);
        assert_eq!(way.seen(&taken).unwrap(), number.to_le_bytes());
    }
}

/// As fast as one thread can send and another take them, with the slots and the ring freed in order.
#[test]
fn many_tasks_between_two_threads() {
    const COUNT: u32 = 500_000;
    let Way { region, mut inlet, mut outbound } = Way::new();
    let pattern = Noise::new(4).bytes(2 * MAX_RING);
    let size = |number: u32, noise: &mut Noise| match number % 500 {
        0 => noise.below(MAX_RING as u64 + 1),
        1..10 => noise.below(4000),
        _ => noise.below(60),
    } as usize;
    let from = |number: u32| number as usize % MAX_RING;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut noise = Noise::new(5);
            for number in 0..COUNT {
                let taken = loop {
                    match outbound.take(&region) {
                        Some(taken) => break taken,
                        None => std::thread::yield_now(),
                    }
                };
                assert_eq!(taken.number, number);
                let start = from(number);
                let expected = &pattern[start..start + size(number, &mut noise)];
                // SAFETY: the other thread frees it when it has seen the outcome.
                assert_eq!(unsafe { taken.argument(&region) }.unwrap(), expected);
                region.word(Word::Received).store(number + 1, Release); // stands for the outcome
            }
        });
        let mut noise = Noise::new(5);
        let mut flights = VecDeque::new();
        let mut done = 0;
        for number in 0..COUNT {
            let start = from(number);
            let bytes = &pattern[start..start + size(number, &mut noise)];
            while flights.len() == SLOTS || !inlet.has_room(&region, bytes.len()) {
                let over = region.word(Word::Received).load(Acquire);
                if over == done {
                    std::thread::yield_now();
                }
                for end in flights.drain(..(over - done) as usize) {
                    inlet.free(end);
                }
                done = over;
            }
            inlet.publish(&region, &shipment(Argument::Bytes(bytes)));
            flights.push_back(inlet.position());
        }
    });
}
