//! Proxies in other processes.

use crate::manager;
#[cfg(unix)]
use crate::support::fork::in_a_fork;
use crate::support::{child, guarded};
use concurrent_futures::process::{Event, Lock, Process, Proxy, Queue, Value};
use concurrent_futures::{Executor, ProcessPoolExecutor};
use std::collections::{HashMap, HashSet};

const TIMES: u64 = 100;

type Counts = Proxy<HashMap<u8, u64>>;

fn count_atomically((counts, pids): (Counts, Proxy<Vec<u32>>)) {
    pids.push(std::process::id()).unwrap();
    for _ in 0..TIMES {
        counts.update_or_insert(0, 0, |count, by| *count += by, 1).unwrap();
    }
}

fn count_under_lock((counts, lock): (Counts, Lock)) {
    for _ in 0..TIMES {
        let _guard = lock.lock().unwrap();
        let count = counts.get(&0).unwrap().unwrap_or(0);
        counts.insert(0, count + 1).unwrap();
    }
}

/// S16, MAN-04: twenty processes append and count; nothing is lost under a lock or by atomic updates.
#[test]
fn many_processes() {
    guarded("many_processes", || {
        const PROCESSES: u64 = 20;
        let manager = manager();
        let counts = manager.dict().unwrap();
        let pids = manager.list().unwrap();
        let lock = Lock::new().unwrap();
        let start = |n: u64| {
            let process = if n.is_multiple_of(2) {
                Process::new(count_atomically, (counts.clone(), pids.clone()))
            } else {
                Process::new(count_under_lock, (counts.clone(), lock.clone()))
            };
            process.start().unwrap();
            process
        };
        // One kind after the other: a lock does not protect from who does not take it.
        for kind in 0..2 {
            let processes: Vec<_> = (0..PROCESSES / 2).map(|n| start(2 * n + kind)).collect();
            for process in processes {
                assert!(process.join().unwrap().is_success());
            }
        }
        assert_eq!(counts.get(&0).unwrap(), Some(PROCESSES * TIMES));
        let distinct: HashSet<u32> = pids.to_vec().unwrap().into_iter().collect();
        assert_eq!(distinct.len() as u64, PROCESSES / 2);
    });
}

/// Proxies are arguments and results of tasks of a pool, and come back as what they were.
#[test]
fn through_a_pool() {
    guarded("through_a_pool", || {
        let manager = manager();
        let value = manager.value(0_u64).unwrap();
        let pool = ProcessPoolExecutor::builder().max_workers(2).build().unwrap();
        let add = |(value, n): (Proxy<Value<u64>>, u64)| {
            value.update(|sum, n| *sum += n, n).unwrap();
            value
        };
        let tasks = (1..=200).map(|n| pool.submit(add, (value.clone(), n)).unwrap());
        for task in tasks.collect::<Vec<_>>() {
            assert_eq!(task.result().unwrap(), value);
        }
        assert_eq!(value.get().unwrap(), 200 * 201 / 2);
        let sums = pool.map(add, (1..=50).map(|n| (value.clone(), n))).unwrap();
        assert_eq!(sums.filter(|returned| returned.as_ref().unwrap() == &value).count(), 50);
    });
}

/// An object lives on when its only proxy is on its way, in a queue, and the process that sent it is gone.
#[test]
fn on_the_way() {
    guarded("on_the_way", || {
        let manager = manager();
        let queue = Queue::<Proxy<Value<u32>>>::new().unwrap();
        let value = manager.value(7).unwrap();
        let hand_over = |(queue, value): (Queue<Proxy<Value<u32>>>, Proxy<Value<u32>>)| {
            value.set(8).unwrap();
            queue.put(value).unwrap();
        };
        let process = Process::new(hand_over, (queue.clone(), value));
        process.start().unwrap();
        assert!(process.join().unwrap().is_success());
        drop(process);
        assert_eq!(queue.get().unwrap().get().unwrap(), 8);
    });
}

/// A function in the manager uses another object, of this manager or another.
#[test]
fn managers_use_managers() {
    guarded("managers_use_managers", || {
        let (here, there) = (manager(), manager());
        let far = there.value(1).unwrap();
        let near = here.value(2).unwrap();
        let object = here.value(0).unwrap();
        let sum = |sum: &mut Value<u32>, (far, near): (Proxy<Value<u32>>, Proxy<Value<u32>>)| {
            sum.0 = far.get().unwrap() + near.get().unwrap();
        };
        object.call(sum, (far, near)).unwrap();
        assert_eq!(object.get().unwrap(), 3);
    });
}

/// A program that forks: each of the two processes has connections of its own.
#[cfg(unix)]
#[test]
fn forked() {
    guarded("forked", || {
        child::run(&mut child::program("sharing::program_that_forks"));
    });
}

/// See `forked`.
#[cfg(unix)]
#[test]
fn program_that_forks() {
    if !child::is_program() {
        return;
    }
    let manager = manager();
    let (ours, theirs) = (manager.list().unwrap(), manager.list().unwrap());
    ours.push(0).unwrap(); // there is a connection now, of which the forked process has a copy
    let go = Event::new().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            go.wait();
            (1..2000).for_each(|n| ours.push(n).unwrap());
        });
        in_a_fork(|| {
            go.set();
            (0..2000).all(|n| theirs.push(n).is_ok())
        });
    });
    assert!(ours.to_vec().unwrap() == (0..2000).collect::<Vec<u32>>());
    assert!(theirs.to_vec().unwrap() == (0..2000).collect::<Vec<u32>>());
}
