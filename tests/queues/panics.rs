//! Row TQ-10: items whose order panics.

use crate::asleep::asleep;
use crate::support::guarded;
use concurrent_futures::queue::PriorityQueue;
use std::cell::Cell;
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

thread_local! {
    /// So many more comparisons in this thread go well; `None`: all.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// A number whose comparison panics when the thread has used up those that go well.
#[derive(Debug)]
struct Fragile(u32);

impl Ord for Fragile {
    fn cmp(&self, other: &Self) -> Ordering {
        if let Some(left) = LEFT.get() {
            if left == 0 {
                resume_unwind(Box::new("no order today")); // without the noise of `panic!`
            }
            LEFT.set(Some(left - 1));
        }
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Fragile {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Fragile {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Fragile {}

/// Whether `call` panics if only so many comparisons go well.
fn panics_after(comparisons: usize, call: impl FnOnce()) -> bool {
    LEFT.set(Some(comparisons));
    let outcome = catch_unwind(AssertUnwindSafe(call));
    LEFT.set(None);
    outcome.is_err()
}

const ITEMS: [u32; 15] = [7, 3, 11, 1, 5, 9, 13, 0, 2, 4, 6, 8, 10, 12, 14];

fn queue() -> PriorityQueue<Fragile> {
    ITEMS.into_iter().map(Fragile).collect()
}

/// TQ-10: wherever a put or a get panics, the queue is as it was before.
#[test]
fn panics_change_nothing() {
    guarded("panics_change_nothing", || {
        let mut seen = [0, 0];
        for comparisons in 0..10 {
            let queue = queue();
            let put = panics_after(comparisons, || queue.put(Fragile(0)).unwrap());
            seen[0] += usize::from(put);
            assert_eq!(queue.len(), if put { 15 } else { 16 });
            let before = queue.len();
            let get = panics_after(comparisons, || assert!(queue.get().is_ok()));
            seen[1] += usize::from(get);
            assert_eq!(queue.len(), if get { before } else { before - 1 });
            queue.shutdown();
            let got: Vec<_> = queue.iter().map(|item| item.0).collect();
            let mut expected: Vec<_> = (0..15).collect();
            if !put {
                expected.insert(0, 0);
            }
            if !get {
                expected.remove(0);
            }
            assert_eq!(got, expected, "after {comparisons} comparisons");
        }
        assert!(seen.iter().all(|count| (2..10).contains(count)), "{seen:?}");
    });
}

/// TQ-10: no mark is counted for a put that failed, and none is missing for the others.
#[test]
fn panics_are_not_counted() {
    guarded("panics_are_not_counted", || {
        let queue = queue();
        assert!(panics_after(0, || queue.put(Fragile(1)).unwrap()));
        assert!(panics_after(0, || drop(queue.get())));
        assert_eq!(queue.join_timeout(Duration::ZERO).unwrap_err().unfinished(), ITEMS.len());
        assert_eq!(queue.shutdown_now().len(), ITEMS.len());
        queue.join();
    });
}

/// TQ-10: a thread that was woken for room, and panics, leaves it to the next.
#[test]
fn panics_pass_the_room_on() {
    guarded("panics_pass_the_room_on", || {
        let queue = PriorityQueue::bounded(2);
        queue.put(Fragile(5)).unwrap();
        queue.put(Fragile(6)).unwrap();
        let failing = queue.clone();
        let failing = asleep(move || panics_after(0, || failing.put(Fragile(1)).unwrap()));
        let other = queue.clone();
        let other = asleep(move || other.put(Fragile(2)).unwrap());
        assert_eq!(queue.get().unwrap().0, 5);
        // Only one get: if the failing one was woken, it has to pass that on.
        other.join().unwrap();
        let got = queue.get().unwrap().0;
        assert_eq!(got, 2);
        assert!(failing.join().unwrap());
    });
}
