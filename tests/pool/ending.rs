//! `close`, `terminate`, `join`, and the drop of a pool.

use crate::pool;
use crate::support::tasks::{hold, square, visit, visit_and_hold};
use crate::support::{Factory, Scratch};
use concurrent_futures::{
    AsyncResult, Callbacks, JoinError, MapOptions, PoolError, SubmitError, TaskError,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc::channel};
use std::time::Duration;

/// POOL-23: `join` of an open pool is refused, any number of times, and the pool goes on.
pub(crate) fn join_needs_close<F: Factory>() {
    let pool = pool::<F>(1);
    for _ in 0..2 {
        let refusal = pool.join().unwrap_err();
        assert_eq!(refusal, JoinError::StillOpen);
        let advice = "the pool is still open: call close or terminate before join";
        assert_eq!(refusal.to_string(), advice);
        assert_eq!(pool.apply(square, 2), Ok(4));
    }
    pool.close();
    pool.join().unwrap();
    pool.join().unwrap();
}

/// POOL-14, POOL-23: nothing is accepted after `close` or `terminate`, both of which may be repeated.
pub(crate) fn refuses_after_close<F: Factory>() {
    for terminate in [false, true] {
        let pool = pool::<F>(1);
        for _ in 0..2 {
            if terminate {
                pool.terminate();
            } else {
                pool.close();
            }
            let refused = Err(PoolError::Refused(SubmitError::ShutDown));
            assert_eq!(pool.apply(square, 1), refused);
            assert_eq!(pool.map(square, []).err(), refused.err());
            assert!(pool.apply_async(square, 1).is_err());
            assert!(pool.map_async(square, [1]).is_err());
            assert!(pool.starmap(u64::pow, [(1, 2)]).is_err());
            assert!(pool.starmap_async(u64::pow, [(1, 2)]).is_err());
            assert!(pool.imap(square, [1]).is_err());
            assert!(pool.imap_unordered(square, [1]).is_err());
        }
        pool.join().unwrap();
    }
}

/// POOL-23: after `close` everything accepted is done, callbacks included, when `join` returns.
pub(crate) fn close_finishes_the_work<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = pool::<F>(2);
    let called = Arc::new(AtomicUsize::new(0));
    let results: Vec<_> = (0..50)
        .map(|n| {
            let called = Arc::clone(&called);
            let callbacks = Callbacks::new().callback(move |_: &u64| {
                called.fetch_add(1, Ordering::SeqCst);
            });
            pool.apply_async_with(visit, (journal.clone(), n), callbacks).unwrap()
        })
        .collect();
    let map = pool.map_async(visit, (50..100).map(|n| (journal.clone(), n))).unwrap();
    pool.close();
    pool.join().unwrap();
    assert_eq!(journal.sorted_numbers(), (0..100).collect::<Vec<_>>());
    assert!(map.ready() && results.iter().all(AsyncResult::ready));
    assert_eq!(called.load(Ordering::SeqCst), 50);
    assert_eq!(map.get(), Ok((50..100).collect()));
}

/// POOL-13, POOL-26 (better): `terminate` does not wait for what is running or pending; what has not
/// ended fails, and says why.
pub(crate) fn terminate_drops_ten_thousand<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = pool::<F>(2);
    let keeper = scratch.gate();
    let held: Vec<_> = (0..2)
        .map(|n| pool.apply_async(visit_and_hold, (journal.clone(), keeper.gate(), n)).unwrap())
        .collect();
    journal.wait_for(2);
    let called = Arc::new(AtomicUsize::new(0));
    let pending: Vec<_> = (0..10_000)
        .map(|n| {
            let called = Arc::clone(&called);
            let callbacks = Callbacks::new().error_callback(move |error| {
                assert_eq!(*error, TaskError::Terminated);
                called.fetch_add(1, Ordering::SeqCst);
            });
            pool.apply_async_with(hold, (keeper.gate(), n), callbacks).unwrap()
        })
        .collect();
    pool.terminate(); // the gate is closed: it does not wait for the tasks
    for result in pending {
        assert_eq!(result.get(), Err(TaskError::Terminated));
    }
    assert_eq!(called.load(Ordering::SeqCst), 10_000);
    let message = "the pool was terminated before the task had ended";
    assert_eq!(TaskError::Terminated.to_string(), message);
    keeper.open(); // for threads, which cannot be stopped
    pool.join().unwrap();
    for result in held {
        let outcome = result.get_timeout(Duration::ZERO).unwrap();
        assert!(matches!(outcome, Ok(_) | Err(TaskError::Terminated)), "{outcome:?}");
    }
}

/// POOL-23.
pub(crate) fn terminate_twice<F: Factory>() {
    let pool = pool::<F>(2);
    let result = pool.apply_async(square, 1).unwrap();
    pool.terminate();
    pool.close();
    pool.terminate();
    pool.join().unwrap();
    assert!(result.ready());
    pool.terminate();
    pool.join().unwrap();
}

