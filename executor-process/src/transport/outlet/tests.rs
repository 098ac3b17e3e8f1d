//! Tests of the results' way: what goes in comes out, and noise does no harm.

use super::*;
use crate::transport::noise::Noise;
use std::sync::atomic::AtomicBool;

/// Both ends.
struct Way {
    region: Region,
    results: Results,
    frames: Frames,
}

impl Way {
    fn new() -> Self {
        let region = Region::create().unwrap();
        Self { region, results: Results::default(), frames: Frames::default() }
    }

    fn publish(&mut self, number: u32, kind: u8, attachments: u16, payload: Payload<'_>) -> bool {
        self.results.try_publish(&self.region, number, kind, attachments, payload)
    }

    fn next(&mut self) -> Option<Frame> {
        self.frames.next(&self.region).unwrap()
    }

    fn free(&self) {
        Frames::free(&self.region, self.frames.position());
    }

    /// Sends one, receives it and checks that it is the same.
    fn pass(&mut self, number: u32, bytes: &[u8]) {
        let (kind, attachments) = ((number % 64) as u8, number as u16);
        assert!(self.publish(number, kind, attachments, Payload::Bytes(bytes)));
        assert!(!self.frames.is_empty(&self.region));
        let frame = self.next().unwrap();
        assert_eq!((frame.number, frame.kind, frame.attachments), (number, kind, attachments));
        assert_eq!(bytes_of(&frame), bytes);
        assert_eq!(frame.end, self.frames.position());
        assert!(self.frames.is_empty(&self.region));
        assert!(self.next().is_none());
        self.free();
    }

    /// Moves both ends to this distance from the end of the ring.
    fn go_to(&mut self, distance: usize) {
        loop {
            let (_, contiguous) = self.region.result(self.results.tail);
            if contiguous == distance {
                return;
            }
            let step = if contiguous > distance { contiguous - distance } else { contiguous };
            self.pass(0, &vec![0; (step - HEADER).min(MAX_RING)]);
        }
    }

    fn set_tail(&self, tail: u64) {
        self.region.wide_word(Word::ResultTail).store(tail, Release);
    }
}

fn bytes_of(frame: &Frame) -> Vec<u8> {
    let Place::Ring { start, len } = frame.place else { panic!("not in the ring") };
    // SAFETY: `next` gives readable bytes; nobody else has the region.
    unsafe { std::slice::from_raw_parts(start.as_ptr(), len) }.to_vec()
}

#[test]
fn round_trips_of_all_sizes() {
    let (mut way, mut noise) = (Way::new(), Noise::new(1));
    let sizes = (0..=200).chain(MAX_RING - 40..=MAX_RING);
    for (number, len) in (0..).zip(sizes) {
        way.pass(number, &noise.bytes(len));
    }
}

#[test]
fn round_trips_around_the_end_of_the_ring() {
    let (mut way, mut noise) = (Way::new(), Noise::new(2));
    for distance in (16..=160).step_by(16) {
        for len in (0..=180).chain([MAX_RING]) {
            way.go_to(distance);
            way.pass(7, &noise.bytes(len));
        }
    }
}

#[test]
fn places_in_the_depot() {
    let mut way = Way::new();
    for distance in [16, 32, 48] {
        way.go_to(distance);
        let (offset, len) = (0x0123_4567_89ab_cdef, u64::MAX - 5);
        assert!(way.publish(9, 1, 3, Payload::Depot { offset, len }));
        assert!(way.publish(10, STARTED, 0, Payload::Bytes(&[])));
        let frame = way.next().unwrap();
        assert_eq!((frame.number, frame.kind, frame.attachments), (9, 1, 3));
        assert!(
            matches!(frame.place, Place::Depot { offset: o, len: l } if (o, l) == (offset, len))
        );
        let started = way.next().unwrap();
        assert_eq!((started.number, started.kind), (10, STARTED));
        assert!(bytes_of(&started).is_empty());
        way.free();
    }
}

#[test]
fn a_full_ring_takes_nothing_until_it_is_freed() {
    let (mut way, mut noise) = (Way::new(), Noise::new(3));
    for distance in [RESULTS, 16, 1024] {
        way.go_to(distance);
        let mut sent = Vec::new();
        loop {
            let bytes = noise.bytes(1000);
            if !way.publish(sent.len() as u32, 0, 0, Payload::Bytes(&bytes)) {
                break;
            }
            sent.push(bytes);
        }
        assert!(sent.len() >= RESULTS / padded(1000) - 1);
        let mut ends = Vec::new();
        for bytes in &sent {
            let frame = way.next().unwrap();
            assert_eq!(bytes_of(&frame), *bytes);
            ends.push(frame.end);
        }
        assert!(way.next().is_none());
        // What has been read is not free before it is said to be, and then in order.
        let more = noise.bytes(1000);
        assert!(!way.publish(0, 0, 0, Payload::Bytes(&more)));
        Frames::free(&way.region, ends[1]);
        assert!(way.publish(0, 0, 0, Payload::Bytes(&more)));
        assert_eq!(bytes_of(&way.next().unwrap()), more);
        way.free();
    }
}

