//! Rows MAP-01 to MAP-12 and MAP-18: `map` with everything submitted at once, on every executor.

use crate::support::tasks::{even_only, square, time_out_if_odd, visit, visit_and_hold};
use crate::support::{Busy, Factory, Gate, Journal, Scratch};
use concurrent_futures::{Executor, MapOptions, Shutdown, SubmitError, TaskError};
use std::thread;
use std::time::{Duration, Instant};

/// MAP-01: the results are those of a sequential map.
pub(crate) fn equals_a_sequential_map<F: Factory>() {
    let pool = F::pool(3);
    for len in [0, 1, 2, 3, 10, 100, 1000] {
        let results: Result<Vec<_>, _> = pool.map(square, 0..len).unwrap().collect();
        assert_eq!(results.unwrap(), (0..len).map(|n| n * n).collect::<Vec<_>>());
    }
    let pairs = (1..=5).zip(1..);
    let powers = pool.map(|(base, exponent): (u64, u32)| base.pow(exponent), pairs).unwrap();
    let powers: Result<Vec<_>, _> = powers.collect();
    assert_eq!(powers.unwrap(), [1, 4, 27, 256, 3125], "several inputs are zipped by the caller");
}

fn text_of(n: u64) -> String {
    n.to_string()
}

/// MAP-01 (an extra): all results at once are those that can be read one by one, whatever is read how.
pub(crate) fn all_at_once_are_the_same<F: Factory>() {
    let pool = F::pool(3);
    for len in [0, 1, 2, 3, 10, 100, 1000] {
        let squares: Vec<u64> = (0..len).map(|n| n * n).collect();
        assert_eq!(pool.map(square, 0..len).unwrap().into_vec(), Ok(squares.clone()));
        let buffered = pool.map_with(square, 0..len, MapOptions::new().with_buffersize(7)).unwrap();
        assert_eq!(buffered.into_vec(), Ok(squares.clone()));
        let unordered = pool.map_with(square, 0..len, MapOptions::new().unordered()).unwrap();
        let mut as_ready = unordered.into_vec().unwrap();
        as_ready.sort_unstable();
        assert_eq!(as_ready, squares);
        let texts: Vec<String> = (0..len).map(text_of).collect();
        assert_eq!(pool.map(text_of, 0..len).unwrap().into_vec(), Ok(texts));
    }
    let mut rest = pool.map(text_of, 0..10).unwrap();
    assert_eq!(rest.next(), Some(Ok("0".to_owned())));
    assert_eq!(rest.into_vec().unwrap().len(), 9, "what has not been read");
}

/// MAP-01 (an extra): all results at once are the first error, in the order of the items.
pub(crate) fn all_at_once_are_the_first_error<F: Factory>() {
    let pool = F::pool(2);
    let results = pool.map(even_only, [2, 4, 5, 6, 7]).unwrap();
    let error = results.into_vec().unwrap_err();
    assert!(
        matches!(&error, TaskError::Panicked(report) if report.message().contains('5')),
        "{error}"
    );
}

/// The first item waits for the gate that the second opens.
fn wait_or_open((gate, n): (Gate, u64)) -> u64 {
    if n == 0 {
        gate.wait_open();
    } else {
        gate.open();
    }
    n
}

/// MAP-01: results come in the order of the items, although the second item ends first.
pub(crate) fn keeps_order<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(2);
    let gate = scratch.gate();
    let results = pool.map(wait_or_open, (0..2).map(|n| (gate.gate(), n))).unwrap();
    assert_eq!(results.collect::<Vec<_>>(), [Ok(0), Ok(1)]);
}

/// MAP-01 (an extra): unordered results come as they are ready.
pub(crate) fn unordered_comes_as_ready<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(2);
    let gate = scratch.gate();
    let items = [(gate.gate(), 1), (scratch.gate().gate(), 2)]; // the second one is open
    let hold = |(gate, n): (Gate, u64)| {
        gate.wait_open();
        n
    };
    let mut results = pool.map_with(hold, items, MapOptions::new().unordered()).unwrap();
    assert_eq!(results.next(), Some(Ok(2)));
    gate.open();
    assert_eq!(results.next(), Some(Ok(1)));
    assert_eq!(results.next(), None);
    assert_eq!(results.next(), None);
}

