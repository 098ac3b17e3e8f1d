//! Futures in async code.

use crate::support::guarded;
use concurrent_futures::{
    Executor, InlineExecutor, SharedFuture, TaskError, ThreadPoolExecutor, promise,
};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// A waker that counts.
#[derive(Default)]
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Counter {
    fn wakes(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Polls once.
fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

/// FUT-13: `.await` is `result`, in any runtime.
#[test]
fn awaiting_is_waiting() {
    guarded("awaiting_is_waiting", || {
        let pool = ThreadPoolExecutor::builder().max_workers(2).build().unwrap();
        let sum = pollster::block_on(async {
            let futures: Vec<_> = (0..20_u64).map(|n| pool.submit(|n| n * n, n).unwrap()).collect();
            let mut sum = 0;
            for future in futures {
                sum += future.await?;
            }
            Ok::<_, TaskError>(sum)
        });
        assert_eq!(sum, Ok(2470));
        let failed = pool.spawn(|| panic!("on purpose")).unwrap();
        assert_eq!(
            pollster::block_on(failed).unwrap_err().panic().unwrap().message(),
            "on purpose"
        );
        let finished = InlineExecutor::new().submit(|n: u64| n, 1).unwrap();
        assert_eq!(pollster::block_on(finished), Ok(1));
        let cancel_on_drop = pool.submit(|n: u64| n, 2).unwrap().cancel_on_drop();
        assert_eq!(pollster::block_on(cancel_on_drop), Ok(2));
    });
}

/// FUT-13: one wake-up for the last waker given, none for those it replaced.
#[test]
fn the_last_waker_is_woken_once() {
    guarded("the_last_waker_is_woken_once", || {
        let (promise, mut future) = promise::<u32>();
        let (first, second) = (Arc::new(Counter::default()), Arc::new(Counter::default()));
        assert!(poll(&mut future, &Waker::from(Arc::clone(&first))).is_pending());
        for _ in 0..3 {
            assert!(poll(&mut future, &Waker::from(Arc::clone(&second))).is_pending());
        }
        assert_eq!(Arc::strong_count(&first), 1, "replaced and released");
        promise.set_result(7).unwrap();
        assert_eq!((first.wakes(), second.wakes()), (0, 1));
        assert_eq!(Arc::strong_count(&second), 1);
        assert_eq!(poll(&mut future, Waker::noop()), Poll::Ready(Ok(7)));
        assert_eq!(poll(&mut future, Waker::noop()), Poll::Ready(Err(TaskError::ResultTaken)));
    });
}

/// FUT-13: a cancellation wakes too, and a failure.
#[test]
fn every_ending_wakes() {
    guarded("every_ending_wakes", || {
        let (_promise, mut future) = promise::<u32>();
        let counter = Arc::new(Counter::default());
        assert!(poll(&mut future, &Waker::from(Arc::clone(&counter))).is_pending());
        assert!(future.cancel());
        assert_eq!(counter.wakes(), 1);
        assert_eq!(poll(&mut future, Waker::noop()), Poll::Ready(Err(TaskError::Cancelled)));

        let (promise, mut future) = promise::<u32>();
        assert!(poll(&mut future, &Waker::from(Arc::clone(&counter))).is_pending());
        drop(promise);
        assert_eq!(counter.wakes(), 2);
        assert_eq!(poll(&mut future, Waker::noop()), Poll::Ready(Err(TaskError::Abandoned)));
    });
}

/// FUT-25: a future that is dropped before its end lets go of the waker, and never wakes it.
#[test]
fn dropped_future_releases_its_waker() {
    guarded("dropped_future_releases_its_waker", || {
        let (promise, mut future) = promise::<u32>();
        let counter = Arc::new(Counter::default());
        assert!(poll(&mut future, &Waker::from(Arc::clone(&counter))).is_pending());
        assert_eq!(Arc::strong_count(&counter), 2);
        drop(future);
        assert_eq!(Arc::strong_count(&counter), 1);
        promise.set_result(7).unwrap();
        assert_eq!(counter.wakes(), 0);
    });
}

/// FUT-17: each handle of a shared future has its own waker; all are woken, those dropped are not.
#[test]
fn shared_handles_wake_separately() {
    guarded("shared_handles_wake_separately", || {
        let (promise, future) = promise::<u32>();
        let shared = future.shared();
        let counters = [(); 3].map(|()| Arc::new(Counter::default()));
        let mut handles: Vec<_> = counters.iter().map(|_| shared.clone()).collect();
        for (handle, counter) in handles.iter_mut().zip(&counters) {
            assert!(poll(handle, &Waker::from(Arc::clone(counter))).is_pending());
            assert!(poll(handle, &Waker::from(Arc::clone(counter))).is_pending());
        }
        drop(handles.pop());
        promise.set_result(7).unwrap();
        assert_eq!(counters.each_ref().map(|counter| counter.wakes()), [1, 1, 0]);
        assert!(counters.iter().all(|counter| Arc::strong_count(counter) == 1));
        for mut handle in handles {
            assert_eq!(poll(&mut handle, Waker::noop()), Poll::Ready(Ok(7)));
            assert_eq!(poll(&mut handle, Waker::noop()), Poll::Ready(Ok(7)), "again and again");
        }
    });
}

/// FUT-03: a waker that panics harms nobody.
#[test]
fn panicking_waker_is_contained() {
    guarded("panicking_waker_is_contained", || {
        struct Panics;
        impl Wake for Panics {
            fn wake(self: Arc<Self>) {
                panic!("a waker fails on purpose");
            }
        }
        let (promise, mut future) = promise::<u32>();
        assert!(poll(&mut future, &Waker::from(Arc::new(Panics))).is_pending());
        promise.set_result(7).unwrap();
        assert_eq!(future.result(), Ok(7));
    });
}

/// FUT-07: a future that is awaited is ready only when its callbacks have run.
#[test]
fn callbacks_run_before_the_wake() {
    guarded("callbacks_run_before_the_wake", || {
        let (promise, mut future) = promise::<u32>();
        let counter = Arc::new(Counter::default());
        assert!(poll(&mut future, &Waker::from(Arc::clone(&counter))).is_pending());
        let seen = Arc::clone(&counter);
        future.add_done_callback(move |_| assert_eq!(seen.wakes(), 0));
        let told = Arc::new(AtomicUsize::new(0));
        let tell = Arc::clone(&told);
        let check = Arc::clone(&counter);
        future.add_done_callback(move |_| tell.store(1 + check.wakes(), Ordering::SeqCst));
        promise.set_result(7).unwrap();
        assert_eq!((told.load(Ordering::SeqCst), counter.wakes()), (1, 1));
    });
}

/// FUT-13: completed by another thread between two polls, or while being polled: never missed.
#[test]
fn no_wake_up_is_lost() {
    guarded("no_wake_up_is_lost", || {
        let pool = ThreadPoolExecutor::builder().max_workers(2).build().unwrap();
        for n in 0..2000_u64 {
            let future = pool.submit(|n| n, n).unwrap();
            let future = pin!(future);
            assert_eq!(pollster::block_on(future), Ok(n));
        }
    });
}

/// FUT-01, FUT-13: a waker may own another handle of the same future, as a task of an async runtime
/// does, and may be the last to own it: dropping it drops that handle.
#[test]
fn waker_owns_a_handle() {
    struct Owner(#[expect(dead_code, reason = "owned")] Mutex<SharedFuture<u32>>);
    impl Wake for Owner {
        fn wake(self: Arc<Self>) {}
    }
    guarded("waker_owns_a_handle", || {
        for replace in [false, true] {
            let (_promise, future) = promise::<u32>();
            let mut handle = future.shared();
            let mut owned = handle.clone();
            assert!(poll(&mut owned, Waker::noop()).is_pending());
            let owner = Waker::from(Arc::new(Owner(Mutex::new(owned))));
            assert!(poll(&mut handle, &owner).is_pending());
            drop(owner); // the future has the last one
            if replace {
                assert!(poll(&mut handle, Waker::noop()).is_pending());
            }
            drop(handle);
        }
    });
}