/// POOL-23: what is closed can be terminated, while another thread joins it.
pub(crate) fn terminate_after_close<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = pool::<F>(1);
    let keeper = scratch.gate();
    let held = pool.apply_async(visit_and_hold, (journal.clone(), keeper.gate(), 0)).unwrap();
    let pending = pool.apply_async(hold, (keeper.gate(), 1)).unwrap();
    journal.wait_for(1);
    pool.close();
    std::thread::scope(|scope| {
        let joiner = scope.spawn(|| pool.join());
        pool.terminate();
        assert_eq!(pending.get(), Err(TaskError::Terminated));
        keeper.open();
        assert_eq!(joiner.join().unwrap(), Ok(()));
    });
    assert!(held.ready());
}

/// POOL-14: a pool that goes out of scope drops its work.
pub(crate) fn drop_terminates<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = pool::<F>(1);
    let keeper = scratch.gate();
    let held = pool.apply_async(visit_and_hold, (journal.clone(), keeper.gate(), 0)).unwrap();
    journal.wait_for(1);
    let pending = pool.apply_async(visit, (journal.clone(), 1)).unwrap();
    let map = pool.map_async(visit, (2..9).map(|n| (journal.clone(), n))).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || drop(pool)); // where there are threads, waits for the held one
        assert_eq!(pending.get(), Err(TaskError::Terminated));
        assert_eq!(map.get(), Err(TaskError::Terminated));
        keeper.open();
    });
    assert!(held.ready());
    assert_eq!(journal.lines(), ["0"]);
}

/// POOL-14: results are not the pool's.
pub(crate) fn results_outlive_the_pool<F: Factory>() {
    let pool = pool::<F>(2);
    let one = pool.apply_async(square, 3).unwrap();
    let many = pool.map_async(square, 0..3).unwrap();
    pool.close();
    pool.join().unwrap();
    drop(pool);
    assert_eq!(one.successful(), Ok(true));
    assert_eq!((one.get(), many.get()), (Ok(9), Ok(vec![0, 1, 4])));
}

/// A callback cannot wait for the end of the pool that it is a part of.
pub(crate) fn join_from_within_is_refused<F: Factory>()
where
    F::Pool: 'static,
{
    let scratch = Scratch::new();
    let pool = Arc::new(pool::<F>(1));
    let keeper = scratch.gate();
    let (sender, receiver) = channel();
    let weak = Arc::downgrade(&pool);
    let join = Callbacks::new().callback(move |_: &u64| {
        sender.send(weak.upgrade().expect("the test waits").join()).unwrap();
    });
    let result = pool.apply_async_with(hold, (keeper.gate(), 1), join).unwrap();
    pool.close();
    keeper.open();
    if let Ok(joined) = receiver.recv_timeout(Duration::from_secs(40)) {
        assert_eq!(joined, Err(JoinError::FromWithin));
    }
    assert_eq!(result.get(), Ok(1));
    pool.join().unwrap();
}

/// POOL-26 (better): a map that is under way is over when the pool is terminated.
pub(crate) fn maps_are_terminated<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = pool::<F>(2);
    let keeper = scratch.gate();
    let items = || (0..500).map(|n| (journal.clone(), keeper.gate(), n));
    let map = pool.map_async(visit_and_hold, items()).unwrap();
    std::thread::scope(|scope| {
        let blocked = scope.spawn(|| pool.map_with(visit_and_hold, items(), MapOptions::new()));
        journal.wait_for(2);
        pool.terminate();
        keeper.open();
        assert_eq!(map.get(), Err(TaskError::Terminated));
        let blocked = blocked.join().unwrap();
        let refused = PoolError::Refused(SubmitError::ShutDown);
        let terminated = PoolError::Failed(TaskError::Terminated);
        assert!([refused, terminated].contains(&blocked.unwrap_err()));
    });
    pool.join().unwrap();
    assert!(journal.lines().len() < 500);
}

/// POOL-26 (better): whatever is accepted while the pool is terminated has an end.
pub(crate) fn submitting_races_with_terminate<F: Factory>() {
    for _ in 0..20 {
        let pool = pool::<F>(2);
        let (started, is_started) = channel();
        std::thread::scope(|scope| {
            let submitter = scope.spawn(|| {
                let mut results = Vec::new();
                while let Ok(result) = pool.apply_async(square, 2) {
                    results.push(result);
                    let _once_is_enough = started.send(());
                }
                results
            });
            is_started.recv().unwrap();
            pool.terminate();
            for result in submitter.join().unwrap() {
                let outcome = result.get();
                assert!(matches!(outcome, Ok(4) | Err(TaskError::Terminated)), "{outcome:?}");
            }
        });
        pool.join().unwrap();
    }
}
