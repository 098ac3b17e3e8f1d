//! One process that has two handles, as two processes would have.

use super::control::Place;
use super::*;
use crate::shared::descriptor::{attached, descriptors_of};
use crate::transport::noise::Noise;
use executor_core::wire::{Incoming, decode, encode, write_to};
use std::fs::File;
use std::io::{Read, Write, pipe};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::thread;
use std::time::Instant;

/// Another handle, with mappings of its own, as if it had travelled.
fn elsewhere(log: &Log) -> Log {
    let mut bytes = Vec::new();
    let beside = write_to(&mut bytes, |output| encode(log, output)).unwrap();
    let copies = descriptors_of(beside).unwrap();
    let copies = copies.iter().map(|one| one.borrow().try_clone_to_owned().unwrap());
    decode(Incoming::private(&bytes), attached(copies.collect::<Vec<_>>())).unwrap()
}

fn take(log: &Log) -> Option<Vec<u8>> {
    let mut buffer = b"old".to_vec();
    match log.try_take(&mut buffer) {
        Ok(descriptors) => {
            assert!(descriptors.is_empty());
            Some(buffer)
        }
        Err(TakeError::Empty) => None,
        Err(error) => panic!("{error:?}"),
    }
}

/// How much memory the file has, in bytes.
#[cfg(target_os = "linux")]
fn held(log: &Log) -> u64 {
    rustix::fs::fstat(log.0.control.descriptor()).unwrap().st_blocks as u64 * 512
}

#[test]
fn first_in_first_out() {
    let here = Log::new(None).unwrap();
    let there = elsewhere(&here);
    assert_eq!(take(&there), None);
    for number in 0..100_u32 {
        [&here, &there][number as usize % 2].try_append(&number.to_ne_bytes(), &[]).unwrap();
    }
    assert_eq!((here.len(), there.len(), here.appended()), (100, 100, 100));
    for number in 0..100_u32 {
        assert_eq!(take([&here, &there][number as usize % 3 / 2]).unwrap(), number.to_ne_bytes());
    }
    assert!(here.is_empty() && there.is_empty() && take(&here).is_none());
}

