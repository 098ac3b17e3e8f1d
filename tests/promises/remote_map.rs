//! Maps whose items are encoded: in batches that do not show.

use crate::support::guarded;
use crate::support::loopback::Loopback;
use crate::support::tasks::square;
use crate::tray::Tray;
use concurrent_futures::task::Run;
use concurrent_futures::{Executor, MapOptions, SubmitError, Task, TaskError};
use serde::{Deserialize, Serialize, Serializer};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// A number that may refuse to be encoded.
#[derive(Deserialize)]
struct Picky {
    number: u64,
    refuses: bool,
}

impl Serialize for Picky {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.refuses, self.number % 2) {
            (false, _) => (self.number, false).serialize(serializer),
            (true, 0) => Err(serde::ser::Error::custom("not me")),
            (true, _) => panic!("not me"),
        }
    }
}

/// Maps 2000 items, of which some refuse; `false` in the results is where one failed for that reason.
fn refusals(refuses: fn(u64) -> bool) -> Vec<bool> {
    let items = (0..2000).map(|number| Picky { number, refuses: refuses(number) });
    let map = Loopback::new(2).map(|item: Picky| item.number, items).unwrap();
    let check = |(index, outcome): (u64, Result<u64, TaskError>)| match outcome {
        Ok(number) => {
            assert_eq!(number, index);
            true
        }
        Err(error) => {
            assert!(matches!(error, TaskError::Codec(_)), "{error}");
            false
        }
    };
    (0..).zip(map).map(check).collect()
}

/// MAP-05, SUB-03: an item that does not encode fails alone, wherever it is.
#[test]
fn unencodable_items_fail_alone() {
    guarded("unencodable_items_fail_alone", || {
        let patterns: [fn(u64) -> bool; 6] = [
            |n| n == 0,
            |n| n == 1000,
            |n| n == 1999,
            |n| n == 1023 || n == 1024,
            |n| n % 3 != 0,
            |_| true,
        ];
        for refuses in patterns {
            let expected: Vec<_> = (0..2000).map(|n| !refuses(n)).collect();
            assert_eq!(refusals(refuses), expected);
        }
    });
}

/// MAP-01: items larger than a batch is meant to be are batches of their own.
#[test]
fn large_items() {
    guarded("large_items", || {
        let lengths = [100_000, 3, 0, 200_000, 50_000, 1];
        let items = || lengths.map(|len| vec![7_u8; len]);
        let tray = Tray::new();
        let map = tray.map(|bytes: Vec<u8>| bytes.len(), items()).unwrap();
        let sizes: Vec<_> = tray.take_batches().iter().map(|batch| batch.items.len()).collect();
        assert_eq!(sizes, [1, 3, 1, 1]);
        assert!(map.eq([(); 6].map(|()| Err(TaskError::Abandoned))));
        let map = Loopback::new(2).map(|bytes: Vec<u8>| bytes.len(), items()).unwrap();
        assert_eq!(map.collect::<Result<Vec<_>, _>>().unwrap(), lengths);
    });
}

/// MAP-01: no items, one, and around the size of a batch.
#[test]
fn any_number_of_items() {
    guarded("any_number_of_items", || {
        for (count, batches) in [(0, 0), (1, 1), (1023, 1), (1024, 1), (1025, 2), (5000, 5)] {
            let tray = Tray::new();
            let _map = tray.map(square, 0..count).unwrap();
            assert_eq!(tray.take_batches().len(), batches);
            let pool = Loopback::new(3);
            let map = pool.map(square, 0..count).unwrap();
            let expected: Vec<_> = (0..count).map(square).collect();
            assert_eq!(map.collect::<Result<Vec<_>, _>>().unwrap(), expected);
            let unordered = MapOptions::new().unordered();
            let map = pool.map_with(square, 0..count, unordered).unwrap();
            let mut results: Vec<_> = map.collect::<Result<_, _>>().unwrap();
            results.sort_unstable();
            assert_eq!(results, expected);
        }
    });
}

/// What becomes of two items if the executor does this to their task.
fn fate(of: impl FnOnce(Task)) -> [Result<u64, TaskError>; 2] {
    let tray = Tray::new();
    let map = tray.map(square, [2, 3]).unwrap();
    of(tray.take().pop().unwrap());
    map.collect::<Vec<_>>().try_into().unwrap()
}

/// MAP-02, SUB-03: whatever an executor does with a batch, its items have outcomes.
#[test]
fn batches_are_never_lost() {
    guarded("batches_are_never_lost", || {
        let all = |error: TaskError| [Err(error.clone()), Err(error)];
        assert_eq!(fate(drop), all(TaskError::Abandoned));
        assert_eq!(fate(|task| assert!(task.cancel())), all(TaskError::Cancelled));
        assert_eq!(fate(|task| assert!(task.fail(TaskError::ShutDown))), all(TaskError::ShutDown));
        assert_eq!(fate(|task| assert_eq!(task.run(), Run::Completed)), [Ok(4), Ok(9)]);
    });
}

/// MAP-08: items of a cancelled map are not run by an executor that had not looked at them yet.
#[test]
fn cancelled_batches_do_not_run() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    guarded("cancelled_batches_do_not_run", || {
        let count = |_: u8| RUNS.fetch_add(1, SeqCst);
        let tray = Tray::new();
        tray.map(count, [1, 2]).unwrap().cancel();
        tray.take().pop().unwrap().run();
        assert_eq!(RUNS.load(SeqCst), 0);
        let pool = Loopback::new(1);
        drop(tray.map(count, [1, 2]).unwrap());
        tray.take().into_iter().for_each(|task| pool.execute(task).unwrap());
        drop(pool);
        assert_eq!(RUNS.load(SeqCst), 2);
    });
}

/// SHUT-01: a map of which a part is refused is refused; what was accepted is done nevertheless.
#[test]
fn later_batches_may_be_refused() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    guarded("later_batches_may_be_refused", || {
        let tray = Tray::with_room(1);
        let refused = tray.map(|_: u16| RUNS.fetch_add(1, SeqCst), 0..3000);
        assert!(matches!(refused, Err(SubmitError::ShutDown)));
        let pool = Loopback::new(2);
        tray.take().into_iter().for_each(|task| pool.execute(task).unwrap());
        drop(pool);
        assert_eq!(RUNS.load(SeqCst), 1024);
    });
}

/// An item that is dropped with a bang, except where it was decoded.
#[derive(Serialize, Deserialize)]
struct Explosive {
    #[serde(skip)]
    armed: bool,
}

impl Drop for Explosive {
    fn drop(&mut self) {
        assert!(!self.armed, "dropped on purpose");
    }
}

/// SUB-03: a destructor that panics costs no item its outcome.
#[test]
fn panicking_destructors_are_contained() {
    guarded("panicking_destructors_are_contained", || {
        let pool = Loopback::new(1);
        let items = [true, false].map(|armed| Explosive { armed });
        let map = pool.map(|item: Explosive| item.armed, items).unwrap();
        assert_eq!(map.collect::<Vec<_>>(), [Ok(false), Ok(false)]);
    });
}
