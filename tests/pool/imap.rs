//! `imap` and `imap_unordered`.

use crate::pool;
use crate::support::tasks::{even_only, hold, square};
use crate::support::{Factory, Scratch};
use concurrent_futures::{MapOptions, TaskError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// POOL-09: one by one and in chunks, in order; unordered, the same values.
pub(crate) fn comes_in_order<F: Factory>() {
    let pool = pool::<F>(2);
    let expected: Vec<_> = (0..1000).map(square).collect();
    let chunks = MapOptions::new().with_chunksize(100);
    for options in [MapOptions::new(), chunks, chunks.with_buffersize(3)] {
        let mut results = pool.imap_with(square, 0..1000, options).unwrap();
        let all: Result<Vec<_>, _> = results.by_ref().collect();
        assert_eq!(all.as_ref(), Ok(&expected));
        assert_eq!((results.next(), results.next()), (None, None));
        let mut results = pool.imap_with(square, 0..1000, options.unordered()).unwrap();
        let all: Result<Vec<_>, _> = results.by_ref().collect();
        let mut all = all.unwrap();
        all.sort_unstable();
        assert_eq!(all, expected);
        assert_eq!(results.next(), None);
    }
    let one_by_one: Vec<_> = pool.imap(square, 0..3).unwrap().collect();
    assert_eq!(one_by_one, [Ok(0), Ok(1), Ok(4)]);
}

/// POOL-09: an unordered one does not wait for the slow.
pub(crate) fn unordered_comes_as_ready<F: Factory>() {
    let scratch = Scratch::new();
    let pool = pool::<F>(2);
    let (slow, quick) = (scratch.gate(), scratch.gate());
    quick.open();
    let gate = |n| if n == 0 { slow.gate() } else { quick.gate() };
    let items: Vec<_> = (0..10).map(|n| (gate(n), n)).collect();
    let mut results = pool.imap_unordered(hold, items).unwrap();
    let mut first: Vec<_> = results.by_ref().take(9).map(Result::unwrap).collect();
    first.sort_unstable();
    assert_eq!(first, (1..10).collect::<Vec<_>>());
    slow.open();
    assert_eq!(results.next(), Some(Ok(0)));
    assert_eq!(results.next(), None);
}

/// POOL-06.
pub(crate) fn empty_input_ends<F: Factory>() {
    let pool = pool::<F>(2);
    let chunks = MapOptions::new().with_chunksize(5);
    assert_eq!(pool.imap(square, []).unwrap().count(), 0);
    assert_eq!(pool.imap_unordered(square, []).unwrap().count(), 0);
    assert_eq!(pool.imap_with(square, [], chunks).unwrap().count(), 0);
    let mut results = pool.imap(square, []).unwrap();
    assert_eq!(results.next_timeout(Duration::MAX), Ok(None));
    assert_eq!(results.next_timeout(Duration::ZERO), Ok(None));
}

/// POOL-09: a failing item fails alone.
pub(crate) fn failures_have_their_place<F: Factory>() {
    let pool = pool::<F>(2);
    let results: Vec<_> = pool.imap(even_only, 0..10).unwrap().collect();
    for (n, result) in (0..).zip(&results) {
        assert_eq!(result.as_ref().ok(), (n % 2 == 0).then_some(&n));
    }
    let failed = pool.imap_unordered(even_only, 0..10).unwrap().filter(Result::is_err);
    assert_eq!(failed.count(), 5);
}

/// POOL-10: the next result in time or not at all; a time-out loses nothing.
pub(crate) fn next_can_time_out<F: Factory>() {
    let scratch = Scratch::new();
    let pool = pool::<F>(2);
    for options in [MapOptions::new(), MapOptions::new().unordered()] {
        let keeper = scratch.gate();
        let items: Vec<_> = (0..2).map(|n| (keeper.gate(), n)).collect();
        let mut results = pool.imap_with(hold, items, options).unwrap();
        for timeout in [Duration::ZERO, Duration::from_millis(10)] {
            assert!(results.next_timeout(timeout).is_err());
        }
        keeper.open();
        let first = results.next_timeout(Duration::from_secs(40)).unwrap().unwrap().unwrap();
        let second = results.next().unwrap().unwrap();
        assert_eq!(first + second, 1);
        assert_eq!(results.next_timeout(Duration::ZERO), Ok(None));
    }
}

/// POOL-11 (better): items are taken as results are read, by default and as an option says; so there
/// may be endlessly many.
pub(crate) fn input_is_bounded<F: Factory>() {
    let pool = pool::<F>(2);
    let taken = AtomicU64::new(0);
    let endless = || {
        (0..).inspect(|_| {
            taken.fetch_add(1, Ordering::Relaxed);
        })
    };
    let default = MapOptions::new();
    for (options, bound) in [
        (default, 128),
        (default.unordered(), 128),
        (default.with_chunksize(3), 384),
        (default.with_buffersize(5), 5),
        (default.with_buffersize(1).unordered(), 1),
    ] {
        taken.store(0, Ordering::Relaxed);
        let mut results = pool.imap_with(square, endless(), options).unwrap();
        for read in 0..500 {
            assert!(taken.load(Ordering::Relaxed) <= read + bound, "{options:?}");
            results.next().unwrap().unwrap();
        }
    }
}

/// Ten numbers, and a panic.
fn ten_and_a_panic() -> impl Iterator<Item = u64> + Send {
    (0..20).inspect(|n| assert!(*n < 10, "no more numbers"))
}

/// The message of a panic, which must be there.
fn message_of<T>(f: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).map(drop).expect_err("a panic");
    payload.downcast_ref::<&str>().map_or_else(String::new, |text| (*text).to_owned())
}

