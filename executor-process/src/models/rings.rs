//! What is published is complete, stays until it has been read, and outlives who has published it: tasks on
//! their way to a worker, and their outcomes on the way back.
//!
//! The rings, the slots and their ends are those of `transport/` as they ship, over the short memory of
//! `region.rs`, so that they go round within a few messages. Nobody sleeps here (see `bell.rs`): each side
//! looks so many times, and what is there in the end is compared.

use super::region::Region;
use super::world::{self, LIVES};
use super::{explore, explore_deaths};
use crate::transport::inlet::{Argument, INLINE, Inlet, Outbound, Shipment, claim};
use crate::transport::outlet::{Frame, Frames, Payload, Place, Results};
use loom::sync::Arc;
use loom::thread;

/// Long enough for one to go through the ring of arguments, in which there is room for two.
const ARGUMENT: usize = 32;
const _: () = assert!(ARGUMENT > INLINE);

/// One of these leaves padding at the end of the ring of results, in which there is room for two.
const OUTCOME: usize = 32;

/// What the bytes of an argument or an outcome are.
fn content(number: u32, len: usize) -> Vec<u8> {
    (0..len).map(|index| (number as usize * 16 + index) as u8).collect()
}

/// The worker's end.
#[derive(Default)]
struct Worker {
    outbound: Outbound,
    results: Results,
}

impl Worker {
    /// As `Reply::send`, but for the waiting: says whether there was room.
    fn publish(&mut self, region: &Region, number: u32, len: usize) -> bool {
        self.results.try_publish(region, number, 1, 0, Payload::Bytes(&content(number, len)))
    }

    /// As the loop of `serve.rs`: takes a task, checks what arrived and publishes the outcome.
    fn run_next(&mut self, region: &Region, argument: usize) -> Option<u32> {
        let taken = self.outbound.take(region)?;
        // SAFETY: the outcome is published below, and loom checks that it stays that long.
        let arrived = unsafe { taken.argument(region) }.expect("not in a depot");
        assert_eq!(arrived, content(taken.number, argument));
        assert_eq!(taken.descriptor.function, u64::from(taken.number));
        assert!(self.publish(region, taken.number, 8), "there is room for all of them");
        Some(taken.number)
    }
}

/// The pool's end.
#[derive(Default)]
struct Pool {
    inlet: Inlet,
    frames: Frames,
}

impl Pool {
    fn publish(&mut self, region: &Region, argument: usize) -> u32 {
        let number = self.inlet.next();
        assert!(self.inlet.has_room(region, argument));
        let shipment = Shipment {
            function: number.into(),
            trampoline: 0,
            argument: Argument::Bytes(&content(number, argument)),
            items: 1,
            flags: 0,
            attachments: 0,
            message: 0,
        };
        assert_eq!(self.inlet.publish(region, &shipment), number);
        number
    }

    /// As `Reader::drain`: reads an outcome, and frees it.
    fn next(&mut self, region: &Region, len: usize) -> Option<u32> {
        let Frame { number, place, .. } = self.frames.next(region).expect("no nonsense")?;
        let Place::Ring { start, len: arrived } = place else { panic!("not in a depot") };
        assert_eq!(arrived, len);
        region.reads(start, len);
        // SAFETY: within the ring; loom checks that nobody writes there.
        let bytes = unsafe { std::slice::from_raw_parts(start.as_ptr(), len) };
        assert_eq!(bytes, content(number, len));
        Frames::free(region, self.frames.position());
        Some(number)
    }
}

/// A worker publishes outcomes, as many as there is room for, and is killed after so many steps; the pool
/// reads them meanwhile and afterwards. Its last words are there, and nothing else.
fn outcomes(steps: usize) {
    let region = Arc::new(Region::create().unwrap());
    let worker = {
        let region = Arc::clone(&region);
        thread::spawn(move || {
            world::process(2, steps, || {
                let mut worker = Worker::default();
                (0..4).take_while(|&number| worker.publish(&region, number, OUTCOME)).count() as u32
            })
        })
    };
    let mut pool = Pool::default();
    let mut seen = 0;
    for _ in 0..2 {
        while let Some(number) = pool.next(&region, OUTCOME) {
            assert_eq!(number, seen, "in their order, once each");
            seen += 1;
        }
    }
    let published = worker.join().unwrap();
    while let Some(number) = pool.next(&region, OUTCOME) {
        assert_eq!(number, seen);
        seen += 1;
    }
    assert!(seen <= 4 && published.is_none_or(|published| seen == published));
    if steps == LIVES {
        assert!(seen >= 2, "there is room for two");
    }
}

