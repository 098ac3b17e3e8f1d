//! Many threads at once, with exact accounts. Rows SYN-08, SYN-12, SYN-17 and SYN-18.

use crate::support::guarded;
use concurrent_futures::sync::{Barrier, BoundedSemaphore, BrokenBarrier, Event, Semaphore};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// SYN-08: never more inside than permits, and all permits there in the end, whatever way they were
/// acquired and whoever gave up.
#[test]
fn permits_are_exact() {
    guarded("permits_are_exact", || {
        for permits in [1, 3] {
            let semaphore = BoundedSemaphore::new(permits);
            let (inside, entered) = (AtomicUsize::new(0), AtomicUsize::new(0));
            thread::scope(|scope| {
                for thread in 0..8_u64 {
                    let (semaphore, inside, entered) = (&semaphore, &inside, &entered);
                    scope.spawn(move || {
                        for turn in 0..3000 {
                            let permit = match (thread + turn) % 4 {
                                0 => Some(semaphore.permit()),
                                1 => semaphore.try_permit(),
                                2 => semaphore.permit_timeout(Duration::from_micros(turn % 50)),
                                _ => semaphore.permit_timeout(Duration::MAX),
                            };
                            if let Some(permit) = permit {
                                let before = inside.fetch_add(1, Ordering::AcqRel);
                                assert!(before < permits, "{before} were inside already");
                                entered.fetch_add(1, Ordering::Relaxed);
                                if turn % 64 == 0 {
                                    thread::yield_now();
                                }
                                inside.fetch_sub(1, Ordering::AcqRel);
                                drop(permit);
                            }
                        }
                    });
                }
            });
            assert!(entered.into_inner() >= 8 * 3000 / 2);
            assert_eq!(semaphore.available_permits(), permits);
            assert!(semaphore.release().is_err());
        }
    });
}

/// SYN-08, SYN-09: as many acquisitions as releases in all, in batches.
#[test]
fn releases_in_batches() {
    guarded("releases_in_batches", || {
        let semaphore = Semaphore::new(0);
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| (0..4000).for_each(|_| semaphore.acquire()));
            }
            for thread in 0..2 {
                let semaphore = &semaphore;
                scope.spawn(move || {
                    let mut left = 12_000;
                    while left > 0 {
                        let count = (left % 7 + thread).clamp(1, left);
                        semaphore.release_many(count);
                        left -= count;
                        if left % 128 == 0 {
                            thread::yield_now();
                        }
                    }
                });
            }
        });
        assert_eq!(semaphore.available_permits(), 0);
    });
}

/// SYN-08: a semaphore of one as a lock around something that is not atomic.
#[test]
fn one_permit_is_a_lock() {
    guarded("one_permit_is_a_lock", || {
        let (lock, value) = (Semaphore::new(1), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20_000 {
                        let _permit = lock.permit();
                        value.store(value.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(value.into_inner(), 160_000);
    });
}

/// SYN-12: no waiter misses a set that is cleared at once: with all of them in step, one lost would
/// stay behind for ever.
#[test]
fn events_back_and_forth() {
    guarded("events_back_and_forth", || {
        const THREADS: usize = 4;
        let (go, back) = (Event::new(), Semaphore::new(0));
        let ready = Semaphore::new(0);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        ready.release();
                        while !go.wait_timeout(Duration::from_micros(200)) {}
                        back.release();
                        // Not before the flag is down again.
                        while go.is_set() {
                            thread::yield_now();
                        }
                    }
                });
            }
            for _ in 0..1000 {
                (0..THREADS).for_each(|_| ready.acquire());
                go.set();
                (0..THREADS).for_each(|_| back.acquire());
                go.clear();
            }
        });
        assert!(!go.is_set());
    });
}

/// SYN-17, SYN-18: rounds, timeouts, aborts and resets in any order: every round has the same outcome for
/// all its parties, so the numbers of a round are all there or none of them.
#[test]
fn barriers_in_trouble() {
    guarded("barriers_in_trouble", || {
        const PARTIES: usize = 3;
        let barrier = Barrier::new(PARTIES).unwrap();
        let numbers = [const { AtomicUsize::new(0) }; PARTIES];
        let others = AtomicUsize::new(0);
        let left = AtomicUsize::new(5);
        thread::scope(|scope| {
            for thread in 0..5_u64 {
                let (barrier, numbers, others, left) = (&barrier, &numbers, &others, &left);
                scope.spawn(move || {
                    for turn in 0..2000 {
                        let outcome = match (thread + turn) % 3 {
                            0 => barrier.wait_timeout(Duration::from_micros(turn % 200)),
                            _ => barrier.wait(),
                        };
                        match outcome {
                            Ok(number) => numbers[number].fetch_add(1, Ordering::Relaxed),
                            Err(BrokenBarrier::Reset) => others.fetch_add(1, Ordering::Relaxed),
                            Err(_) => {
                                barrier.reset();
                                others.fetch_add(1, Ordering::Relaxed)
                            }
                        };
                    }
                    left.fetch_sub(1, Ordering::Relaxed);
                });
            }
            // Those who are left over in the end have nobody to wait for.
            scope.spawn(|| {
                while left.load(Ordering::Relaxed) > 0 {
                    thread::sleep(Duration::from_micros(500));
                    barrier.abort();
                }
            });
        });
        let numbers = numbers.map(AtomicUsize::into_inner);
        assert!(numbers.iter().all(|count| *count == numbers[0]), "{numbers:?}");
        assert_eq!(PARTIES * numbers[0] + others.into_inner(), 5 * 2000);
    });
}
