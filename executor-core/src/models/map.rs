//! A map in this process: its runners, and the reader who sleeps until one of them wakes it.
//!
//! Under loom a claim is of two items, so both items of a pair lie in the lane of one runner.

use super::{Collecting, explore};
use crate::{Map, MapOptions, Task, TaskError};
use loom::sync::{Condvar, Mutex};
use loom::thread;
use std::sync::Arc;

/// Where one waits until another has been here.
#[derive(Default)]
struct Gate(Mutex<bool>, Condvar);

impl Gate {
    fn open(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }

    fn wait(&self) {
        let mut open = self.0.lock().unwrap();
        while !*open {
            open = self.1.wait(open).unwrap();
        }
    }
}

/// A map of so many numbers, and its two runners.
fn map(
    len: usize,
    options: MapOptions,
    f: impl Fn(usize) -> usize + Send + Sync + 'static,
) -> (Map<'static, usize>, [Task; 2]) {
    let executor = Collecting::default();
    let results = crate::map::local(&executor, f, 0..len, options).unwrap();
    let mut runners = std::mem::take(&mut *executor.0.lock().unwrap()).into_iter();
    (results, [runners.next().unwrap(), runners.next().unwrap()])
}

/// The runner refills its lane while the reader goes to sleep.
#[test]
fn map_reader_is_woken_across_claims() {
    explore("map_reader_is_woken_across_claims", || {
        let (results, [runner, _idle]) = map(3, MapOptions::new(), |item| item * 10);
        let worker = thread::spawn(move || runner.run());
        assert_eq!(results.collect::<Vec<_>>(), [Ok(0), Ok(10), Ok(20)]);
        worker.join().unwrap();
    });
}

/// The reader takes the memory in which the runner has just put the last result.
#[test]
fn map_results_become_a_vector() {
    explore("map_results_become_a_vector", || {
        let (results, [runner, _idle]) = map(3, MapOptions::new(), |item| item * 10);
        let worker = thread::spawn(move || runner.run());
        assert_eq!(results.into_vec(), Ok(vec![0, 10, 20]));
        worker.join().unwrap();
    });
}

#[test]
fn map_reader_in_order_of_completion_is_woken() {
    explore("map_reader_in_order_of_completion_is_woken", || {
        let (results, [runner, _idle]) = map(2, MapOptions::new().unordered(), |item| item * 10);
        let worker = thread::spawn(move || runner.run());
        assert_eq!(results.collect::<Vec<_>>(), [Ok(0), Ok(10)]);
        worker.join().unwrap();
    });
}

/// The second item of a claim does not end before the result of the first has been read.
#[test]
fn map_result_is_not_withheld() {
    explore("map_result_is_not_withheld", || {
        let read = Arc::new(Gate::default());
        let gate = Arc::clone(&read);
        let (mut results, [runner, _idle]) = map(2, MapOptions::new(), move |item| {
            if item == 1 {
                gate.wait();
            }
            item
        });
        let worker = thread::spawn(move || runner.run());
        assert_eq!(results.next(), Some(Ok(0)));
        read.open();
        assert_eq!(results.next(), Some(Ok(1)));
        worker.join().unwrap();
    });
}

/// The first item of a claim waits for the second, which another runner must take.
#[test]
fn map_item_waits_for_the_next() {
    explore("map_item_waits_for_the_next", || {
        let behind = Arc::new(Gate::default());
        let gate = Arc::clone(&behind);
        let (results, [first, second]) = map(2, MapOptions::new(), move |item| {
            if item == 0 {
                gate.wait()
            } else {
                gate.open()
            }
            item
        });
        let worker = thread::spawn(move || first.run());
        second.run();
        worker.join().unwrap();
        assert_eq!(results.collect::<Vec<_>>(), [Ok(0), Ok(1)]);
    });
}

/// A shutdown cancels a runner, and whoever does that resolves the items in its place.
#[test]
fn map_reader_is_woken_by_a_cancel() {
    explore("map_reader_is_woken_by_a_cancel", || {
        let (results, [first, _idle]) = map(2, MapOptions::new(), |item| item);
        let worker = thread::spawn(move || {
            first.cancel();
        });
        let cancelled = Err(TaskError::Cancelled);
        assert_eq!(results.collect::<Vec<_>>(), [cancelled.clone(), cancelled]);
        worker.join().unwrap();
    });
}