#[test]
fn what_is_put_back_is_read_again() {
    let mut way = Way::new();
    way.go_to(16); // so that there is padding before it
    assert!(way.publish(5, 0, 0, Payload::Bytes(&[1; 100])));
    let before = way.frames.position();
    assert_eq!(way.next().unwrap().number, 5);
    way.frames.unread(before);
    assert_eq!(bytes_of(&way.next().unwrap()), [1; 100]);
    assert!(way.next().is_none());
}

#[test]
fn counts_large_ones_whatever_is_there() {
    let way = Way::new();
    way.region.wide_word(Word::LargeRead).store(u64::MAX, Release);
    Frames::count_large(&way.region);
    assert_eq!(way.region.wide_word(Word::LargeRead).load(Acquire), 0);
}

/// Frames of all sizes, as fast as one thread can send and another receive them.
#[test]
fn millions_of_frames_between_two_threads() {
    const COUNT: u32 = 2_000_000;
    let Way { region, mut results, mut frames } = Way::new();
    let size = |number: u32, noise: &mut Noise| match number % 1000 {
        0 => noise.below(MAX_RING as u64 + 1),
        1..10 => noise.below(4000),
        _ => noise.below(40),
    } as usize;
    let pattern = Noise::new(4).bytes(2 * MAX_RING);
    let from = |number: u32| number as usize % MAX_RING;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut noise = Noise::new(5);
            for number in 0..COUNT {
                let start = from(number);
                let bytes = &pattern[start..start + size(number, &mut noise)];
                let payload = Payload::Bytes(bytes);
                while !results.try_publish(&region, number, 1, number as u16, payload) {
                    std::thread::yield_now();
                }
            }
        });
        let mut noise = Noise::new(5);
        for number in 0..COUNT {
            let frame = loop {
                match frames.next(&region).unwrap() {
                    Some(frame) => break frame,
                    None => std::thread::yield_now(),
                }
            };
            assert_eq!((frame.number, frame.attachments), (number, number as u16));
            let Place::Ring { start, len } = frame.place else { panic!("not in the ring") };
            let begin = from(number);
            let expected = &pattern[begin..begin + size(number, &mut noise)];
            // SAFETY: published, and not freed yet.
            assert_eq!(unsafe { std::slice::from_raw_parts(start.as_ptr(), len) }, expected);
            if number % 7 == 0 || frames.is_empty(&region) {
                Frames::free(&region, frames.position());
            }
        }
    });
    assert!(frames.is_empty(&region));
}

/// Reads until there is nothing more, and checks that every frame lies within the ring.
fn read_all(region: &Region, frames: &mut Frames) -> Result<usize, Garbled> {
    let base = region.result(0).0.as_ptr().addr();
    let mut count = 0;
    loop {
        let before = frames.position();
        let Some(frame) = frames.next(region).inspect_err(|_| {
            assert_eq!(frames.position(), before, "an error leaves the position alone");
        })?
        else {
            return Ok(count);
        };
        count += 1;
        assert!(count <= RESULTS / HEADER, "more frames than there is room for");
        assert_eq!(frame.end, frames.position());
        assert_eq!(frame.end % 16, 0);
        assert!((1..=RESULTS as u64).contains(&frame.end.wrapping_sub(before)));
        if let Place::Ring { start, len } = frame.place {
            let start = start.as_ptr().addr();
            assert!(base <= start && len <= RESULTS && start + len <= base + RESULTS);
        }
    }
}

/// A header that may be right and may be wrong.
fn some_header(noise: &mut Noise, contiguous: usize) -> Header {
    let ring = RESULTS as u64;
    let near = noise.below(64);
    let sizes = [
        near,
        contiguous as u64,
        (contiguous as u64).wrapping_sub(near),
        contiguous as u64 + near,
        ring,
        ring - near,
        MAX_RING as u64,
        u64::MAX - near,
        1 << 63,
        (1 << 32) + near,
        usize::MAX as u64 - near,
        noise.next(),
    ];
    let small = noise.below(4) > 0;
    let wild = noise.next();
    Header {
        number: wild as u32,
        kind: noise.of(&[0, 0, 0, 1, 2, 3, STARTED, PADDING, PADDING, (wild >> 32) as u8]),
        place: noise.of(&[IN_RING, IN_RING, IN_RING, IN_DEPOT, 2, (wild >> 40) as u8]),
        attachments: (wild >> 48) as u16,
        len: if small { near } else { noise.of(&sizes) },
    }
}

