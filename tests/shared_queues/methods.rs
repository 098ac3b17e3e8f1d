//! The methods and the errors, in one process.

use crate::support::guarded;
use concurrent_futures::process::{JoinableQueue, Queue, SimpleQueue};
use concurrent_futures::{
    GetError, GetTimeoutError, PutError, PutTimeoutError, TryGetError, TryPutError,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::thread;
use std::time::{Duration, Instant};

/// QUE-01, S13: full and empty are told at once, or after the timeout and not before, and the item
/// comes back.
#[test]
fn full_and_empty() {
    guarded("full_and_empty", || {
        let queue = Queue::bounded(3).unwrap();
        assert_eq!((queue.capacity(), queue.len(), queue.is_empty()), (Some(3), 0, true));
        let timeout = Duration::from_millis(30);
        assert_eq!(queue.try_get(), Err(TryGetError::Empty));
        let start = Instant::now();
        assert_eq!(queue.get_timeout(timeout), Err(GetTimeoutError::TimedOut));
        assert!(start.elapsed() >= timeout);
        for number in 1..=3 {
            queue.put_timeout(number, timeout).unwrap();
        }
        assert_eq!((queue.len(), queue.is_full(), queue.is_empty()), (3, true, false));
        assert_eq!(queue.try_put(4), Err(TryPutError::Full(4)));
        let start = Instant::now();
        assert_eq!(queue.put_timeout(4, timeout), Err(PutTimeoutError::TimedOut(4)));
        assert!(start.elapsed() >= timeout);
        assert_eq!(queue.put_timeout(5, Duration::ZERO), Err(PutTimeoutError::TimedOut(5)));
        for number in 1..=3 {
            assert_eq!(queue.get(), Ok(number));
        }
        assert_eq!(queue.get_timeout(Duration::ZERO), Err(GetTimeoutError::TimedOut));
        queue.put_timeout(6, Duration::MAX).unwrap();
        assert_eq!(queue.get_timeout(Duration::MAX), Ok(6));
    });
}

/// QUE-01: who waits for room, or for an item, goes on when there is some.
#[test]
fn waits_for_the_other_side() {
    guarded("waits_for_the_other_side", || {
        let queue = Queue::bounded(1).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| (0..1000).for_each(|number| queue.put(number).unwrap()));
            for number in 0..1000 {
                assert_eq!(queue.get(), Ok(number));
                if number % 100 == 0 {
                    thread::sleep(Duration::from_millis(1));
                }
            }
        });
    });
}

/// QUE-03: an item whose `put` has returned is counted, also by another handle.
#[test]
fn the_length_follows() {
    guarded("the_length_follows", || {
        let queue = Queue::new().unwrap();
        let other = queue.clone();
        assert_eq!(queue.capacity(), None);
        for number in 1..=10 {
            queue.put(()).unwrap();
            assert_eq!((other.len(), other.is_empty(), other.is_full()), (number, false, false));
        }
        for number in (0..10).rev() {
            other.get().unwrap();
            assert_eq!((queue.len(), queue.is_empty()), (number, number == 0));
        }
    });
}

/// What cannot travel, in one direction or the other.
#[derive(Debug, PartialEq)]
enum Odd {
    Fine,
    Unspeakable,
    Panicking,
    Unreadable,
}

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unspeakable => Err(serde::ser::Error::custom("no words for it")),
            Self::Panicking => panic!("in the middle"),
            other => serializer.serialize_bool(*other == Self::Fine),
        }
    }
}

impl<'de> Deserialize<'de> for Odd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match bool::deserialize(deserializer)? {
            true => Ok(Self::Fine),
            false => Err(serde::de::Error::custom("makes no sense")),
        }
    }
}

/// QUE-05, QUE-10: what cannot be encoded fails in `put` with the item, takes no room, and the others flow.
#[test]
fn an_item_that_cannot_travel() {
    guarded("an_item_that_cannot_travel", || {
        let queue = Queue::bounded(1).unwrap();
        for odd in [Odd::Unspeakable, Odd::Panicking] {
            let expected = format!("{odd:?}");
            let error = queue.put(odd).unwrap_err();
            let reason = std::error::Error::source(&error).unwrap().to_string();
            assert!(reason.starts_with("could not encode the value: "), "{reason}");
            assert!(matches!(error, PutError::NotSent(..)));
            assert_eq!(format!("{:?}", error.into_item()), expected);
            assert!(queue.is_empty());
        }
        queue.put(Odd::Unreadable).unwrap();
        assert!(matches!(queue.get(), Err(GetError::NotReceived(_))));
        queue.put(Odd::Fine).unwrap();
        assert_eq!(queue.get(), Ok(Odd::Fine));
        // A handle outside of what goes to another process.
        assert!(serde_json::to_string(&queue).is_err());
    });
}