#[test]
fn outcomes_arrive_complete() {
    explore_deaths("outcomes_arrive_complete", 9, outcomes);
}

#[test]
fn arguments_stay_until_they_were_read() {
    explore("arguments_stay_until_they_were_read", || {
        let region = Arc::new(Region::create().unwrap());
        let mut pool = Pool::default();
        pool.publish(&region, ARGUMENT);
        let first = pool.inlet.position();
        let worker = {
            let region = Arc::clone(&region);
            thread::spawn(move || {
                let mut worker = Worker::default();
                (0..3).filter_map(|_| worker.run_next(&region, ARGUMENT)).last()
            })
        };
        pool.publish(&region, ARGUMENT);
        assert!(!pool.inlet.has_room(&region, ARGUMENT));
        let mut outcomes: Vec<_> = pool.next(&region, 8).into_iter().collect();
        if outcomes == [0] {
            // The slot and the bytes of the first are free: all goes round.
            pool.inlet.free(first);
            assert_eq!(pool.publish(&region, ARGUMENT), 2);
        }
        let last = worker.join().unwrap();
        outcomes.extend(std::iter::from_fn(|| pool.next(&region, 8)));
        assert_eq!(outcomes.last().copied(), last);
        assert_eq!(outcomes, (0..outcomes.len() as u32).collect::<Vec<_>>());
    });
}

#[test]
fn a_slot_is_used_again_after_a_recall() {
    explore("a_slot_is_used_again_after_a_recall", || {
        let region = Arc::new(Region::create().unwrap());
        let mut pool = Pool::default();
        let worker = {
            let region = Arc::clone(&region);
            thread::spawn(move || {
                let mut worker = Worker::default();
                (0..3).filter_map(|_| worker.run_next(&region, 8)).collect::<Vec<_>>()
            })
        };
        pool.publish(&region, 8);
        let recalled = pool.publish(&region, 8);
        let was_recalled = claim(&region, recalled).recall().left == 1;
        if was_recalled {
            // The other's slot is in use for all the pool knows, so its number is passed over.
            pool.inlet.skip_number();
            assert_eq!(pool.publish(&region, 8), 3);
        }
        let ran = worker.join().unwrap();
        assert!(ran.is_sorted() && !(was_recalled && ran.contains(&recalled)));
        let outcomes: Vec<_> = std::iter::from_fn(|| pool.next(&region, 8)).collect();
        assert_eq!(outcomes, ran);
    });
}

/// A worker that is killed at any moment: what it has started and not answered is one task at most, which
/// is to blame; what it has answered is there.
#[test]
fn one_task_is_to_blame() {
    explore_deaths("one_task_is_to_blame", 9, |steps| {
        let region = Arc::new(Region::create().unwrap());
        let mut pool = Pool::default();
        let worker = {
            let region = Arc::clone(&region);
            thread::spawn(move || {
                world::process(2, steps, || {
                    let mut worker = Worker::default();
                    (0..2).filter_map(|_| worker.run_next(&region, ARGUMENT)).count()
                })
            })
        };
        let numbers = [(); 2].map(|()| pool.publish(&region, ARGUMENT));
        let answered = worker.join().unwrap();
        let outcomes: Vec<_> = std::iter::from_fn(|| pool.next(&region, 8)).collect();
        let started = numbers.map(|number| claim(&region, number).recall().started);
        let started: usize = started.iter().sum();
        match answered {
            Some(answered) => assert_eq!((outcomes.len(), started), (answered, answered)),
            None => assert!(started - outcomes.len() <= 1, "{started} and {outcomes:?}"),
        }
    });
}
