//! What `apply`, `map` and `starmap` return, and when.

use crate::pool;
use crate::support::tasks::{even_only, hold, square, visit_and_hold};
use crate::support::{Factory, Gate, Journal, Scratch, eventually};
use concurrent_futures::{AsyncResult, MapOptions, PoolError, SubmitError, TaskError};
use std::panic::Location;
use std::time::Duration;

fn power(base: u64, exponent: u32) -> u64 {
    base.pow(exponent)
}

/// POOL-01: every form gives what a loop would, in order.
pub(crate) fn equal_the_sequential_ones<F: Factory>() {
    let pool = pool::<F>(3);
    assert_eq!(pool.apply(square, 7), Ok(49));
    assert_eq!(pool.apply(|(a, b): (u64, u64)| a - b, (7, 3)), Ok(4));
    assert_eq!(pool.apply_async(square, 7).unwrap().get(), Ok(49));

    let expected: Vec<_> = (0..1000).map(square).collect();
    assert_eq!(pool.map(square, 0..1000), Ok(expected.clone()));
    assert_eq!(pool.map_async(square, 0..1000).unwrap().get(), Ok(expected.clone()));
    for chunksize in [1, 7, 100, 5000] {
        let options = MapOptions::new().with_chunksize(chunksize);
        assert_eq!(pool.map_with(square, 0..1000, options), Ok(expected.clone()));
    }

    let pairs = || (0..50_u64).map(|n| (n, (n % 5) as u32));
    let expected: Vec<_> = pairs().map(|(a, b)| power(a, b)).collect();
    assert_eq!(pool.starmap(power, pairs()), Ok(expected.clone()));
    assert_eq!(pool.starmap(u64::pow, pairs()), Ok(expected.clone()));
    assert_eq!(pool.starmap(|a, b| a + u64::from(b), [(1_u64, 2_u32)]), Ok(vec![3]));
    assert_eq!(pool.starmap_async(power, pairs()).unwrap().get(), Ok(expected.clone()));
    let options = MapOptions::new().with_chunksize(7);
    assert_eq!(pool.starmap_with(power, pairs(), options), Ok(expected));
    let texts = [("a".to_owned(), vec![1_u8, 2]), ("b".to_owned(), vec![])];
    let lengths = pool.starmap(|text, bytes| text.len() + bytes.len(), texts);
    assert_eq!(lengths, Ok(vec![3, 1]));
}

/// POOL-06: with and without a chunk size.
pub(crate) fn empty_input_ends<F: Factory>() {
    let pool = pool::<F>(2);
    let nothing: [u64; 0] = [];
    assert_eq!(pool.map(square, nothing), Ok(vec![]));
    let options = MapOptions::new().with_chunksize(3);
    assert_eq!(pool.map_with(square, nothing, options), Ok(vec![]));
    let result = pool.map_async(square, nothing).unwrap();
    assert!(result.ready());
    assert_eq!(result.successful(), Ok(true));
    assert_eq!(result.get(), Ok(vec![]));
    assert_eq!(pool.starmap(power, []), Ok(vec![]));
    assert_eq!(pool.starmap_async(power, []).unwrap().get(), Ok(vec![]));
    assert_eq!(pool.map(square, [2]), Ok(vec![4]));
}

/// POOL-24: what makes no sense is refused, and nothing is run.
pub(crate) fn options_are_checked<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = pool::<F>(1);
    let zero = MapOptions::new().with_chunksize(0);
    let small = MapOptions::new().with_buffersize(0);
    let visit = crate::support::tasks::visit;
    let items = || [(journal.clone(), 1)];
    let refused = |error: &SubmitError| matches!(error, SubmitError::InvalidArgument(_));
    let refused_map = |options| match pool.map_with(visit, items(), options) {
        Err(PoolError::Refused(error)) => refused(&error),
        _ => false,
    };
    assert!(refused_map(zero));
    assert!(refused_map(MapOptions::new().unordered()));
    assert!(refused_map(MapOptions::new().with_buffersize(4)));
    assert!(refused_map(MapOptions::new().with_timeout(Duration::from_secs(1))));
    assert!(refused(&pool.imap_with(visit, items(), zero).unwrap_err()));
    assert!(refused(&pool.imap_with(visit, items(), small).unwrap_err()));
    let unordered = zero.unordered();
    assert!(refused(&pool.imap_with(visit, items(), unordered).unwrap_err()));
    pool.close();
    pool.join().unwrap();
    assert_eq!(journal.lines().len(), 0);
}

fn hold_or_fail((journal, gate, n): (Journal, Gate, u64)) -> u64 {
    journal.append(n);
    assert!(n != 0, "the first of all");
    gate.wait_open();
    n
}

/// POOL-16: `map` with one early failure is not over before the others are.
pub(crate) fn a_failure_waits_for_all<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = pool::<F>(2);
    let keeper = scratch.gate();
    let items = (0..20).map(|n| (journal.clone(), keeper.gate(), n));
    let result = pool.map_async(hold_or_fail, items).unwrap();
    // The failed one, and one behind it on the same worker.
    journal.wait_for(2);
    assert!(!result.wait_timeout(Duration::from_millis(20)));
    assert!(!result.ready());
    keeper.open();
    let error = result.get().unwrap_err();
    assert_eq!(error.panic().unwrap().message(), "the first of all");
    assert_eq!(journal.sorted_numbers(), (0..20).collect::<Vec<_>>());
    pool.close();
    pool.join().unwrap();
}

