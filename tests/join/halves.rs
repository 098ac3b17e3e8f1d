//! The two halves of one `join`: what they return, what they borrow, and where they run.

use crate::support::{Busy, Scratch, eventually, guarded};
use crate::{everywhere, pool};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Barrier;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// Both results, in their places.
#[test]
fn both_results() {
    everywhere("both_results", |pool| {
        for n in 0..1000_u32 {
            assert_eq!(pool.join(|| n, || format!("{n}")), (n, n.to_string()));
        }
    });
}

/// Both halves write to what is on the stack of their caller, disjointly.
#[test]
fn halves_borrow() {
    everywhere("halves_borrow", |pool| {
        let mut numbers = [1, 2, 3, 4];
        let (left, right) = numbers.split_at_mut(2);
        let text = String::from("borrowed");
        let lengths = pool.join(
            || {
                left.reverse();
                text.len()
            },
            || {
                right.reverse();
                text.len()
            },
        );
        assert_eq!((lengths, numbers), ((8, 8), [2, 1, 4, 3]));
    });
}

/// What is not `Send` can be in the first half, and in its result: it stays in this thread.
#[test]
fn the_first_half_stays_here() {
    everywhere("the_first_half_stays_here", |pool| {
        let here = thread::current().id();
        let count = Rc::new(Cell::new(0));
        let (copy, ()) = pool.join(
            || {
                count.set(count.get() + 1);
                assert_eq!(thread::current().id(), here);
                Rc::clone(&count)
            },
            || (),
        );
        assert_eq!((copy.get(), Rc::strong_count(&count)), (1, 2));
    });
}

/// Closures and results of no size, of a large size, and of a large alignment.
#[test]
fn sizes_and_alignments() {
    #[repr(align(128))]
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Aligned(u8);
    everywhere("sizes_and_alignments", |pool| {
        let large = [7_u8; 4096];
        let aligned = Aligned(3);
        for _ in 0..200 {
            assert_eq!(pool.join(|| (), || ()), ((), ()));
            let (copy, other) = pool.join(move || large, move || (large, aligned));
            assert_eq!((copy, other), (large, (large, aligned)));
            let (one, two) = pool.join(move || aligned, move || aligned);
            assert_eq!((one, two), (aligned, aligned));
            assert_eq!((&raw const two).addr() % 128, 0);
        }
    });
}

/// If a worker is idle when the outermost `join` is called, the halves may wait for each other.
#[test]
fn halves_meet() {
    guarded("halves_meet", || {
        // As many workers as there are halves elsewhere: none from outside, one more from inside.
        let outside = pool(1);
        let inside = pool(2);
        let meet = |pool: &concurrent_futures::ThreadPoolExecutor| {
            for _ in 0..100 {
                // The worker of the last round may still be on its way to being idle.
                eventually("an idle worker", || {
                    let stats = pool.stats();
                    stats.queued == 0 && (stats.idle > 0 || stats.live < pool.max_workers())
                });
                let barrier = Barrier::new(2);
                let (sender, receiver) = channel();
                let (received, ()) = pool.join(
                    || {
                        barrier.wait();
                        receiver.recv().unwrap()
                    },
                    || {
                        barrier.wait();
                        sender.send(thread::current().id()).unwrap();
                    },
                );
                assert_ne!(received, thread::current().id());
            }
        };
        meet(&outside);
        inside.scope(|scope| scope.spawn(|| meet(&inside)).unwrap().result().unwrap());
    });
}

/// A thread that waits for its half, which a worker runs, is given parts of that half to run.
#[test]
fn who_waits_helps() {
    guarded("who_waits_helps", || {
        let pool = pool(1);
        let here = thread::current().id();
        let (started, worker_has_it) = channel();
        let ((), helped) = pool.join(
            // Until the worker has the other half.
            || worker_has_it.recv().unwrap(),
            || {
                started.send(()).unwrap();
                // Joins, until the thread that waits for all this has got one of the halves. The other
                // halves take longer and longer, so that it comes to that on the busiest machine.
                let mut joins = 0_u64;
                loop {
                    joins += 1;
                    let mine = || {
                        thread::sleep(Duration::from_micros(joins));
                        thread::current().id()
                    };
                    let (mine, other) = pool.join(mine, || thread::current().id());
                    assert_ne!(mine, here);
                    if other == here {
                        return joins;
                    }
                }
            },
        );
        assert!(helped > 0);
    });
}

/// When all workers have something else to do, both halves run here, and nothing is left queued.
#[test]
fn all_workers_busy() {
    guarded("all_workers_busy", || {
        let scratch = Scratch::new();
        let pool = pool(2);
        let busy = Busy::occupy(&pool, &scratch, 2);
        let here = thread::current().id();
        for _ in 0..1000 {
            let (one, two) = pool.join(|| thread::current().id(), || thread::current().id());
            assert_eq!((one, two), (here, here));
        }
        assert_eq!(pool.stats().queued, 0);
        busy.release();
    });
}

/// Taking a half back shows in no counter: neither as cancelled nor as failed.
#[test]
fn taken_back_is_not_cancelled() {
    guarded("taken_back_is_not_cancelled", || {
        let pool = pool(4);
        for n in 0..5000 {
            assert_eq!(pool.join(|| n, || n + 1), (n, n + 1));
        }
        eventually("the queue to be cleared", || pool.stats().queued == 0);
        eventually("the counters to be exact", || {
            let stats = pool.stats();
            stats.idle == stats.live && (stats.cancelled, stats.failed, stats.running) == (0, 0, 0)
        });
    });
}
