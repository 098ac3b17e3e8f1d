//! What a queue is as a value: clones, borrowing, `Debug`, what it keeps and lets go of. Row TQ-11.

use crate::every_queue;
use crate::support::guarded;
use concurrent_futures::ThreadPoolExecutor;
use concurrent_futures::queue::{LifoQueue, PriorityQueue, Queue};
use std::sync::{Arc, LazyLock};
use std::thread;

/// TQ-11: clones are the same queue, and go into tasks of a pool.
#[test]
fn clones_are_the_same_queue() {
    guarded("clones_are_the_same_queue", || {
        every_queue!(Q => {
            let pool = ThreadPoolExecutor::builder().max_workers(2).build().unwrap();
            let (questions, answers) = (Q::bounded(1), Q::new());
            let worker = {
                let (questions, answers) = (questions.clone(), answers.clone());
                pool.spawn(move || questions.into_iter().for_each(|n: u32| answers.put(n + 1).unwrap()))
            };
            for n in 0..10 {
                questions.put(n).unwrap();
                assert_eq!(answers.get(), Ok(n + 1));
            }
            questions.shutdown();
            worker.unwrap().result().unwrap();
        });
    });
}

/// TQ-11: threads in a scope may borrow one, and one may be a `static`.
#[test]
fn borrowed_and_static() {
    static NUMBERS: LazyLock<Queue<u32>> = LazyLock::new(Queue::new);
    guarded("borrowed_and_static", || {
        let text = String::from("borrowed");
        let queue = LifoQueue::new();
        thread::scope(|scope| {
            scope.spawn(|| queue.put(text.as_str()).unwrap());
            assert_eq!(queue.get(), Ok("borrowed"));
            scope.spawn(|| NUMBERS.put(7).unwrap());
            assert_eq!(NUMBERS.get(), Ok(7));
        });
    });
}

/// TQ-11: the queue keeps nothing that was got, and drops what nobody got.
#[test]
fn nothing_is_retained() {
    guarded("nothing_is_retained", || {
        every_queue!(Q => {
            let value = Arc::new(1);
            let queue = Q::new();
            for _ in 0..3 {
                queue.put(Arc::clone(&value)).unwrap();
            }
            assert_eq!(Arc::strong_count(&value), 4);
            drop(queue.get().unwrap());
            assert_eq!(Arc::strong_count(&value), 3);
            let other = queue.clone();
            drop(queue);
            assert_eq!(Arc::strong_count(&value), 3);
            drop(other);
            assert_eq!(Arc::strong_count(&value), 1);
            let queue = Q::from_iter([Arc::clone(&value)]);
            queue.shutdown_now();
            assert_eq!(Arc::strong_count(&value), 1);
            drop(queue.put(Arc::clone(&value)));
            assert_eq!(Arc::strong_count(&value), 1);
        });
    });
}

/// TQ-11: what an item does when it is dropped may use the queue.
#[test]
fn destructors_use_the_queue() {
    /// Puts its number into the queue, if that is open.
    struct Last(Queue<Last>, Queue<u32>);
    impl Drop for Last {
        fn drop(&mut self) {
            self.1.put(self.0.len() as u32).unwrap();
            assert!(self.0.is_closed());
        }
    }
    guarded("destructors_use_the_queue", || {
        let (items, seen) = (Queue::new(), Queue::new());
        for _ in 0..3 {
            items.put(Last(items.clone(), seen.clone())).unwrap();
        }
        items.shutdown_now();
        assert_eq!(seen.try_iter().collect::<Vec<_>>(), [0, 0, 0]);
        drop(items.put(Last(items.clone(), seen.clone())));
        assert_eq!(seen.get(), Ok(0));
    });
}

/// SYN-19 for queues: `Debug` shows the state, and nothing of the items.
#[test]
fn debug_shows_the_state() {
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    struct Plain;
    guarded("debug_shows_the_state", || {
        let queue = Queue::bounded(3);
        queue.put(Plain).unwrap();
        let text = "Queue { len: 1, capacity: Some(3), unfinished: 1, closed: false }";
        assert_eq!(format!("{queue:?}"), text);
        queue.shutdown_now();
        let text = "Queue { len: 0, capacity: Some(3), unfinished: 0, closed: true }";
        assert_eq!(format!("{queue:?}"), text);
        let text = "{ len: 0, capacity: None, unfinished: 0, closed: false }";
        assert_eq!(format!("{:?}", LifoQueue::<Plain>::new()), format!("LifoQueue {text}"));
        assert_eq!(format!("{:?}", PriorityQueue::<Plain>::new()), format!("PriorityQueue {text}"));
    });
}
