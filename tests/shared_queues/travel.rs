//! Items and handles that go from process to process.

use crate::support::{child, eventually, guarded, leak};
use crate::{end, start};
use concurrent_futures::Executor;
use concurrent_futures::process::{JoinableQueue, ProcessPoolExecutor, Queue, SimpleQueue};
use serde::{Deserialize, Serialize};
use std::time::Duration;

fn put_hundred((queue, id): (Queue<(u32, u32)>, u32)) {
    for number in 0..100 {
        queue.put((id, number)).unwrap();
    }
}

/// QUE-02: what parent and children put all arrives, and what comes from one stays in order.
#[test]
fn items_of_all_arrive() {
    guarded("items_of_all_arrive", || {
        let queue = Queue::bounded(7).unwrap();
        let children = [1, 2, 3].map(|id| start(put_hundred, (queue.clone(), id)));
        let own = std::thread::spawn({
            let queue = queue.clone();
            move || put_hundred((queue, 0))
        });
        let mut next = [0; 4];
        for _ in 0..400 {
            let (id, number) = queue.get().unwrap();
            assert_eq!(number, next[id as usize]);
            next[id as usize] += 1;
        }
        own.join().unwrap();
        children.iter().for_each(end);
        assert!(queue.is_empty());
    });
}

fn put_and_exit((queue, count): (Queue<Vec<u8>>, usize)) {
    for number in 0..count {
        queue.put(vec![number as u8; 10_000]).unwrap();
    }
    std::process::exit(0);
}

/// QUE-07: a process may end at once when it has put, may be joined before anybody gets, and nothing is
/// lost.
#[test]
fn a_producer_may_go() {
    guarded("a_producer_may_go", || {
        let queue = Queue::new().unwrap();
        // Much more than any pipe holds.
        let producer = start(put_and_exit, (queue.clone(), 1000));
        end(&producer);
        assert_eq!(queue.len(), 1000);
        for number in 0..1000 {
            assert_eq!(queue.get().unwrap(), vec![number as u8; 10_000]);
        }
    });
}

fn hand_on((depth, queue): (u32, Queue<u32>)) {
    queue.put(depth).unwrap();
    if depth > 0 {
        end(&start(hand_on, (depth - 1, queue)));
    }
}

/// QUE-10: to a grandchild and beyond, and to the workers of a pool.
#[test]
fn a_handle_is_handed_on() {
    guarded("a_handle_is_handed_on", || {
        let queue = Queue::new().unwrap();
        end(&start(hand_on, (3, queue.clone())));
        assert_eq!(queue.try_iter().collect::<Result<Vec<_>, _>>().unwrap(), [3, 2, 1, 0]);
        let pool = ProcessPoolExecutor::builder().max_workers(2).build().unwrap();
        let put = |(queue, number): (Queue<u32>, u32)| queue.put(number).is_ok();
        let futures: Vec<_> =
            (0..20).map(|number| pool.submit(put, (queue.clone(), number)).unwrap()).collect();
        assert!(futures.into_iter().all(|future| future.result().unwrap()));
        let mut numbers: Vec<_> = queue.try_iter().map(Result::unwrap).collect();
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..20));
        let back = pool.submit(|(): ()| SimpleQueue::<u32>::new().unwrap(), ()).unwrap();
        let back = back.result().unwrap();
        back.put(1).unwrap();
        assert_eq!(back.get().unwrap(), 1);
    });
}

fn answer(requests: SimpleQueue<(u64, Queue<u64>)>) {
    while let Ok((number, answers)) = requests.get() {
        answers.put(number * 2).unwrap();
    }
}

/// QUE-10: a queue in an item of another: each request brings the queue for its answer.
#[test]
fn queues_travel_through_queues() {
    guarded("queues_travel_through_queues", || {
        let requests = SimpleQueue::new().unwrap();
        let server = start(answer, requests.clone());
        for number in 0..200 {
            let answers = Queue::bounded(1).unwrap();
            requests.put((number, answers.clone())).unwrap();
            assert_eq!(answers.get(), Ok(number * 2));
        }
        requests.close();
        end(&server);
        // More than can be on their way at once.
        let requests = SimpleQueue::new().unwrap();
        let answers = Queue::new().unwrap();
        let server = start(answer, requests.clone());
        for number in 0..1000 {
            requests.put((number, answers.clone())).unwrap();
        }
        let sum: u64 = (0..1000).map(|_| answers.get().unwrap()).sum();
        assert_eq!(sum, 999_000);
        requests.close();
        end(&server);
    });
}

/// What can be in a queue of its own kind.
#[derive(Serialize, Deserialize)]
struct Knot(Queue<Knot>);

/// No descriptor, no thread, and no process is left of many queues.
#[test]
#[cfg(target_os = "linux")]
fn nothing_is_left() {
    guarded("nothing_is_left", || {
        let output = child::run(&mut child::program("travel::program_with_queues"));
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.contains("\nnothing is left\n"), "{printed}");
    });
}

/// See `nothing_is_left`. A program of its own, so that no other test has descriptors open.
#[test]
#[cfg(target_os = "linux")]
fn program_with_queues() {
    if !child::is_program() {
        return;
    }
    let round = || {
        let queue = Queue::bounded(4).unwrap();
        let child = start(hand_on, (0, queue.clone()));
        assert_eq!(queue.get_timeout(Duration::from_secs(30)), Ok(0));
        end(&child);
        let (outer, inner) = (Queue::new().unwrap(), JoinableQueue::<Vec<u8>>::new().unwrap());
        inner.put(vec![0; 100_000]).unwrap();
        outer.put(inner.clone()).unwrap();
        outer.put(inner).unwrap();
        drop(outer.get().unwrap().get().unwrap());
        // One stays in; and a queue in itself, which the system finds when nobody else has it.
        let knot = Queue::new().unwrap();
        knot.put(Knot(knot.clone())).unwrap();
    };
    round();
    let (threads, descriptors) = (leak::threads(), leak::descriptors());
    (0..50).for_each(|_| round());
    // What belongs to the last child goes a moment after it.
    eventually("nothing is left", || {
        leak::threads() <= threads && leak::descriptors() <= descriptors
    });
    println!("\nnothing is left");
}