/// MAP-02: everything is submitted by the call, and is worked on although nobody reads.
pub(crate) fn runs_without_iteration<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = F::pool(2);
    let unread = pool.map(visit, (0..20).map(|n| (journal.clone(), n))).unwrap();
    journal.wait_for(20);
    assert_eq!(journal.sorted_numbers(), (0..20).collect::<Vec<_>>());
    assert_eq!(unread.map(Result::unwrap).collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
}

/// MAP-03, MAP-04, MAP-05 (we follow MAP-05): the failure of one item is at its place, after the
/// results before it, and the items after it are delivered as if nothing had happened.
pub(crate) fn failure_has_its_place<F: Factory>() {
    let pool = F::pool(2);
    let mut results = pool.map(even_only, [0, 2, 3, 4, 5, 6]).unwrap();
    assert_eq!(results.next(), Some(Ok(0)));
    assert_eq!(results.next(), Some(Ok(2)));
    let error = results.next().unwrap().unwrap_err();
    assert_eq!(error.panic().unwrap().message(), "3 is odd");
    assert_eq!(results.next(), Some(Ok(4)));
    assert!(results.next().unwrap().is_err());
    assert_eq!(results.next(), Some(Ok(6)));
    assert_eq!(results.next(), None);
    assert_eq!(results.next(), None, "exhaustion is sticky");
}

/// MAP-04 (differs from 3.13), MAP-05: an item that fails does not keep later ones from being run,
/// with one worker and with chunks.
pub(crate) fn failure_cancels_nothing<F: Factory>() {
    let pool = F::pool(1);
    for options in [MapOptions::new(), MapOptions::new().with_chunksize(4)] {
        let results = pool.map_with(even_only, 0..10, options).unwrap();
        let values: Vec<_> = results.filter_map(Result::ok).collect();
        assert_eq!(values, [0, 2, 4, 6, 8]);
    }
}

/// MAP-06: when the time has passed, one error, then nothing; what had not been started never is.
pub(crate) fn timeout_cancels_the_rest<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let items = (0..4).map(|n| (journal.clone(), gate.gate(), n));
    let options = MapOptions::new().with_timeout(Duration::from_millis(30));
    let mut results = pool.map_with(visit_and_hold, items, options).unwrap();
    assert_eq!(results.next(), Some(Err(TaskError::MapTimedOut)));
    assert_eq!(results.next(), None);
    assert_eq!(results.next(), None);
    gate.open();
    drop(results);
    pool.shutdown(Shutdown::wait());
    // On a busy machine the time may pass before even the first one is started.
    assert!(journal.lines().iter().all(|line| line == "0"), "{:?}", journal.lines());
}

/// MAP-06: results that are there are delivered even after the time has passed.
pub(crate) fn timeout_spares_what_is_there<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let visit_all = |(journal, gate, n): (Journal, Option<Gate>, u64)| {
        if let Some(gate) = gate {
            journal.append("blocked");
            gate.wait_open();
        }
        n
    };
    let items = [None, None, Some(gate.gate())].into_iter().zip(0..);
    let items = items.map(|(gate, n)| (journal.clone(), gate, n));
    let options = MapOptions::new().with_timeout(Duration::from_secs(2));
    let mut results = pool.map_with(visit_all, items, options).unwrap();
    assert_eq!(results.next(), Some(Ok(0)));
    thread::sleep(Duration::from_secs(2));
    assert_eq!(results.next(), Some(Ok(1)));
    assert_eq!(results.next(), Some(Err(TaskError::MapTimedOut)));
    assert_eq!(results.next(), None);
}

/// MAP-06: the time counts from the call, not from a `next`.
pub(crate) fn timeout_counts_from_the_call<F: Factory>() {
    const TIMEOUT: Duration = Duration::from_secs(1);
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let busy = Busy::occupy(&pool, &scratch, 1);
    let options = MapOptions::new().with_timeout(TIMEOUT);
    let mut results = pool.map_with(square, 0..3, options).unwrap();
    thread::sleep(TIMEOUT);
    // Counted from here, the wait would take all of the time once more.
    let start = Instant::now();
    assert_eq!(results.next(), Some(Err(TaskError::MapTimedOut)));
    assert!(start.elapsed() < TIMEOUT);
    assert_eq!(results.next(), None);
    busy.release();
}