/// QUE-06, S13: after the shutdown puts fail, gets find what is there and then the end. Those who
/// wait are sent away.
#[test]
fn shutdown_and_close() {
    guarded("shutdown_and_close", || {
        for close in [Queue::shutdown, Queue::close] {
            let queue = Queue::bounded(2).unwrap();
            queue.put(1).unwrap();
            queue.put(2).unwrap();
            thread::scope(|scope| {
                let waits = scope.spawn(|| queue.put(3));
                let waits_longer = scope.spawn(|| queue.put_timeout(4, Duration::from_secs(100)));
                close(&queue);
                assert_eq!(waits.join().unwrap(), Err(PutError::Closed(3)));
                let late = waits_longer.join().unwrap();
                assert_eq!(late, Err(PutTimeoutError::Closed(4)));
            });
            close(&queue);
            assert!(queue.is_closed() && queue.clone().is_closed());
            assert_eq!(queue.try_put(5), Err(TryPutError::Closed(5)));
            assert_eq!(queue.iter().collect::<Result<Vec<_>, _>>().unwrap(), [1, 2]);
            assert_eq!(queue.get(), Err(GetError::Closed));
            assert_eq!(queue.try_get(), Err(TryGetError::Closed));
            assert_eq!(queue.get_timeout(Duration::MAX), Err(GetTimeoutError::Closed));
            assert!(queue.is_empty(), "an answer, not an error");
        }
        let queue = Queue::<u8>::new().unwrap();
        thread::scope(|scope| {
            let waiting = [(); 3].map(|()| scope.spawn(|| queue.get()));
            queue.shutdown();
            for one in waiting {
                assert_eq!(one.join().unwrap(), Err(GetError::Closed));
            }
        });
        let queue = Queue::new().unwrap();
        (0..5).for_each(|number| queue.put(number).unwrap());
        assert_eq!(queue.shutdown_now(), [0, 1, 2, 3, 4]);
        assert_eq!(queue.get(), Err(GetError::Closed));
    });
}

/// QUE-09: put, get, empty, and a close that can be repeated.
#[test]
fn a_simple_queue() {
    guarded("a_simple_queue", || {
        let queue = SimpleQueue::new().unwrap();
        assert!(queue.is_empty());
        queue.put("one".to_owned()).unwrap();
        assert!(!queue.is_empty());
        assert_eq!(queue.get().unwrap(), "one");
        queue.put("two".to_owned()).unwrap();
        queue.close();
        queue.close();
        assert!(queue.is_closed());
        assert!(matches!(queue.put("three".to_owned()), Err(PutError::Closed(_))));
        assert_eq!(queue.get().unwrap(), "two");
        assert!(queue.get().unwrap_err().is_closed());
        assert!(queue.is_empty());
    });
}

/// Handles are what handles should be, whatever the items are.
#[test]
fn handles() {
    fn is_handle<
        H: Clone + Send + Sync + std::fmt::Debug + Serialize + for<'de> Deserialize<'de>,
    >() {
    }
    struct NoneOfThis(#[expect(dead_code, reason = "not `Send`")] *const u8);
    is_handle::<Queue<NoneOfThis>>();
    is_handle::<JoinableQueue<NoneOfThis>>();
    is_handle::<SimpleQueue<NoneOfThis>>();
    let queue = Queue::<NoneOfThis>::bounded(4).unwrap();
    assert_eq!(format!("{queue:?}"), "Queue { len: 0, capacity: Some(4), closed: false, .. }");
}

/// Large items, those that are copied as they are and those that are not.
#[test]
fn large_items() {
    guarded("large_items", || {
        let bytes = Queue::new().unwrap();
        let lists = Queue::new().unwrap();
        for len in [0, 1, 4095, 65_536, 1_000_003, 40_000_000] {
            let item: Vec<u8> = (0..len).map(|index: u32| index as u8).collect();
            bytes.put(item.clone()).unwrap();
            let text = "x".repeat(len as usize / 10);
            lists.put((vec![len; len as usize / 100], text.clone())).unwrap();
            assert!(bytes.get().unwrap() == item, "{len} bytes changed");
            assert!(lists.get().unwrap() == (vec![len; len as usize / 100], text));
        }
    });
}
