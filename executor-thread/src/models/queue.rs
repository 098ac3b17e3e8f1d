//! Queues: `queue/shared.rs`. A lost wake-up is a deadlock, which loom reports.

use super::explore;
use crate::queue::{PriorityQueue, Queue};
use loom::thread;

#[test]
fn queue_each_put_wakes_a_getter() {
    explore("queue_each_put_wakes_a_getter", || {
        let queue = Queue::new();
        let getters = [(); 2].map(|()| {
            let queue = queue.clone();
            thread::spawn(move || queue.get().unwrap())
        });
        queue.put(1).unwrap();
        queue.put(2).unwrap();
        let got: u32 = getters.map(|getter| getter.join().unwrap()).iter().sum();
        assert_eq!(got, 3);
    });
}

#[test]
fn queue_each_get_makes_room() {
    explore("queue_each_get_makes_room", || {
        let queue = PriorityQueue::bounded(1);
        let putters = [1, 2].map(|item| {
            let queue = queue.clone();
            thread::spawn(move || queue.put(item).unwrap())
        });
        let got: u32 = queue.iter().take(2).sum();
        assert_eq!(got, 3);
        for putter in putters {
            putter.join().unwrap();
        }
        assert!(queue.is_empty());
    });
}

#[test]
fn queue_shutdown_ends_all_waits() {
    explore("queue_shutdown_ends_all_waits", || {
        let (full, empty) = (Queue::bounded(1), Queue::<u32>::new());
        full.put(1).unwrap();
        let putter = {
            let full = full.clone();
            thread::spawn(move || full.put(2).unwrap_err().into_item())
        };
        let getter = {
            let empty = empty.clone();
            thread::spawn(move || empty.get().unwrap_err())
        };
        full.shutdown();
        empty.shutdown();
        assert_eq!(putter.join().unwrap(), 2);
        assert!(getter.join().unwrap().is_closed());
        assert_eq!(full.get(), Ok(1));
    });
}

#[test]
fn queue_shutdown_now_loses_nothing() {
    explore("queue_shutdown_now_loses_nothing", || {
        let queue = Queue::new();
        let putter = {
            let queue = queue.clone();
            thread::spawn(move || usize::from(queue.put(()).is_err()))
        };
        let getter = {
            let queue = queue.clone();
            thread::spawn(move || {
                let got = usize::from(queue.get().is_ok());
                if got == 1 {
                    queue.task_done().unwrap();
                }
                got
            })
        };
        let left = queue.shutdown_now().len();
        queue.join(); // whatever was put is marked done
        assert_eq!(putter.join().unwrap() + getter.join().unwrap() + left, 1);
        assert!(queue.task_done().is_err());
    });
}

#[test]
fn queue_the_last_mark_ends_join() {
    explore("queue_the_last_mark_ends_join", || {
        let queue = Queue::from_iter([1, 2]);
        let workers = [(); 2].map(|()| {
            let queue = queue.clone();
            thread::spawn(move || {
                queue.get().unwrap();
                queue.task_done().unwrap();
            })
        });
        queue.join();
        assert!(queue.is_empty());
        for worker in workers {
            worker.join().unwrap();
        }
    });
}
