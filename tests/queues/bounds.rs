//! Rows TQ-02 and TQ-03: full, empty, and how long to wait.

use crate::asleep::asleep;
use crate::every_queue;
use crate::support::guarded;
use concurrent_futures::queue::{GetTimeoutError, PutTimeoutError, TryGetError, TryPutError};
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(20);

/// TQ-02: full and empty are told at once, or after the timeout, with the item.
#[test]
fn full_and_empty_are_told() {
    guarded("full_and_empty_are_told", || {
        every_queue!(Q => {
            let queue = Q::bounded(2);
            assert_eq!((queue.capacity(), queue.is_empty(), queue.is_full()), (Some(2), true, false));
            assert_eq!(queue.try_get(), Err(TryGetError::Empty));
            let start = Instant::now();
            assert_eq!(queue.get_timeout(SHORT), Err(GetTimeoutError::TimedOut));
            assert!(start.elapsed() >= SHORT);
            queue.put(1).unwrap();
            assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (1, false, false));
            queue.put_timeout(2, SHORT).unwrap();
            assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (2, false, true));
            assert_eq!(queue.try_put(3), Err(TryPutError::Full(3)));
            let start = Instant::now();
            assert_eq!(queue.put_timeout(4, SHORT), Err(PutTimeoutError::TimedOut(4)));
            assert!(start.elapsed() >= SHORT);
            assert_eq!(queue.try_iter().sum::<u32>(), 3);
            queue.try_put(5).unwrap();
            assert_eq!(queue.get_timeout(SHORT), Ok(5));
        });
    });
}

/// TQ-02: a put that waits goes on with a get, timed or not.
#[test]
fn gets_let_puts_go_on() {
    guarded("gets_let_puts_go_on", || {
        every_queue!(Q => {
            let queue = Q::bounded(1);
            queue.put(1).unwrap();
            let (patient, timed) = (queue.clone(), queue.clone());
            let patient = asleep(move || patient.put(2).is_ok());
            let timed = asleep(move || timed.put_timeout(2, Duration::from_secs(3600)).is_ok());
            assert_eq!(queue.iter().take(3).sum::<u32>(), 5);
            assert!(patient.join().unwrap() && timed.join().unwrap());
            assert!(queue.is_empty());
        });
    });
}

/// TQ-02: a get that waits goes on with a put, timed or not.
#[test]
fn puts_let_gets_go_on() {
    guarded("puts_let_gets_go_on", || {
        every_queue!(Q => {
            let queue = Q::bounded(1);
            let (patient, timed) = (queue.clone(), queue.clone());
            let patient = asleep(move || patient.get().unwrap());
            let timed = asleep(move || timed.get_timeout(Duration::from_secs(3600)).unwrap());
            queue.put(1).unwrap();
            queue.put(2).unwrap();
            assert_eq!(patient.join().unwrap() + timed.join().unwrap(), 3);
        });
    });
}

/// TQ-02: a capacity of 0 is none.
#[test]
fn zero_means_no_bound() {
    guarded("zero_means_no_bound", || {
        every_queue!(Q => {
            for queue in [Q::bounded(0), Q::new(), Q::default()] {
                for item in 0..10_000 {
                    queue.try_put(item).unwrap();
                }
                assert_eq!((queue.len(), queue.capacity(), queue.is_full()), (10_000, None, false));
            }
        });
    });
}

/// TQ-03: no timeout is too short or too long.
#[test]
fn any_timeout_is_fine() {
    guarded("any_timeout_is_fine", || {
        every_queue!(Q => {
            let queue = Q::bounded(1);
            assert_eq!(queue.put_timeout(1, Duration::ZERO), Ok(()));
            assert_eq!(queue.put_timeout(2, Duration::ZERO), Err(PutTimeoutError::TimedOut(2)));
            assert_eq!(queue.get_timeout(Duration::ZERO), Ok(1));
            assert_eq!(queue.get_timeout(Duration::ZERO), Err(GetTimeoutError::TimedOut));
            let other = queue.clone();
            let getter = asleep(move || other.get_timeout(Duration::MAX));
            queue.put_timeout(3, Duration::MAX).unwrap();
            assert_eq!(getter.join().unwrap(), Ok(3));
            queue.task_done().unwrap();
            queue.task_done().unwrap();
            queue.join_timeout(Duration::MAX).unwrap();
        });
    });
}
