//! Many processes and threads at once. `STRESS_ITEMS` sets how many items there are.

use crate::support::setting;
use crate::support::watchdog::guarded_for;
use crate::{end, start};
use concurrent_futures::process::Queue;
use std::thread;
use std::time::Duration;

const PROCESSES: u64 = 4;
const THREADS: u64 = 4;

/// How many items there are, all together.
fn items() -> u64 {
    setting("STRESS_ITEMS").unwrap_or(160_000)
}

/// Who put an item, and which it is.
type Item = (u64, u64, Vec<u8>);

fn bulk(number: u64) -> Vec<u8> {
    let len = match number % 1000 {
        0 => 150_000,
        1..10 => 3000,
        _ => number % 40,
    };
    vec![number as u8; len as usize]
}

fn produce((queue, process, each): (Queue<Item>, u64, u64)) {
    thread::scope(|scope| {
        for id in 0..THREADS {
            let queue = &queue;
            scope.spawn(move || {
                for number in 0..each {
                    queue.put((process * THREADS + id, number, bulk(number))).unwrap();
                }
            });
        }
    });
}

/// Tells, for each thread, for each producer, how many items it got and the sum of their numbers.
fn consume((queue, books): (Queue<Item>, Queue<Vec<(u64, u64)>>)) {
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let (queue, books) = (&queue, &books);
            scope.spawn(move || {
                let mut book = vec![(0, 0); (PROCESSES * THREADS) as usize];
                let mut next = vec![0; book.len()];
                for item in queue {
                    let (producer, number, bytes) = item.unwrap();
                    let producer = producer as usize;
                    assert!(bytes == bulk(number), "another item's bytes");
                    assert!(number >= next[producer], "out of order");
                    next[producer] = number + 1;
                    book[producer] = (book[producer].0 + 1, book[producer].1 + number);
                }
                books.put(book).unwrap();
            });
        }
    });
}

fn stress(name: &str, capacity: usize, each: u64) {
    guarded_for(name, Duration::from_secs(600), || {
        let queue = Queue::bounded(capacity).unwrap();
        let books = Queue::new().unwrap();
        let consumers =
            [(); PROCESSES as usize].map(|()| start(consume, (queue.clone(), books.clone())));
        let mut producers = Vec::new();
        for process in 0..PROCESSES {
            producers.push(start(produce, (queue.clone(), process, each)));
        }
        producers.iter().for_each(end);
        queue.shutdown();
        consumers.iter().for_each(end);
        let mut total = vec![(0, 0); (PROCESSES * THREADS) as usize];
        for book in books.try_iter().map(Result::unwrap) {
            for (sum, part) in total.iter_mut().zip(book) {
                *sum = (sum.0 + part.0, sum.1 + part.1);
            }
        }
        assert_eq!(total, vec![(each, each * (each - 1) / 2); total.len()], "each item once");
        assert!(queue.is_empty());
    });
}

/// QUE-01, QUE-02: 8 processes of 4 threads each; every item comes out once, those of a thread in
/// order.
#[test]
fn every_item_once() {
    let each = items() / (PROCESSES * THREADS);
    stress("every_item_once", 0, each);
}

/// QUE-01: the same while nearly everybody waits for room or for an item.
#[test]
fn every_item_once_through_a_narrow_queue() {
    let each = items() / (PROCESSES * THREADS) / 4;
    stress("every_item_once_through_a_narrow_queue", 3, each);
}
