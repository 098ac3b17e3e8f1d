//! `callback` and `error_callback`.

use crate::pool;
use crate::support::tasks::{even_only, hold, square};
use crate::support::{Factory, Scratch};
use concurrent_futures::{Callbacks, MapOptions, Pool, SubmitError, TaskError};
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// Callbacks that report which of them was called.
fn reporting<T: Debug + 'static>(sender: &Sender<String>) -> Callbacks<T> {
    let (values, errors) = (sender.clone(), sender.clone());
    Callbacks::new()
        .callback(move |value: &T| values.send(format!("{value:?}")).unwrap())
        .error_callback(move |error: &TaskError| errors.send(error.to_string()).unwrap())
}

/// POOL-02: one of the two, once; the result is there all the same.
pub(crate) fn exactly_one_is_called<F: Factory>() {
    let pool = pool::<F>(2);
    let (sender, receiver) = channel();
    for n in 0..100 {
        let result = pool.apply_async_with(even_only, n, reporting(&sender)).unwrap();
        assert_eq!(result.get().is_ok(), n % 2 == 0);
        let report = receiver.try_recv().expect("called before the result is ready");
        if n % 2 == 0 {
            assert_eq!(report, n.to_string());
        } else {
            assert!(report.contains(&format!("{n} is odd")), "{report}");
        }
    }
    // Only one, only the other, none.
    let values = sender.clone();
    let only = Callbacks::new().callback(move |n: &u64| values.send(n.to_string()).unwrap());
    assert!(pool.apply_async_with(even_only, 1, only).unwrap().get().is_err());
    let errors = sender.clone();
    let only = Callbacks::new().error_callback(move |_| errors.send(String::new()).unwrap());
    assert!(pool.apply_async_with(even_only, 2, only).unwrap().get().is_ok());
    assert!(pool.apply_async_with(even_only, 2, Callbacks::default()).unwrap().get().is_ok());
    drop(sender);
    assert!(receiver.recv().is_err());
}

/// POOL-02: of a map, once with the whole list, or with the error.
pub(crate) fn get_the_list<F: Factory>() {
    let pool = pool::<F>(2);
    let (sender, receiver) = channel();
    let options = MapOptions::new().with_chunksize(2);
    let result = pool.map_async_with(square, 1..=5, options, reporting(&sender)).unwrap();
    assert_eq!(receiver.recv().unwrap(), "[1, 4, 9, 16, 25]");
    assert_eq!(result.get(), Ok(vec![1, 4, 9, 16, 25]));
    let result = pool.map_async_with(even_only, 0..5, options, reporting(&sender)).unwrap();
    assert!(receiver.recv().unwrap().contains("is odd"));
    assert!(result.get().is_err());
    let pairs = [(2, 3), (4, 1)];
    let result = pool.starmap_async_with(u64::pow, pairs, options, reporting(&sender)).unwrap();
    assert_eq!(receiver.recv().unwrap(), "[8, 4]");
    assert_eq!(result.get(), Ok(vec![8, 4]));
    let result = pool.map_async_with(square, [], options, reporting(&sender)).unwrap();
    assert_eq!(receiver.recv().unwrap(), "[]");
    assert_eq!(result.get(), Ok(vec![]));
    drop(sender);
    assert!(receiver.recv().is_err());
}

/// POOL-03: while the callback runs the result is not ready, for nobody; when it is, the callback has
/// run.
pub(crate) fn come_before_ready<F: Factory>() {
    let scratch = Scratch::new();
    let pool = pool::<F>(1);
    let keeper = scratch.gate();
    let (inside, is_inside) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let (called, was_called) = channel();
    let callbacks = Callbacks::new().callback(move |n: &u64| {
        inside.send(*n).unwrap();
        let _or_the_test_has_failed = may_go_on.recv();
        called.send(()).unwrap();
    });
    let result = pool.apply_async_with(hold, (keeper.gate(), 3), callbacks).unwrap();
    keeper.open();
    assert_eq!(is_inside.recv().unwrap(), 3);
    assert!(!result.ready());
    assert!(result.successful().is_err());
    assert!(!result.wait_timeout(Duration::from_millis(10)));
    let result = result.get_timeout(Duration::from_millis(10)).unwrap_err().into_inner();
    go_on.send(()).unwrap();
    assert_eq!(result.get(), Ok(3));
    was_called.try_recv().expect("get returns only afterwards");
}

/// POOL-04: a callback that panics harms neither its result, nor others, nor the end of the pool.
pub(crate) fn panics_are_contained<F: Factory>() {
    let pool = pool::<F>(2);
    let explosive = || {
        Callbacks::new()
            .callback(|n: &u64| panic!("the callback for {n}"))
            .error_callback(|_| panic!("the error callback"))
    };
    for n in 0..20 {
        let result = pool.apply_async_with(even_only, n, explosive()).unwrap();
        assert_eq!(result.get().is_ok(), n % 2 == 0);
    }
    let list = Callbacks::new().callback(|_: &Vec<u64>| panic!("the callback for a list"));
    let result = pool.map_async_with(square, 0..3, MapOptions::new(), list).unwrap();
    assert_eq!(result.get(), Ok(vec![0, 1, 4]));
    assert_eq!(pool.apply(square, 4), Ok(16));
    pool.close();
    pool.join().unwrap();
}

/// POOL-03: a callback may submit to the pool that calls it.
pub(crate) fn may_use_the_pool<F: Factory>()
where
    F::Pool: 'static,
{
    let pool: Arc<Pool<F::Pool>> = Arc::new(pool::<F>(1));
    let (sender, receiver) = channel();
    let weak = Arc::downgrade(&pool);
    let chain = Callbacks::new().callback(move |n: &u64| {
        let pool = weak.upgrade().expect("the test waits");
        sender.send(pool.apply_async(square, *n)).unwrap();
    });
    let first = pool.apply_async_with(square, 3, chain).unwrap();
    let second = receiver.recv().unwrap().unwrap();
    assert_eq!((first.get(), second.get()), (Ok(9), Ok(81)));
}

/// POOL-02: a call that is refused has neither value nor error.
pub(crate) fn refused_calls_call_nobody<F: Factory>() {
    let pool = pool::<F>(1);
    pool.close();
    let (sender, receiver) = channel();
    let refused = pool.apply_async_with(square, 1, reporting(&sender)).unwrap_err();
    assert_eq!(refused, SubmitError::ShutDown);
    let options = MapOptions::new();
    let refused = pool.map_async_with(square, 0..9, options, reporting(&sender)).unwrap_err();
    assert_eq!(refused, SubmitError::ShutDown);
    let bad = options.with_chunksize(0);
    assert!(pool.map_async_with(square, 0..9, bad, reporting(&sender)).is_err());
    drop(sender);
    assert!(receiver.recv().is_err());
}