#[test]
fn messages_of_every_length_round_every_corner() {
    let here = Log::new(None).unwrap();
    let there = elsewhere(&here);
    let mut noise = Noise::new(1);
    let mut waiting = std::collections::VecDeque::new();
    for round in 0..3000 {
        let len = match noise.below(50) {
            0 => noise.below(3_000_000),
            1..5 => noise.below(100_000),
            _ => noise.below(100),
        };
        let message = noise.bytes(len as usize);
        here.try_append(&message, &[]).unwrap();
        waiting.push_back(message);
        let keep = if round % 500 < 250 { 40 } else { 1 };
        while waiting.len() > keep {
            assert!(take(&there) == waiting.pop_front(), "another message");
        }
    }
    while let Some(message) = waiting.pop_front() {
        assert!(take(&there) == Some(message), "another message");
    }
    assert!(here.is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn the_memory_follows_the_backlog() {
    const LEN: u64 = 1 << 20;
    let here = Log::new(None).unwrap();
    let there = elsewhere(&here);
    let message = vec![1; LEN as usize];
    assert!(held(&here) < LEN);
    for _ in 0..150 {
        here.try_append(&message, &[]).unwrap();
    }
    assert!(held(&here) >= 150 * LEN);
    for _ in 0..140 {
        take(&there).unwrap();
    }
    // What is there, one ring that is half read, and the spare ones.
    assert!(held(&here) < (10 + 5 * 8) * LEN, "{}", held(&here));
    let before = rustix::fs::fstat(here.0.control.descriptor()).unwrap().st_size;
    for _ in 0..1000 {
        here.try_append(&message, &[]).unwrap();
        take(&there).unwrap();
    }
    assert!(held(&here) < (10 + 5 * 8) * LEN, "{}", held(&here));
    let after = rustix::fs::fstat(here.0.control.descriptor()).unwrap().st_size;
    assert_eq!(before, after, "the spare rings are used");
    while take(&there).is_some() {}
    // A long one, whose memory goes with it.
    here.try_append(&vec![2; 140 << 20], &[]).unwrap();
    assert!(held(&here) > 140 * LEN);
    assert_eq!(take(&there).unwrap().len(), 140 << 20);
    assert!(held(&here) < 50 * LEN, "{}", held(&here));
    here.try_append(b"short", &[]).unwrap();
    assert_eq!(take(&there).unwrap(), b"short");
    here.try_append(&message, &[]).unwrap();
    assert_eq!(take(&there).unwrap(), message);
}

#[test]
fn takes_no_more_than_its_limit() {
    let here = Log::new(Some(2)).unwrap();
    let there = elsewhere(&here);
    assert_eq!((there.limit(), there.is_full()), (2, false));
    here.try_append(b"1", &[]).unwrap();
    there.try_append(b"2", &[]).unwrap();
    assert!(there.is_full());
    assert!(matches!(here.try_append(b"3", &[]), Err(AppendError::Full)));
    let start = Instant::now();
    let limit = Duration::from_millis(20);
    assert!(matches!(here.append(b"3", &[], Some(limit)), Err(AppendError::Full)));
    assert!(start.elapsed() >= limit);
    thread::scope(|scope| {
        let blocked = scope.spawn(|| here.append(b"3", &[], None));
        assert_eq!(take(&there).unwrap(), b"1");
        blocked.join().unwrap().unwrap();
    });
    assert_eq!((take(&here).unwrap(), take(&here).unwrap()), (b"2".to_vec(), b"3".to_vec()));
    let start = Instant::now();
    assert!(matches!(here.take(&mut Vec::new(), Some(limit)), Err(TakeError::Empty)));
    assert!(start.elapsed() >= limit);
}

#[test]
fn closing_ends_it_for_everybody() {
    let here = Log::new(Some(1)).unwrap();
    let there = elsewhere(&here);
    thread::scope(|scope| {
        let taker = scope.spawn(|| there.take(&mut Vec::new(), None).map(drop));
        here.append(b"only", &[], None).unwrap();
        taker.join().unwrap().unwrap();
        let takers = [(); 2].map(|()| scope.spawn(|| there.take(&mut Vec::new(), None)));
        here.close();
        for taker in takers {
            assert!(matches!(taker.join().unwrap(), Err(TakeError::Closed)));
        }
    });
    here.close();
    assert!(there.is_closed());
    assert!(matches!(there.try_append(b"", &[]), Err(AppendError::Closed)));

    let full = Log::new(Some(1)).unwrap();
    full.try_append(b"1", &[]).unwrap();
    thread::scope(|scope| {
        let appender = scope.spawn(|| full.append(b"2", &[], None));
        full.close();
        assert!(matches!(appender.join().unwrap(), Err(AppendError::Closed)));
    });
    assert_eq!(take(&full).unwrap(), b"1", "what was there stays");
    assert!(matches!(full.try_take(&mut Vec::new()), Err(TakeError::Closed)));
}

/// A pipe whose writer is a descriptor to send.
fn token() -> (File, Descriptor) {
    let (reader, writer) = pipe().unwrap();
    (File::from(OwnedDescriptor::from(reader)), Descriptor::from(OwnedDescriptor::from(writer)))
}

#[test]
fn descriptors_come_with_their_messages() {
    let here = Log::new(None).unwrap();
    let there = elsewhere(&here);
    let mut readers = Vec::new();
    for number in 0..20_u8 {
        let (reader, writer) = token();
        here.try_append(&[number], &[writer]).unwrap();
        here.try_append(b"none", &[]).unwrap();
        readers.push(reader);
    }
    for (number, mut reader) in (0..20_u8).zip(readers) {
        let mut buffer = Vec::new();
        let [writer] =
            <[OwnedDescriptor; 1]>::try_from(there.try_take(&mut buffer).unwrap()).unwrap();
        assert_eq!(buffer, [number]);
        File::from(writer).write_all(&[number]).unwrap();
        let mut came = Vec::new();
        reader.read_to_end(&mut came).unwrap();
        assert_eq!(came, [number], "it is its own, and there is no other copy");
        assert_eq!(take(&there).unwrap(), b"none");
    }
}

#[test]
fn descriptors_of_the_dead_are_skipped() {
    let here = Log::new(None).unwrap();
    let mut buffer = Vec::new();
    // A producer that dies before it publishes.
    let (mut dead, writer) = token();
    let number = here.0.control.numbered.fetch_add(1, SeqCst) + 1;
    here.0.lane.send(number, &[writer]).unwrap();
    // A consumer that dies before it receives.
    let (mut lost, writer) = token();
    here.try_append(b"lost", &[writer]).unwrap();
    let (count, _) = here.0.control.head.state();
    let behind = here.0.control.tail.state().1;
    here.0.control.head.pass(count, behind);
    let (mut alive, writer) = token();
    here.try_append(b"alive", &[writer]).unwrap();
    let [writer] = <[OwnedDescriptor; 1]>::try_from(here.try_take(&mut buffer).unwrap()).unwrap();
    assert_eq!(buffer, b"alive");
    File::from(writer).write_all(b"yes").unwrap();
    for (reader, expected) in [(&mut dead, ""), (&mut lost, ""), (&mut alive, "yes")] {
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, expected);
    }
    // One whose descriptors are gone is told, and the next one is not touched.
    let (_gone, writer) = token();
    here.try_append(b"gone", &[writer]).unwrap();
    let number = here.0.control.numbered.load(SeqCst);
    here.0.lane.receive(number).unwrap();
    let (_reader, writer) = token();
    here.try_append(b"next", &[writer]).unwrap();
    assert!(matches!(here.try_take(&mut buffer), Err(TakeError::Incomplete(_))));
    assert_eq!(here.try_take(&mut buffer).unwrap().len(), 1);
    assert_eq!(buffer, b"next");
}

#[test]
fn a_full_lane_is_a_full_log() {
    let here = Log::new(None).unwrap();
    let (_reader, writer) = token();
    let mut count = 0;
    let full = loop {
        match here.try_append(b".", std::slice::from_ref(&writer)) {
            Ok(()) => count += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, AppendError::Full), "{full:?} after {count}");
    assert!(count >= 100, "{count}");
    here.try_append(b"without", &[]).unwrap();
    thread::scope(|scope| {
        let blocked = scope.spawn(|| here.append(b"last", std::slice::from_ref(&writer), None));
        for _ in 0..count {
            assert_eq!(here.try_take(&mut Vec::new()).unwrap().len(), 1);
        }
        blocked.join().unwrap().unwrap();
    });
    assert_eq!(take(&here).unwrap(), b"without");
    let too_many = vec![writer; 241];
    assert!(matches!(here.try_append(b".", &too_many), Err(AppendError::Refused(_))));
    assert_eq!(here.try_take(&mut Vec::new()).unwrap().len(), 1);
    assert!(here.is_empty());
}

/// Where the room for descriptors is all that is missing, the count of messages does not say so.
#[test]
fn a_full_lane_has_an_end_of_patience() {
    let log = Log::new(None).unwrap();
    let (_reader, descriptor) = token();
    let descriptors = [descriptor];
    while log.try_append(b"x", &descriptors).is_ok() {}
    let late = log.append(b"x", &descriptors, Some(Duration::from_millis(5)));
    assert!(matches!(late, Err(AppendError::Full)));
}

/// Whoever has the lock may be stopped. That is no reason to wait for longer than one said.
#[test]
fn a_lock_that_stays_taken_has_an_end_of_patience() {
    let limit = Some(Duration::from_millis(5));
    let log = Log::new(None).unwrap();
    log.try_append(b"one", &[]).unwrap();
    let control = &*log.0.control;
    assert!(control.tail.lock.try_acquire().is_some() && control.head.lock.try_acquire().is_some());
    assert!(matches!(log.append(b"two", &[], limit), Err(AppendError::Full)));
    assert!(matches!(log.take(&mut Vec::new(), limit), Err(TakeError::Empty)));
    control.tail.lock.release();
    control.head.lock.release();
    assert_eq!(take(&log).unwrap(), b"one");
    assert_eq!(take(&log), None);
}

/// Whoever dies leaves his lock behind, and whatever he was writing.
#[test]
fn the_dead_leave_nothing_half_done() {
    let here = Log::new(Some(10)).unwrap();
    here.try_append(b"before", &[]).unwrap();
    let control = &*here.0.control;
    for end in [&control.tail, &control.head] {
        // Up to the store that counts.
        let (count, place) = end.state();
        let nonsense = Place { position: 1 << 40, start: 3, ring: ring::FIRST, end: 5 };
        end.pass(count, nonsense);
        end.pass(count.wrapping_sub(1), place);
        assert_eq!(end.state(), (count, place));
    }
    let there = elsewhere(&here);
    there.try_append(b"after", &[]).unwrap();
    assert_eq!(
        (take(&here).unwrap(), take(&there).unwrap()),
        (b"before".to_vec(), b"after".into())
    );
}

#[test]
fn noise_is_no_wild_read() {
    let mut noise = Noise::new(7);
    let mut buffer = Vec::new();
    for _ in 0..3000 {
        let log = Log::new(None).unwrap();
        let words = size_of::<Control>() as u64 / 8;
        for _ in 0..noise.below(10) {
            let bytes = noise.below(100) as usize;
            log.try_append(&noise.bytes(bytes), &[]).unwrap();
        }
        let file = crate::shared::memory::map(log.0.control.descriptor(), 0, 1 << 17).unwrap();
        for _ in 0..1 + noise.below(6) {
            let value = match noise.below(4) {
                0 => noise.next(),
                1 => noise.below(1 << 18),
                2 => noise.below(100) << 3 | noise.below(8),
                _ => u64::MAX - noise.below(1 << 17),
            };
            let offset = match noise.below(2) {
                // Not the locks, and who sleeps: those can make others wait.
                0 => {
                    let word = 16 + noise.below(words);
                    let end = &log.0.control.tail;
                    let start = std::ptr::from_ref(end).addr();
                    let base = start - std::mem::offset_of!(Control, tail);
                    let at = |lock: &crate::shared::lock::RobustLock| {
                        (std::ptr::from_ref(lock).addr() - base) as u64 / 8 + 16
                    };
                    let locks = [at(&end.lock), at(&log.0.control.head.lock)];
                    if locks.iter().any(|&lock| (lock..lock + 2).contains(&word)) {
                        continue;
                    }
                    word * 8
                }
                _ => ring::FIRST.offset + noise.below(200) * 8,
            };
            // SAFETY: within the mapping, and aligned, in memory that is made of atomics.
            unsafe { &*file.as_ptr().add(offset as usize).cast::<std::sync::atomic::AtomicU64>() }
                .store(value, Relaxed);
        }
        let there = elsewhere(&log);
        for _ in 0..20 {
            // Anything but a crash, a hang, or an allocation that the memory does not warrant.
            let _any = log.try_append(b"some bytes", &[]);
            let _any = there.try_take(&mut buffer);
            let _any = there.append(b"more", &[], Some(Duration::ZERO));
            let _any = log.take(&mut buffer, Some(Duration::ZERO));
            let _any = (log.len(), log.is_empty(), log.is_full(), log.unread());
        }
    }
}

#[test]
fn threads_lose_and_double_nothing() {
    const EACH: u64 = 20_000;
    for limit in [None, Some(3), Some(100)] {
        let here = Log::new(limit).unwrap();
        let there = elsewhere(&here);
        let sum = std::sync::atomic::AtomicU64::new(0);
        thread::scope(|scope| {
            let handles = [&here, &there];
            let producers = [0, 1, 2, 3].map(|id| {
                scope.spawn(move || {
                    for number in 0..EACH {
                        handles[id % 2].append(&number.to_ne_bytes(), &[], None).unwrap();
                    }
                })
            });
            for id in 0..4 {
                let sum = &sum;
                scope.spawn(move || {
                    let mut buffer = Vec::new();
                    while handles[id % 2].take(&mut buffer, None).is_ok() {
                        let number = u64::from_ne_bytes(buffer[..].try_into().unwrap());
                        sum.fetch_add(number, Relaxed);
                    }
                });
            }
            for producer in producers {
                producer.join().unwrap();
            }
            here.close();
        });
        assert_eq!(sum.load(Relaxed), 4 * (EACH * (EACH - 1) / 2));
        assert_eq!(here.appended(), 4 * EACH);
    }
}
