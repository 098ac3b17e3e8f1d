//! Rows TQ-05 to TQ-08: the end of a queue.

use crate::asleep::asleep;
use crate::every_queue;
use crate::support::guarded;
use concurrent_futures::queue::{
    GetError, GetTimeoutError, LifoQueue, PriorityQueue, PutError, PutTimeoutError, Queue,
    TooManyDone, TryGetError, TryPutError,
};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(3600);

/// TQ-05: puts fail at once, in every form, also where there is no room; what is there can be got.
#[test]
fn puts_fail_and_gets_go_on() {
    guarded("puts_fail_and_gets_go_on", || {
        every_queue!(Q => {
            let queue = Q::bounded(2);
            queue.put(1).unwrap();
            queue.put(2).unwrap();
            assert!(!queue.is_closed());
            queue.shutdown();
            assert!(queue.is_closed());
            for _full_and_not in 0..2 {
                assert_eq!(queue.put(3), Err(PutError::Closed(3)));
                assert_eq!(queue.put_timeout(3, LONG), Err(PutTimeoutError::Closed(3)));
                assert_eq!(queue.try_put(3), Err(TryPutError::Closed(3)));
                queue.get().unwrap();
            }
            assert_eq!(queue.get(), Err(GetError::Closed));
            assert_eq!(queue.get_timeout(LONG), Err(GetTimeoutError::Closed));
            assert_eq!(queue.try_get(), Err(TryGetError::Closed));
            assert_eq!(queue.iter().next(), None);
        });
    });
}

/// TQ-06: discards and marks; the one kind may follow the other, and both may be repeated.
#[test]
fn immediate_discards_and_marks() {
    guarded("immediate_discards_and_marks", || {
        every_queue!(Q => {
            let queue = Q::from_iter([1, 2, 3]);
            queue.get().unwrap();
            queue.shutdown();
            queue.shutdown();
            assert_eq!(queue.shutdown_now().len(), 2);
            assert_eq!(queue.shutdown_now(), []);
            queue.shutdown();
            assert!(queue.is_empty());
            assert_eq!(queue.get(), Err(GetError::Closed));
            assert_eq!(queue.get_timeout(LONG), Err(GetTimeoutError::Closed));
            assert_eq!(queue.try_get(), Err(TryGetError::Closed));
            assert_eq!(queue.put(4), Err(PutError::Closed(4)));
            // The one that was got is not marked yet.
            assert_eq!(queue.join_timeout(Duration::ZERO).unwrap_err().unfinished(), 1);
            queue.task_done().unwrap();
            queue.join();
            assert_eq!(queue.task_done(), Err(TooManyDone));
        });
    });
}

/// TQ-06: what was discarded comes back, in the order of the queue.
#[test]
fn immediate_gives_back_what_was_left() {
    guarded("immediate_gives_back_what_was_left", || {
        let items = [2, 3, 1];
        assert_eq!(Queue::from_iter(items).shutdown_now(), [2, 3, 1]);
        assert_eq!(LifoQueue::from_iter(items).shutdown_now(), [1, 3, 2]);
        assert_eq!(PriorityQueue::from_iter(items).shutdown_now(), [2, 3, 1]);
    });
}

/// TQ-07: everybody who waits is sent away, in either way, and putters keep their item.
#[test]
fn waiting_ends() {
    guarded("waiting_ends", || {
        every_queue!(Q => {
            for now in [false, true] {
                let (empty, full) = (Q::<u32>::new(), Q::bounded(1));
                full.put(0).unwrap();
                let getters = [(); 2].map(|()| {
                    let (patient, timed) = (empty.clone(), empty.clone());
                    [
                        asleep(move || patient.get().unwrap_err().is_closed()),
                        asleep(move || timed.get_timeout(LONG).unwrap_err().is_closed()),
                    ]
                });
                let putters = [1, 2].map(|item| {
                    let (patient, timed) = (full.clone(), full.clone());
                    [
                        asleep(move || patient.put(item) == Err(PutError::Closed(item))),
                        asleep(move || {
                            timed.put_timeout(item, LONG) == Err(PutTimeoutError::Closed(item))
                        }),
                    ]
                });
                for queue in [&empty, &full] {
                    if now { drop(queue.shutdown_now()) } else { queue.shutdown() }
                }
                for thread in getters.into_iter().chain(putters).flatten() {
                    assert!(thread.join().unwrap());
                }
                assert_eq!(full.try_iter().collect::<Vec<_>>(), if now { vec![] } else { vec![0] });
            }
        });
    });
}

/// TQ-08: `join` is not ended by a shutdown, but by the marks that are missing.
#[test]
fn joining_goes_on() {
    guarded("joining_goes_on", || {
        every_queue!(Q => {
            for now in [false, true] {
                let queue = Q::from_iter([1, 2]);
                let other = queue.clone();
                let joiner = asleep(move || other.join());
                queue.get().unwrap();
                if now {
                    queue.shutdown_now();
                } else {
                    queue.shutdown();
                    queue.get().unwrap();
                    queue.task_done().unwrap();
                }
                assert!(queue.join_timeout(Duration::from_millis(1)).is_err());
                assert!(!joiner.is_finished());
                queue.task_done().unwrap();
                joiner.join().unwrap();
            }
            // With nothing in anybody's hands the immediate one ends it at once.
            let queue = Q::from_iter([1, 2]);
            let other = queue.clone();
            let joiner = asleep(move || other.join());
            queue.shutdown_now();
            joiner.join().unwrap();
        });
    });
}

/// TQ-05: an iterator ends with the queue, one that waits as well.
#[test]
fn iterators_end() {
    guarded("iterators_end", || {
        every_queue!(Q => {
            let queue = Q::from_iter([1, 2, 3]);
            let (borrowing, owning) = (queue.clone(), queue.clone());
            let borrowing = asleep(move || (&borrowing).into_iter().sum::<u32>());
            let owning = asleep(move || owning.into_iter().sum::<u32>());
            queue.put(4).unwrap();
            queue.shutdown();
            assert_eq!(borrowing.join().unwrap() + owning.join().unwrap(), 10);
        });
    });
}