/// POOL-15: a panic arrives with its message and place, from one call and from many.
pub(crate) fn failures_are_of_the_task<F: Factory>() {
    let pool = pool::<F>(2);
    let report = |error: TaskError| error.panic().unwrap().clone();
    let failed = |error| match error {
        PoolError::Failed(error) => error,
        other => panic!("{other:?}"),
    };
    let here = Location::caller().file();
    for report in [
        report(failed(pool.apply(odd_is_wrong, 3).unwrap_err())),
        report(pool.apply_async(odd_is_wrong, 3).unwrap().get().unwrap_err()),
        report(failed(pool.map(odd_is_wrong, [2, 3, 4]).unwrap_err())),
        report(pool.map_async(odd_is_wrong, [2, 3, 4]).unwrap().get().unwrap_err()),
        report(failed(pool.starmap(|_: u64, n| odd_is_wrong(n), [(1, 3)]).unwrap_err())),
    ] {
        assert_eq!(report.message(), "3 is odd");
        assert_eq!(report.location().unwrap().file(), here);
    }
    // The task's own error is a value.
    let checked = |n: u64| n.checked_sub(1).ok_or_else(|| "none left".to_owned());
    assert_eq!(pool.map(checked, [1, 0]), Ok(vec![Ok(0), Err("none left".to_owned())]));
    let error = pool.apply(even_only, 1).unwrap_err();
    assert!(error.to_string().contains("1 is odd"), "{error}");
}

fn odd_is_wrong(n: u64) -> u64 {
    assert!(n.is_multiple_of(2), "{n} is odd");
    n
}

/// POOL-08: `get` and `apply` wait for the task.
pub(crate) fn get_waits<F: Factory>() {
    let scratch = Scratch::new();
    let pool = pool::<F>(2);
    let (first, second) = (scratch.gate(), scratch.gate());
    std::thread::scope(|scope| {
        let applied = scope.spawn(|| pool.apply(hold, (first.gate(), 1)));
        let result = pool.apply_async(hold, (second.gate(), 2)).unwrap();
        let got = scope.spawn(move || result.get());
        std::thread::sleep(Duration::from_millis(20));
        assert!(!applied.is_finished() && !got.is_finished());
        second.open();
        assert_eq!(got.join().unwrap(), Ok(2));
        assert!(!applied.is_finished());
        first.open();
        assert_eq!(applied.join().unwrap(), Ok(1));
    });
}

/// POOL-08, POOL-23: a time-out is an error of its own and the task goes on; nothing but `get` and
/// `wait` ever blocks.
pub(crate) fn timeouts_change_nothing<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = pool::<F>(1);
    let keeper = scratch.gate();
    let result = pool.apply_async(visit_and_hold, (journal.clone(), keeper.gate(), 5)).unwrap();
    journal.wait_for(1);
    let mut held: AsyncResult<u64> = result;
    for timeout in [Duration::ZERO, Duration::from_millis(10)] {
        assert!(!held.ready());
        assert!(held.successful().is_err());
        assert!(!held.wait_timeout(timeout));
        let late = held.get_timeout(timeout).unwrap_err();
        assert_eq!(late.to_string(), "the result is not ready");
        held = late.into_inner();
    }
    keeper.open();
    assert!(held.wait_timeout(Duration::MAX));
    assert!(held.ready());
    assert_eq!(held.successful(), Ok(true));
    assert_eq!(held.get_timeout(Duration::ZERO).unwrap(), Ok(5));
    let failed = pool.apply_async(even_only, 1).unwrap();
    failed.wait();
    assert_eq!(failed.successful(), Ok(false));
    assert!(failed.get().is_err());
}

/// A result can be awaited, with the same outcome.
pub(crate) fn results_are_futures<F: Factory>() {
    let pool = pool::<F>(2);
    let list = pollster::block_on(async {
        let one = pool.apply_async(square, 3).unwrap().await?;
        let mut many = pool.map_async(square, 1..=3).unwrap().await?;
        many.push(one);
        Ok::<_, TaskError>(many)
    });
    assert_eq!(list, Ok(vec![1, 4, 9, 9]));
    let failed = pollster::block_on(pool.map_async(even_only, [1]).unwrap());
    assert!(failed.unwrap_err().panic().is_some());
}

/// POOL-01: one pool, many users.
pub(crate) fn waiting_from_many_threads<F: Factory>() {
    let pool = pool::<F>(2);
    std::thread::scope(|scope| {
        for start in 0..8 {
            let pool = &pool;
            scope.spawn(move || {
                for _ in 0..5 {
                    let items = start..start + 50;
                    let expected: Vec<_> = items.clone().map(square).collect();
                    assert_eq!(pool.map(square, items), Ok(expected));
                    assert_eq!(pool.apply(square, start), Ok(start * start));
                }
            });
        }
    });
    eventually("all results to be there", || format!("{pool:?}").contains("unfinished: 0"));
}