/// MAP-06: a time limit that is never reached changes nothing, however long.
pub(crate) fn timeout_that_suffices<F: Factory>() {
    let pool = F::pool(2);
    let options = MapOptions::new().with_timeout(Duration::MAX);
    let results: Result<Vec<_>, _> = pool.map_with(square, 0..10, options).unwrap().collect();
    assert_eq!(results.unwrap().len(), 10);
}

/// MAP-07: a time-out that the function reports is that item's value.
pub(crate) fn own_timeout_is_a_value<F: Factory>() {
    let pool = F::pool(2);
    let options = MapOptions::new().with_timeout(Duration::MAX);
    let results = pool.map_with(time_out_if_odd, 0..4, options).unwrap();
    let own: Vec<_> = results.map(|outcome| outcome.expect("no map timed out").is_err()).collect();
    assert_eq!(own, [false, true, false, true]);
}

/// MAP-08 (explicit here): `Map::cancel` exhausts the iterator and cancels what has not been started.
pub(crate) fn cancel_cancels_the_rest<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let items = (0..10).map(|n| (journal.clone(), gate.gate(), n));
    let mut results = pool.map(visit_and_hold, items).unwrap();
    journal.wait_for(1);
    results.cancel();
    assert_eq!(results.next(), None);
    assert_eq!(results.size_hint(), (0, Some(0)));
    results.cancel();
    gate.open();
    pool.shutdown(Shutdown::wait());
    assert_eq!(journal.lines(), ["0"]);
}

/// MAP-08, MAP-09 (one rule for all cases): dropping the iterator cancels nothing, whether it was
/// read from or not.
pub(crate) fn drop_cancels_nothing<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    for read in [0, 1] {
        let journal = scratch.journal();
        let mut results = pool.map(visit, (0..20).map(|n| (journal.clone(), n))).unwrap();
        assert_eq!(results.by_ref().take(read).count(), read);
        drop(results);
        journal.wait_for(20);
        assert_eq!(journal.sorted_numbers(), (0..20).collect::<Vec<_>>());
    }
}

/// MAP-11: the chunk size does not show in the results.
pub(crate) fn chunks_do_not_show<F: Factory>() {
    let pool = F::pool(2);
    for chunksize in [1, 3, 10, 11, 1_000_000] {
        let options = MapOptions::new().with_chunksize(chunksize);
        let results: Result<Vec<_>, _> = pool.map_with(square, 0..10, options).unwrap().collect();
        assert_eq!(results.unwrap(), (0..10).map(|n| n * n).collect::<Vec<_>>());
    }
}

/// MAP-12, MAP-13: a chunk size or buffer size of zero is refused by the call.
pub(crate) fn zero_sizes_are_refused<F: Factory>() {
    let pool = F::pool(1);
    for (options, message) in [
        (MapOptions::new().with_chunksize(0), "invalid argument: chunksize must be at least 1"),
        (MapOptions::new().with_buffersize(0), "invalid argument: buffersize must be at least 1"),
    ] {
        let error = pool.map_with(square, 0..3, options).unwrap_err();
        assert!(matches!(error, SubmitError::InvalidArgument(_)));
        assert_eq!(error.to_string(), message);
    }
}

/// MAP-18: a few more items than workers, and a shutdown at once: nothing hangs, nothing is lost.
pub(crate) fn shutdown_at_once<F: Factory>() {
    for _ in 0..20 {
        let pool = F::pool(2);
        let results = pool.map(square, 0..5).unwrap();
        pool.shutdown(Shutdown::wait());
        let results: Result<Vec<_>, _> = results.collect();
        assert_eq!(results.unwrap(), [0, 1, 4, 9, 16]);
    }
}

/// SHUT-07, SHUT-08: what a shutdown cancels shows as cancelled at its place, and nobody hangs.
pub(crate) fn shutdown_cancels_items<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = F::pool(1);
    let gate = scratch.gate();
    let items = (0..5).map(|n| (journal.clone(), gate.gate(), n));
    let results = pool.map(visit_and_hold, items).unwrap();
    journal.wait_for(1);
    pool.shutdown(Shutdown::no_wait().cancel_pending());
    gate.open();
    let results: Vec<_> = results.collect();
    let cancelled = || Err(TaskError::Cancelled);
    assert_eq!(results, [Ok(0), cancelled(), cancelled(), cancelled(), cancelled()]);
    assert!(pool.shutdown(Shutdown::wait()));
    assert_eq!(journal.lines(), ["0"]);
}
