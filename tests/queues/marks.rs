//! Row TQ-04: `task_done` and `join`.

use crate::asleep::asleep;
use crate::every_queue;
use crate::support::guarded;
use concurrent_futures::queue::{NotJoined, TooManyDone};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// TQ-04: one mark more than items is an error, and changes nothing.
#[test]
fn too_many_marks_are_refused() {
    guarded("too_many_marks_are_refused", || {
        every_queue!(Q => {
            let queue = Q::new();
            assert_eq!(queue.task_done(), Err(TooManyDone));
            queue.put(1).unwrap();
            // As in Python, the mark need not wait for the get.
            assert_eq!(queue.task_done(), Ok(()));
            assert_eq!(queue.task_done(), Err(TooManyDone));
            queue.put(2).unwrap();
            assert_eq!(queue.join_timeout(Duration::ZERO), Err(NotJoined::new(1)));
            assert_eq!(queue.task_done(), Ok(()));
            queue.join();
            // What was marked before is not counted a second time.
            assert_eq!(queue.shutdown_now().len(), 2);
            assert_eq!(queue.task_done(), Err(TooManyDone));
            queue.join();
        });
    });
}

/// TQ-04: `join` waits for the last mark, and can be repeated.
#[test]
fn join_waits_for_all_marks() {
    guarded("join_waits_for_all_marks", || {
        every_queue!(Q => {
            let queue = Q::new();
            let done = Arc::new(AtomicUsize::new(0));
            let workers: Vec<_> = (0..2)
                .map(|_| {
                    let (queue, done) = (queue.clone(), Arc::clone(&done));
                    thread::spawn(move || {
                        for _item in &queue {
                            done.fetch_add(1, Ordering::Relaxed);
                            queue.task_done().unwrap();
                        }
                    })
                })
                .collect();
            for round in 1..=5 {
                for item in 0..100 {
                    queue.put(item).unwrap();
                }
                queue.join();
                assert_eq!(done.load(Ordering::Relaxed), 100 * round);
                queue.join();
            }
            queue.shutdown();
            workers.into_iter().for_each(|worker| worker.join().unwrap());
        });
    });
}

/// TQ-04: several may join, and a timeout tells how many marks are missing.
#[test]
fn many_join() {
    guarded("many_join", || {
        every_queue!(Q => {
            let queue = Q::from_iter([1, 2, 3]);
            let joiners = [(); 3].map(|()| {
                let queue = queue.clone();
                asleep(move || queue.join())
            });
            for unfinished in [3, 2, 1] {
                let error = queue.join_timeout(Duration::from_millis(1)).unwrap_err();
                assert_eq!(error.unfinished(), unfinished);
                queue.get().unwrap();
                assert!(joiners.iter().all(|joiner| !joiner.is_finished()));
                queue.task_done().unwrap();
            }
            joiners.into_iter().for_each(|joiner| joiner.join().unwrap());
        });
    });
}
