//! Rows TQ-09 and TQ-11, and whatever else goes wrong only with many threads: all with exact accounts.

use crate::every_queue;
use crate::support::guarded;
use concurrent_futures::queue::{
    GetTimeoutError, PutTimeoutError, Queue, TryGetError, TryPutError,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// How many of so many numbers there are, each of which must be there once.
fn once_each(mut numbers: Vec<usize>) -> usize {
    numbers.sort_unstable();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "a number came twice");
    numbers.len()
}

/// TQ-11: one producer and one consumer keep the order, with and without a bound.
#[test]
fn one_to_one_keeps_order() {
    guarded("one_to_one_keeps_order", || {
        for (capacity, items) in [(0, 20_000), (1, 500), (64, 20_000)] {
            let queue = Queue::bounded(capacity);
            thread::scope(|scope| {
                scope.spawn(|| {
                    for number in 0..items {
                        queue.put(number).unwrap();
                    }
                    queue.shutdown();
                });
                assert!(queue.iter().eq(0..items));
            });
        }
    });
}

/// TQ-11: 50 producers and 50 consumers, 10,000 items each way of waiting, nothing lost or doubled.
#[test]
fn fifty_and_fifty() {
    guarded("fifty_and_fifty", || {
        every_queue!(Q => {
            for (way, capacity) in [(0, 0), (1, 0), (2, 0), (0, 64)] {
                let queue = Q::bounded(capacity);
                let open = AtomicUsize::new(50);
                let got: Vec<usize> = thread::scope(|scope| {
                    for producer in 0..50 {
                        let (queue, open) = (&queue, &open);
                        scope.spawn(move || {
                            for number in producer * 200..(producer + 1) * 200 {
                                match way {
                                    0 => queue.put(number).unwrap(),
                                    1 => while let Err(TryPutError::Full(_)) = queue.try_put(number) {
                                        thread::yield_now();
                                    },
                                    _ => while let Err(PutTimeoutError::TimedOut(_)) =
                                        queue.put_timeout(number, Duration::from_micros(50)) {},
                                }
                            }
                            if open.fetch_sub(1, Ordering::AcqRel) == 1 {
                                queue.shutdown();
                            }
                        });
                    }
                    let consumers: Vec<_> = (0..50)
                        .map(|_| {
                            let queue = &queue;
                            scope.spawn(move || {
                                let mut got = Vec::new();
                                loop {
                                    match way {
                                        0 => match queue.get() {
                                            Ok(number) => got.push(number),
                                            Err(_) => return got,
                                        },
                                        1 => match queue.try_get() {
                                            Ok(number) => got.push(number),
                                            Err(TryGetError::Empty) => thread::yield_now(),
                                            Err(_) => return got,
                                        },
                                        _ => match queue.get_timeout(Duration::from_micros(50)) {
                                            Ok(number) => got.push(number),
                                            Err(GetTimeoutError::TimedOut) => {}
                                            Err(_) => return got,
                                        },
                                    }
                                }
                            })
                        })
                        .collect();
                    consumers.into_iter().flat_map(|consumer| consumer.join().unwrap()).collect()
                });
                assert_eq!(once_each(got), 10_000);
            }
        });
    });
}

/// TQ-09: 4 writers, 6 readers, 64 Ki messages, and the end in the midst of them: everybody ends, and
/// every message was got, left in the queue or given back.
#[test]
fn shutdown_among_many_threads() {
    const MESSAGES: usize = 64 * 1024;
    guarded("shutdown_among_many_threads", || {
        every_queue!(Q => {
            for (now, capacity) in [(false, 0), (true, 64)] {
                let queue = Q::bounded(capacity);
                let seen = AtomicUsize::new(0);
                let (mut all, left) = thread::scope(|scope| {
                    let writers: Vec<_> = (0..4)
                        .map(|writer| {
                            let queue = &queue;
                            scope.spawn(move || {
                                let numbers = (writer..MESSAGES).step_by(4);
                                let refused = numbers.filter(|number| queue.put(*number).is_err());
                                refused.collect::<Vec<_>>()
                            })
                        })
                        .collect();
                    let readers: Vec<_> = (0..6)
                        .map(|_| {
                            let (queue, seen) = (&queue, &seen);
                            scope.spawn(move || {
                                let count = |_: &usize| {
                                    seen.fetch_add(1, Ordering::Relaxed);
                                    queue.task_done().unwrap();
                                };
                                queue.iter().inspect(count).collect::<Vec<_>>()
                            })
                        })
                        .collect();
                    while seen.load(Ordering::Relaxed) < MESSAGES / 4 {
                        thread::yield_now();
                    }
                    let left = if now {
                        queue.shutdown_now()
                    } else {
                        queue.shutdown();
                        Vec::new()
                    };
                    let all: Vec<usize> = writers
                        .into_iter()
                        .chain(readers)
                        .flat_map(|thread| thread.join().unwrap())
                        .collect();
                    (all, left)
                });
                queue.join(); // every message that was taken is marked, and so are those discarded
                assert!(queue.task_done().is_err());
                all.extend(left);
                assert_eq!(once_each(all), MESSAGES);
            }
        });
    });
}

/// TQ-09: a mixture of everything on a tiny queue, where nearly every call waits.
#[test]
fn tiny_queue_under_pressure() {
    guarded("tiny_queue_under_pressure", || {
        every_queue!(Q => {
            let queue = Q::bounded(1);
            let (put, got) = (AtomicUsize::new(0), AtomicUsize::new(0));
            thread::scope(|scope| {
                let putters: Vec<_> = (0..4_u64)
                    .map(|thread| {
                        let (queue, put) = (&queue, &put);
                        scope.spawn(move || {
                            for number in 0..500 {
                                let ok = match (number + thread) % 3 {
                                    0 => queue.put(number).is_ok(),
                                    1 => queue.try_put(number).is_ok(),
                                    _ => queue.put_timeout(number, Duration::from_micros(20)).is_ok(),
                                };
                                put.fetch_add(usize::from(ok), Ordering::Relaxed);
                            }
                        })
                    })
                    .collect();
                for thread in 0..4_u64 {
                    let (queue, got) = (&queue, &got);
                    scope.spawn(move || {
                        for turn in thread.. {
                            let item = match turn % 3 {
                                0 => queue.get().map_err(|_| true),
                                1 => queue.try_get().map_err(|error| error.is_closed()),
                                _ => queue
                                    .get_timeout(Duration::from_micros(20))
                                    .map_err(|error| error.is_closed()),
                            };
                            match item {
                                Ok(_) => got.fetch_add(1, Ordering::Relaxed),
                                Err(true) => return,
                                Err(false) => continue,
                            };
                        }
                    });
                }
                putters.into_iter().for_each(|putter| putter.join().unwrap());
                queue.shutdown();
            });
            assert_eq!(put.into_inner(), got.into_inner());
            assert!(queue.is_empty());
        });
    });
}
