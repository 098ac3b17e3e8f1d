//! Rows MAP-13 to MAP-17: `map` with a buffer size, on every executor.

use crate::support::tasks::{even_only, square, visit, visit_and_hold};
use crate::support::{Factory, Scratch};
use concurrent_futures::{Executor, MapOptions, Shutdown, TaskError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn buffer(size: usize) -> MapOptions {
    MapOptions::new().with_buffersize(size)
}

/// MAP-14: any buffer size gives the same results, also with endless and with empty input.
pub(crate) fn any_size_gives_the_same<F: Factory>() {
    let pool = F::pool(2);
    for size in [1, 2, 5, 10, 11, 1000] {
        let results: Result<Vec<_>, _> =
            pool.map_with(square, 0..10, buffer(size)).unwrap().collect();
        assert_eq!(results.unwrap(), (0..10).map(|n| n * n).collect::<Vec<_>>());

        let endless = pool.map_with(square, 0.., buffer(size)).unwrap();
        let first: Result<Vec<_>, _> = endless.take(20).collect();
        assert_eq!(first.unwrap(), (0..20).map(|n| n * n).collect::<Vec<_>>());

        let mut none = pool.map_with(square, [], buffer(size)).unwrap();
        assert_eq!((none.next(), none.next()), (None, None));

        let unordered = pool.map_with(square, 0..10, buffer(size).unordered()).unwrap();
        let mut results: Vec<_> = unordered.map(Result::unwrap).collect();
        results.sort_unstable();
        assert_eq!(results, (0..10).map(|n| n * n).collect::<Vec<_>>());
    }
}

/// MAP-05, MAP-14: failures have their places here too.
pub(crate) fn failure_has_its_place<F: Factory>() {
    let pool = F::pool(2);
    let results = pool.map_with(even_only, 0..6, buffer(2)).unwrap();
    let fine: Vec<_> = results.map(|outcome| outcome.is_ok()).collect();
    assert_eq!(fine, [true, false, true, false, true, false]);
}

/// MAP-15: without anybody reading, exactly as many items are taken as fit.
pub(crate) fn takes_what_fits<F: Factory>() {
    let pool = F::pool(2);
    for size in [1, 3, 7] {
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        let items = (0..).inspect(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let mut results = pool.map_with(square, items, buffer(size)).unwrap();
        assert_eq!(taken.load(Ordering::SeqCst), size);
        results.next().unwrap().unwrap();
        assert_eq!(taken.load(Ordering::SeqCst), size + 1, "one read, one more taken");
    }
}

/// MAP-16 (done better): at no moment are more items taken and not read than fit.
pub(crate) fn bound_always_holds<F: Factory>() {
    const SIZE: usize = 3;
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = F::pool(8);
    for options in [buffer(SIZE), buffer(SIZE).unordered()] {
        let read = Arc::new(AtomicUsize::new(0));
        let reader = Arc::clone(&read);
        let entries = journal.clone();
        let items = (0..50_usize).map(move |taken| {
            // This one included, and counting a result as read once `next` has returned it, one more
            // than the bound: `next` has the old result in hand when it takes the new item.
            assert!(taken < reader.load(Ordering::SeqCst) + SIZE + 1);
            (entries.clone(), taken as u64)
        });
        for outcome in pool.map_with(visit, items, options).unwrap() {
            outcome.unwrap();
            read.fetch_add(1, Ordering::SeqCst);
        }
        assert_eq!(read.load(Ordering::SeqCst), 50);
    }
}

/// MAP-16 (done better): a full buffer holds tasks back, however many workers are free.
pub(crate) fn full_buffer_holds_back<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = F::pool(4);
    let gate = scratch.gate();
    let items = (0..10).map(|n| (journal.clone(), gate.gate(), n));
    let mut results = pool.map_with(visit_and_hold, items, buffer(2)).unwrap();
    journal.wait_for(2);
    gate.open();
    assert_eq!(results.next(), Some(Ok(0)));
    journal.wait_for(3); // the third was started without a further read
    // Tasks in flight do not start others: only reads do.
    assert_eq!(results.next(), Some(Ok(1)));
    journal.wait_for(4);
    pool.shutdown(Shutdown::wait());
    assert_eq!(journal.lines().len(), 4);
}

/// MAP-17 (done better): after a shutdown the buffered results come, then one error that says why
/// there are no more, then the end.
pub(crate) fn shutdown_loses_nothing<F: Factory>() {
    for options in [buffer(3), buffer(3).unordered()] {
        let pool = F::pool(2);
        let mut results = pool.map_with(square, 0..10, options).unwrap();
        pool.shutdown(Shutdown::wait());
        let mut values: Vec<_> = results.by_ref().take(3).map(Result::unwrap).collect();
        values.sort_unstable();
        assert_eq!(values, [0, 1, 4]);
        assert_eq!(results.next(), Some(Err(TaskError::ShutDown)));
        assert_eq!(results.next(), None);
        assert_eq!(results.next(), None);
    }
}

/// MAP-17: a shutdown after the last item was taken is no error.
pub(crate) fn shutdown_after_the_last_item<F: Factory>() {
    let pool = F::pool(2);
    let results = pool.map_with(square, 0..3, buffer(3)).unwrap();
    pool.shutdown(Shutdown::wait());
    assert_eq!(results.map(Result::unwrap).collect::<Vec<_>>(), [0, 1, 4]);
}

/// MAP-06, MAP-08: time limit and cancellation end it, and what was not started never is.
pub(crate) fn can_be_ended<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    for cancel in [false, true] {
        let journal = scratch.journal();
        let gate = scratch.gate();
        let items = (0..).map(|n| (journal.clone(), gate.gate(), n));
        let options = buffer(4).with_timeout(Duration::from_millis(20));
        let options = if cancel { buffer(4) } else { options };
        let mut results = pool.map_with(visit_and_hold, items, options).unwrap();
        if cancel {
            journal.wait_for(1);
            results.cancel();
        } else {
            assert_eq!(results.next(), Some(Err(TaskError::MapTimedOut)));
        }
        assert_eq!(results.next(), None);
        gate.open();
        drop(results);
        pool.submit(square, 1).unwrap().wait(); // on the one worker, after all that were started
        assert!(journal.lines().iter().all(|line| line == "0"), "{:?}", journal.lines());
    }
}
