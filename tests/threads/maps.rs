//! Maps of quick items, which threads claim many at a time: nobody may notice.

use crate::pool;
use crate::support::guarded;
use concurrent_futures::{MapOptions, Shutdown, SubmitError};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

/// Enough for claims to be long.
const ITEMS: usize = 20_000;

/// After many quick items one waits for another behind it, which was claimed together with it by
/// the same thread. The other thread runs that.
#[test]
fn an_item_waits_for_one_behind_it() {
    guarded("an_item_waits_for_one_behind_it", || {
        let pool = pool(2);
        for at in [0, 10, 1000, 2500, 5000, 7777, 10_000] {
            for behind in [1, 2, 5] {
                let event = Arc::new(OnceLock::new());
                let shared = Arc::clone(&event);
                let run = move |item| {
                    if item == at {
                        assert_ne!(*shared.wait(), thread::current().id());
                    } else if item == at + behind {
                        shared.set(thread::current().id()).expect("the item is run once");
                    }
                    item
                };
                let results = pool.map(run, 0..ITEMS).unwrap();
                let results: Result<Vec<_>, _> = results.collect();
                assert_eq!(results.unwrap(), (0..ITEMS).collect::<Vec<_>>());
                assert!(event.get().is_some());
            }
        }
    });
}

/// Reads a map of which no item ends before the result of the one before has been read, from some item on.
fn reads_each_before_the_next(options: MapOptions) {
    const QUICK: usize = 5000;
    const SLOW: usize = 50;
    let pool = pool(1);
    let read: Arc<[OnceLock<()>]> = (0..QUICK + SLOW).map(|_| OnceLock::new()).collect();
    let events = Arc::clone(&read);
    let run = move |item: usize| {
        if item > QUICK {
            events[item - 1].wait();
        }
        item
    };
    let results = pool.map_with(run, 0..QUICK + SLOW, options).unwrap();
    for (item, result) in results.enumerate() {
        assert_eq!(result, Ok(item));
        read[item].set(()).expect("a result is delivered once");
    }
}

/// A result is delivered at once, though its thread goes on to an item that takes long.
#[test]
fn a_result_is_not_withheld() {
    guarded("a_result_is_not_withheld", || {
        reads_each_before_the_next(MapOptions::new());
        reads_each_before_the_next(MapOptions::new().unordered());
    });
}

/// Counts how many of it there are.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Items and results are dropped once, whether a result fits where its item was or not, and whether it
/// is read, left, or cancelled.
#[test]
fn items_and_results_are_dropped_once() {
    guarded("items_and_results_are_dropped_once", || {
        let count = Arc::new(AtomicUsize::new(0));
        for read in [0, 1, 100, 999, 1000] {
            for unordered in [false, true] {
                let pool = pool(2);
                let mut options = MapOptions::new();
                if unordered {
                    options = options.unordered();
                }
                let items = || (0..1000).map(|_| Alive::new(&count)).collect::<Vec<_>>();
                let mut same = pool.map_with(|item: Alive| item, items(), options).unwrap();
                let grow = |item: Alive| (item, [7_u64; 3]);
                let mut larger = pool.map_with(grow, items(), options).unwrap();
                let shrink = |item: (u64, Alive)| item.1;
                let pairs = items().into_iter().map(|item| (7, item));
                let mut smaller = pool.map_with(shrink, pairs, options).unwrap();
                assert!(same.by_ref().take(read).all(|result| result.is_ok()));
                assert!(larger.by_ref().take(read).all(|result| result.is_ok()));
                assert!(smaller.by_ref().take(read).all(|result| result.is_ok()));
                larger.cancel();
                drop((same, larger, smaller));
                pool.shutdown(Shutdown::wait());
                assert_eq!(count.load(SeqCst), 0, "{read} read, unordered: {unordered}");
            }
        }
    });
}

/// Errors are those of their items, among many results; the rest is not affected.
#[test]
fn errors_are_in_their_places() {
    guarded("errors_are_in_their_places", || {
        let pool = pool(2);
        let run = |item: usize| {
            assert!(item % 1000 != 999, "item {item}");
            item
        };
        for (item, result) in pool.map(run, 0..ITEMS).unwrap().enumerate() {
            match result {
                Ok(value) => assert_eq!(value, item),
                Err(error) => {
                    let report = error.panic().expect("it panicked");
                    assert_eq!(report.message(), format!("item {item}"));
                }
            }
        }
    });
}

/// The items of a map that is refused are dropped.
#[test]
fn a_refused_map_drops_its_items() {
    guarded("a_refused_map_drops_its_items", || {
        let count = Arc::new(AtomicUsize::new(0));
        let pool = pool(2);
        pool.shutdown(Shutdown::wait());
        let items = (0..10).map(|_| Alive::new(&count)).collect::<Vec<_>>();
        let refused = pool.map(|item: Alive| drop(item), items);
        assert!(matches!(refused, Err(SubmitError::ShutDown)));
        assert_eq!(count.load(SeqCst), 0);
    });
}

/// A worker that reads a map on its own pool, with one thread and with two, beside others that
/// do the same.
#[test]
fn workers_read_maps_of_quick_items() {
    guarded("workers_read_maps_of_quick_items", || {
        for workers in [1, 2] {
            let pool = Arc::new(pool(workers));
            let sums = Arc::new(Mutex::new(Vec::new()));
            let (inner, list) = (Arc::clone(&pool), Arc::clone(&sums));
            let outer = move |add: usize| {
                let results = inner.map(move |item| item + add, 0..ITEMS).unwrap();
                let sum: usize = results.map(Result::unwrap).sum();
                list.lock().unwrap().push(sum - ITEMS * add);
            };
            pool.map(outer, 0..4).unwrap().for_each(Result::unwrap);
            assert_eq!(*sums.lock().unwrap(), [ITEMS * (ITEMS - 1) / 2; 4]);
        }
    });
}