#[test]
fn noise_is_garbled_or_lies_within_the_ring() {
    let region = Region::create().unwrap();
    let (mut garbled, mut read) = (0, 0);
    for seed in 0..40_000 {
        let mut noise = Noise::new(seed);
        let offset = noise.of(&[0, 16, RESULTS - 16, RESULTS - 32, RESULTS - 256, RESULTS / 2]);
        let laps = noise.of(&[0, 1, 5, u64::MAX / RESULTS as u64]);
        let head = (laps * RESULTS as u64).wrapping_add(offset as u64);
        // Headers one after the other, as far as they make sense, over what was there before.
        let mut position = head;
        for _ in 0..noise.below(12) {
            let (start, contiguous) = region.result(position);
            let header = some_header(&mut noise, contiguous);
            // SAFETY: a multiple of 16 within the ring, as `next` has it.
            unsafe { start.cast::<Header>().write(header) };
            let step = match header {
                Header { kind: PADDING, .. } => contiguous,
                Header { place: IN_DEPOT, .. } => padded(8),
                Header { len: len @ 0..512, .. } => padded(len as usize),
                _ => break,
            };
            position = position.wrapping_add(step as u64);
        }
        let near = noise.below(40);
        let tail = noise.of(&[
            position,
            position,
            position.wrapping_add(16 * near),
            position.wrapping_add(near),
            head.wrapping_add(near),
            head.wrapping_sub(near),
            head.wrapping_add(RESULTS as u64),
            head.wrapping_add(RESULTS as u64 + near),
            noise.clone().next(),
        ]);
        region.wide_word(Word::ResultTail).store(tail, Release);
        let mut frames = Frames { head };
        match read_all(&region, &mut frames) {
            Ok(count) => read += count,
            Err(Garbled) => garbled += 1,
        }
    }
    assert!(garbled > 1000 && read > 1000, "{garbled} garbled, {read} read: not much of a test");
}

#[test]
fn what_nobody_can_have_meant() {
    let way = Way::new();
    let place = |position: u64, header: Header| {
        let (start, _) = way.region.result(position);
        // SAFETY: an aligned place within the ring, which nobody reads.
        unsafe { start.cast::<Header>().write(header) };
    };
    let header = |kind, place, len| Header { number: 0, kind, place, attachments: 0, len };
    let ring = RESULTS as u64;
    let cases = [
        ("too short for a header", 0, header(0, IN_RING, 0), 15),
        ("further than the ring is long", 0, header(0, IN_RING, 0), ring + 16),
        ("behind what was read", 0, header(0, IN_RING, 0), 0_u64.wrapping_sub(16)),
        ("longer than published", 0, header(0, IN_RING, 17), 32),
        ("longer than the ring", 0, header(0, IN_RING, u64::MAX), ring),
        ("as long as the ring, with a header", 0, header(0, IN_RING, ring), ring),
        ("over the end of the ring", ring - 32, header(0, IN_RING, 17), 64),
        ("a place that there is not", 0, header(0, 2, 0), 64),
        ("a depot's without its offset", 0, header(0, IN_DEPOT, 5), 16),
        ("a depot's over the end of the ring", ring - 16, header(0, IN_DEPOT, 5), 64),
        ("padding that does not reach the end", 16, header(PADDING, 0, 64), 4096),
        ("padding without end", 16, header(PADDING, 0, u64::MAX), 4096),
        ("padding with nothing behind it", ring - 16, header(PADDING, 0, 16), 16),
        ("padding of more than is published", ring - 64, header(PADDING, 0, 64), 32),
    ];
    for (what, head, header, published) in cases {
        place(head, header);
        way.set_tail(head.wrapping_add(published));
        assert_eq!(Frames { head }.next(&way.region).err(), Some(Garbled), "{what}");
    }
    // Padding behind padding: a worker that never ends it would keep its reader for ever.
    place(ring - 16, header(PADDING, 0, 16));
    place(0, header(PADDING, 0, ring));
    way.set_tail(2 * ring - 16);
    assert_eq!(Frames { head: ring - 16 }.next(&way.region).err(), Some(Garbled));
}

/// A worker that goes on writing wherever it likes, while the pool reads.
#[test]
fn a_worker_that_scribbles() {
    let region = Region::create().unwrap();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut noise = Noise::new(6);
            while !over.load(Relaxed) {
                let position = 16 * noise.below(256) + noise.of(&[0, RESULTS as u64 - 4096]);
                let (start, contiguous) = region.result(position);
                let header = some_header(&mut noise, contiguous);
                // SAFETY: as long as a header is.
                let words = unsafe { mem::transmute::<Header, [u64; 2]>(header) };
                // SAFETY: within the ring. That somebody reads it meanwhile is the point, and they are atomics for
                // both.
                let places = unsafe { start.cast::<[AtomicU64; 2]>().as_ref() };
                places.iter().zip(words).for_each(|(place, word)| place.store(word, Relaxed));
                let tail = region.wide_word(Word::ResultTail);
                let at = tail.load(Relaxed);
                let step = noise.of(&[0, 16, 16, 32, 48, 64, 256, 4096]);
                tail.store(at.wrapping_add(step), Release);
            }
        });
        let mut frames = Frames::default();
        for _ in 0..300_000 {
            let before = frames.position();
            match frames.next(&region) {
                Ok(Some(frame)) => {
                    assert!((1..=RESULTS as u64).contains(&frame.end.wrapping_sub(before)));
                }
                Ok(None) => {}
                Err(Garbled) => {
                    // Goes on at another place, as no reader would.
                    let tail = region.wide_word(Word::ResultTail).load(Acquire);
                    frames.unread(tail & !15);
                }
            }
        }
        over.store(true, Relaxed);
    });
}