/// POOL-07, POOL-15: a panic of the input comes out of `map` before anything is run, and out of `imap`
/// when what was before it has been delivered; as it is, and the pool goes on.
pub(crate) fn panics_of_the_input_surface<F: Factory>() {
    let pool = pool::<F>(2);
    let map = || pool.map(square, ten_and_a_panic());
    assert_eq!(message_of(map), "no more numbers");
    assert_eq!(message_of(|| pool.map_async(square, ten_and_a_panic())), "no more numbers");
    for buffersize in [1, 4, 10, 11, 100] {
        let options = MapOptions::new().with_buffersize(buffersize);
        for options in [options, options.unordered()] {
            let mut results = pool.imap_with(square, ten_and_a_panic(), options).unwrap();
            let mut before: Vec<_> = results.by_ref().take(10).map(Result::unwrap).collect();
            before.sort_unstable();
            assert_eq!(before, (0..10).map(square).collect::<Vec<_>>());
            let next = || results.next();
            assert_eq!(message_of(next), "no more numbers");
            assert_eq!(results.next(), None);
        }
    }
    let mut results = pool.imap(square, ten_and_a_panic()).unwrap().skip(10);
    assert_eq!(message_of(|| results.next()), "no more numbers");
    assert_eq!(pool.map(square, 0..3), Ok(vec![0, 1, 4]));
    pool.close();
    pool.join().unwrap();
}

/// POOL-07: also if there is nothing before it.
pub(crate) fn panics_at_the_beginning_surface<F: Factory>() {
    let pool = pool::<F>(2);
    let none = || std::iter::from_fn(|| -> Option<u64> { panic!("not one") });
    let mut results = pool.imap(square, none()).unwrap();
    assert_eq!(message_of(|| results.next_timeout(Duration::MAX)), "not one");
    assert_eq!(results.next(), None);
    drop(results);
    drop(pool.imap_unordered(square, none()).unwrap()); // nobody looked
    assert_eq!(pool.apply(square, 3), Ok(9));
}

/// POOL-11: `close` refuses new work; what is under way is new to nobody.
pub(crate) fn close_lets_it_go_on<F: Factory>() {
    let pool = pool::<F>(2);
    let results = pool.imap(square, 0..1000).unwrap();
    let unordered = pool.imap_unordered(square, 0..1000).unwrap();
    pool.close();
    assert!(pool.imap(square, [1]).is_err());
    let all: Result<Vec<_>, _> = results.collect();
    assert_eq!(all, Ok((0..1000).map(square).collect()));
    assert_eq!(unordered.filter(Result::is_ok).count(), 1000);
    pool.join().unwrap();
}

/// POOL-11 (better): `join` does not wait for results to be read; what was taken is delivered.
pub(crate) fn join_ends_it<F: Factory>() {
    let pool = pool::<F>(2);
    for options in [MapOptions::new(), MapOptions::new().unordered()] {
        let options = options.with_buffersize(8);
        let mut results = pool.imap_with(square, 0.., options).unwrap();
        assert!(results.next().unwrap().is_ok());
        let pool = crate::pool::<F>(2);
        let mut ended = pool.imap_with(square, 0.., options).unwrap();
        pool.close();
        pool.join().unwrap();
        let mut values: Vec<_> = ended.by_ref().take(8).map(Result::unwrap).collect();
        values.sort_unstable();
        assert_eq!(values, (0..8).map(square).collect::<Vec<_>>());
        assert_eq!(ended.next(), Some(Err(TaskError::ShutDown)));
        assert_eq!(ended.next(), None);
    }
}

/// POOL-26 (better): after `terminate` every result is there or an error, and then it ends.
pub(crate) fn terminate_ends_it<F: Factory>() {
    for options in [MapOptions::new(), MapOptions::new().unordered()] {
        let pool = pool::<F>(2);
        let mut results = pool.imap_with(square, 0.., options).unwrap();
        assert!(results.next().unwrap().is_ok());
        pool.terminate();
        let rest: Vec<_> = results.collect();
        assert!(rest.len() <= 129, "{}", rest.len());
        for result in &rest {
            assert!(matches!(result, Ok(_) | Err(TaskError::Terminated)), "{result:?}");
        }
        assert_eq!(rest.last(), Some(&Err(TaskError::Terminated)));
        pool.join().unwrap();
    }
}

/// POOL-11 (better): closing and joining after a part was read does not hang.
pub(crate) fn close_and_join_after_a_part<F: Factory>() {
    for options in [MapOptions::new(), MapOptions::new().unordered()] {
        let pool = pool::<F>(2);
        let mut results = pool.imap_with(square, 0..1000, options).unwrap();
        assert!(results.by_ref().take(3).all(|result| result.is_ok()));
        pool.close();
        pool.join().unwrap();
        assert_eq!(results.filter(Result::is_err).count(), 1);
    }
}

/// POOL-11: an iterator that is dropped half way holds up nothing.
pub(crate) fn may_be_dropped<F: Factory>() {
    let pool = pool::<F>(2);
    let mut results = pool.imap(square, 0..).unwrap();
    assert_eq!(results.next(), Some(Ok(0)));
    pool.close();
    drop(results); // the last one that the executor was open for
    pool.join().unwrap();
}
