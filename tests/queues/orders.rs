//! Row TQ-01: what comes out first.

use crate::support::guarded;
use concurrent_futures::queue::{LifoQueue, Prioritized, PriorityQueue, Queue};
use std::cmp::Reverse;
use std::collections::VecDeque;

/// TQ-01: the order of each of the three.
#[test]
fn each_has_its_order() {
    guarded("each_has_its_order", || {
        let items = [111, 333, 222];
        assert_eq!(Queue::from_iter(items).try_iter().collect::<Vec<_>>(), [111, 333, 222]);
        assert_eq!(LifoQueue::from_iter(items).try_iter().collect::<Vec<_>>(), [222, 333, 111]);
        assert_eq!(PriorityQueue::from_iter(items).try_iter().collect::<Vec<_>>(), [111, 222, 333]);
        let largest_first = PriorityQueue::from_iter(items.map(Reverse));
        assert_eq!(
            largest_first.try_iter().map(|item| item.0).collect::<Vec<_>>(),
            [333, 222, 111]
        );
    });
}

/// TQ-01: equal priorities in the order in which they were put, also after others were taken.
#[test]
fn ties_keep_their_order() {
    guarded("ties_keep_their_order", || {
        let queue = PriorityQueue::new();
        let put = |priority, item| queue.put(Prioritized::new(priority, item)).unwrap();
        for item in 0..100 {
            put(item % 3, item);
        }
        let mut got = Vec::new();
        for _ in 0..50 {
            let entry = queue.get().unwrap();
            got.push((entry.priority, entry.item));
            put(2, 100 + entry.item);
        }
        got.extend(queue.try_iter().map(|entry| (entry.priority, entry.item)));
        let mut expected: Vec<_> = (0..100).map(|item| (item % 3, item)).collect();
        expected.sort_by_key(|(priority, _)| *priority); // stable
        expected.extend(expected.clone()[..50].iter().map(|(_, item)| (2, 100 + item)));
        assert_eq!(got, expected);
    });
}

/// TQ-01: long runs of puts and gets against the simplest thing that has the order.
#[test]
fn orders_hold_in_long_runs() {
    /// A small generator of numbers that look random, the same each time.
    fn next(seed: &mut u64) -> u64 {
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *seed >> 33
    }
    guarded("orders_hold_in_long_runs", || {
        for run in 0..20 {
            let mut seed = run;
            let (fifo, lifo, priority) = (Queue::new(), LifoQueue::new(), PriorityQueue::new());
            let (mut list, mut stack, mut sorted) = (VecDeque::new(), Vec::new(), Vec::new());
            for number in 0..2000_u64 {
                // Grows at first, then shrinks.
                if next(&mut seed) % 3 < if number < 1000 { 2 } else { 1 } {
                    let entry = Prioritized::new(next(&mut seed) % 16, number);
                    fifo.put(number).unwrap();
                    lifo.put(number).unwrap();
                    priority.put(entry).unwrap();
                    list.push_back(number);
                    stack.push(number);
                    let place = sorted.partition_point(|(priority, _)| *priority <= entry.priority);
                    sorted.insert(place, (entry.priority, number));
                } else {
                    assert_eq!(fifo.try_get().ok(), list.pop_front());
                    assert_eq!(lifo.try_get().ok(), stack.pop());
                    let entry = priority.try_get().ok().map(|entry| (entry.priority, entry.item));
                    assert_eq!(entry, (!sorted.is_empty()).then(|| sorted.remove(0)));
                }
                assert_eq!([fifo.len(), lifo.len(), priority.len()], [list.len(); 3]);
            }
            let left: Vec<_> =
                priority.try_iter().map(|entry| (entry.priority, entry.item)).collect();
            assert_eq!(left, sorted);
        }
    });
}
