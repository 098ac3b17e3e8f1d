//! Pools of threads.

use crate::support::tasks::{square, visit_and_hold};
use crate::support::{Factory, Gate, Journal, Scratch, factory, guarded};
use concurrent_futures::{Callbacks, MapOptions, Pool, SubmitError, TaskError, ThreadPoolExecutor};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicIsize, Ordering};

fn threads(workers: usize) -> Pool<ThreadPoolExecutor> {
    Pool::new(factory::Threads::pool(workers)).unwrap()
}

/// POOL-12: all threads are there when the pool is, and no more.
#[test]
fn starts_all_at_once() {
    guarded("starts_all_at_once", || {
        for workers in [1, 3, 40] {
            let pool = threads(workers);
            assert_eq!(pool.executor().stats().live, workers);
            assert_eq!(pool.map(square, 0..200).unwrap().len(), 200);
            assert_eq!(pool.executor().stats().live, workers);
        }
        let shut = factory::Threads::pool(1);
        shut.shutdown(concurrent_futures::Shutdown::wait());
        assert_eq!(Pool::new(&shut).unwrap_err(), SubmitError::ShutDown);
    });
}

/// POOL-12: a size of zero is refused.
#[test]
fn zero_is_refused() {
    guarded("zero_is_refused", || {
        let error = ThreadPoolExecutor::builder().max_workers(0).build().unwrap_err();
        assert_eq!(error.to_string(), "max_workers must be at least 1");
    });
}

static NESTED: OnceLock<Pool<ThreadPoolExecutor>> = OnceLock::new();

/// Every blocking call, of the pool that it is made in.
fn nest(depth: u64) -> u64 {
    let pool = NESTED.get().expect("set by the test");
    if depth == 0 {
        return 1;
    }
    let applied = pool.apply(nest, depth - 1).unwrap();
    let waited = pool.apply_async(nest, depth - 1).unwrap().get().unwrap();
    let mapped: u64 = pool.map(nest, [depth - 1; 2]).unwrap().iter().sum();
    let pairs = [(depth - 1, 0); 2];
    let result = pool.starmap_async(|n, zero: u64| nest(n) + zero, pairs).unwrap();
    let starred: u64 = result.get().unwrap().iter().sum();
    let read: u64 = pool.imap(nest, [depth - 1; 2]).unwrap().map(Result::unwrap).sum();
    applied + waited + mapped + starred + read
}

/// POOL-01: calls inside of tasks do not deadlock, even with one thread.
#[test]
fn calls_nest() {
    guarded("calls_nest", || {
        let pool = NESTED.get_or_init(|| threads(1));
        assert_eq!(pool.apply(nest, 3), Ok(512));
        pool.close();
        pool.join().unwrap();
    });
}

/// Fails: the one numbered 0 when the gate is open, 1 at once. All write that they have come.
fn fail_in_turn((journal, gate, n): (Journal, Gate, u64)) -> u64 {
    journal.append(n);
    match n {
        0 => {
            gate.wait_open();
            panic!("the first in the list")
        }
        1 => panic!("the first in time"),
        _ => n,
    }
}

/// POOL-16: of several errors of a map, the one that came first is given.
#[test]
fn the_first_error_stands() {
    guarded("the_first_error_stands", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = threads(2);
        let keeper = scratch.gate();
        let items = (0..8).map(|n| (journal.clone(), keeper.gate(), n));
        let result = pool.map_async(fail_in_turn, items).unwrap();
        journal.wait_for(8);
        // The thread that is not at the gate has time for this when it has stored all it has run.
        pool.apply(|_: u64| (), 0).unwrap();
        keeper.open();
        assert_eq!(result.get().unwrap_err().panic().unwrap().message(), "the first in time");
    });
}

static LIVE: AtomicIsize = AtomicIsize::new(0);

/// Counts those that exist.
#[derive(Serialize, Deserialize)]
struct Counted(u64);

impl Counted {
    fn new(n: u64) -> Self {
        LIVE.fetch_add(1, Ordering::SeqCst);
        Self(n)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// POOL-17: what has been delivered is held by nobody.
#[test]
fn nothing_is_kept() {
    guarded("nothing_is_kept", || {
        let live = || LIVE.load(Ordering::SeqCst);
        let pool = threads(2);
        let items = || (0..50).map(Counted::new);
        let next = |item: Counted| Counted::new(item.0 + 1);
        drop(pool.map(next, items()));
        assert_eq!(live(), 0);
        let result = pool.map_async(next, items()).unwrap();
        let list = result.get().unwrap();
        assert_eq!((live(), list.len()), (50, 50));
        drop(list);
        assert_eq!(live(), 0);
        let result = pool.apply_async(next, Counted::new(1)).unwrap();
        result.wait();
        assert_eq!(live(), 1);
        drop(result);
        assert_eq!(live(), 0);
        for result in pool.imap(next, items()).unwrap() {
            drop(result);
        }
        assert_eq!(live(), 0);
        // Nor is what failed, or was not wanted.
        let fail = |item: Counted| -> Counted { panic!("number {}", item.0) };
        assert!(pool.map(fail, items()).is_err());
        let odd = |item: Counted| {
            assert!(item.0.is_multiple_of(2));
            Counted::new(0)
        };
        assert!(pool.map_async(odd, items()).unwrap().get().is_err());
        let unwanted = pool.map_async(next, items()).unwrap();
        drop(unwanted);
        pool.close();
        pool.join().unwrap();
        assert_eq!(live(), 0);
    });
}

/// POOL-26: what runs in a thread cannot be stopped, and has its own end.
#[test]
fn running_threads_finish() {
    guarded("running_threads_finish", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = threads(1);
        let keeper = scratch.gate();
        let (sender, receiver) = std::sync::mpsc::channel();
        let callbacks = Callbacks::new().callback(move |n: &u64| sender.send(*n).unwrap());
        let task = (journal.clone(), keeper.gate(), 7);
        let held = pool.apply_async_with(visit_and_hold, task, callbacks).unwrap();
        journal.wait_for(1);
        let map = pool.map_async_with(square, 0..9, MapOptions::new(), Callbacks::new()).unwrap();
        pool.terminate();
        assert_eq!(map.get(), Err(TaskError::Terminated));
        assert!(!held.ready());
        keeper.open();
        assert_eq!(held.get(), Ok(7));
        assert_eq!(receiver.recv(), Ok(7));
        pool.join().unwrap();
    });
}

/// A pool over a reference ends the executor that it refers to.
#[test]
fn references_will_do() {
    guarded("references_will_do", || {
        let executor = factory::Threads::pool(2);
        let pool = Pool::new(&executor).unwrap();
        assert_eq!(pool.map(square, 0..3), Ok(vec![0, 1, 4]));
        drop(pool);
        assert_eq!(executor.submit(square, 1).unwrap_err(), SubmitError::ShutDown);
    });
}
