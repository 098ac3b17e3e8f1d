//! Rows FUT-01, SUB-09 and SHUT-02: tasks and callbacks that use the pool they run on.

use crate::pool;
use crate::support::{Busy, Scratch, eventually, guarded};
use concurrent_futures::{Shutdown, SubmitError, TaskError};
use std::sync::Arc;
use std::sync::mpsc::channel;

/// SHUT-02: a task shuts its own pool down, which does not wait for that task.
#[test]
fn a_task_shuts_its_pool_down() {
    guarded("a_task_shuts_its_pool_down", || {
        for workers in [1, 3] {
            let pool = Arc::new(pool(workers));
            let inner = Arc::clone(&pool);
            let future = pool.spawn(move || {
                let ended = inner.shutdown(Shutdown::wait());
                (ended, inner.submit(|n| n, 1).unwrap_err())
            });
            assert_eq!(future.unwrap().result(), Ok((false, SubmitError::ShutDown)));
            assert!(pool.shutdown(Shutdown::wait()));
        }
    });
}

/// SHUT-02, SHUT-07: a callback shuts the pool down, and what is pending is cancelled.
#[test]
fn a_callback_shuts_its_pool_down() {
    guarded("a_callback_shuts_its_pool_down", || {
        let scratch = Scratch::new();
        let pool = Arc::new(pool(1));
        let busy = Busy::occupy(&*pool, &scratch, 1);
        let inner = Arc::clone(&pool);
        let (sender, receiver) = channel();
        busy.future().add_done_callback(move |_| {
            sender.send(inner.shutdown(Shutdown::wait().cancel_pending())).unwrap();
        });
        let pending = pool.submit(|n| n, 1).unwrap();
        busy.release();
        assert_eq!(receiver.recv(), Ok(false));
        assert_eq!(pending.result(), Err(TaskError::Cancelled));
        assert!(pool.shutdown(Shutdown::wait()));
    });
}

/// SHUT-06: the last handle of a pool is dropped inside one of its tasks: no deadlock, and its work
/// is done.
#[test]
fn a_task_drops_its_pool() {
    guarded("a_task_drops_its_pool", || {
        let scratch = Scratch::new();
        let pool = Arc::new(pool(1));
        let gate = scratch.gate();
        let (last, opened) = (Arc::clone(&pool), gate.gate());
        let dropping = pool.spawn(move || {
            opened.wait_open();
            drop(last);
        });
        let after = pool.submit(|n| n, 1).unwrap();
        let ended = Arc::downgrade(&pool);
        drop(pool);
        gate.open();
        assert_eq!(dropping.unwrap().result(), Ok(()));
        assert_eq!(after.result(), Ok(1));
        assert_eq!(ended.strong_count(), 0);
    });
}

/// FUT-01, SUB-09: a callback submits to the pool that runs it, waits, cancels and adds callbacks.
#[test]
fn a_callback_uses_its_pool() {
    guarded("a_callback_uses_its_pool", || {
        let scratch = Scratch::new();
        let pool = Arc::new(pool(1));
        let busy = Busy::occupy(&*pool, &scratch, 1);
        let (sender, receiver) = channel();
        let inner = Arc::clone(&pool);
        busy.future().add_done_callback(move |_| {
            let nested = inner.submit(|n| n + 1, 1).unwrap();
            let cancelled = inner.submit(|n: u64| n, 1).unwrap();
            assert!(cancelled.cancel());
            let again = sender.clone();
            nested.add_done_callback(move |outcome| again.send(outcome.clone()).unwrap());
            sender.send(nested.result()).unwrap(); // run here: this is the only worker
        });
        busy.release();
        assert_eq!(receiver.recv(), Ok(Ok(2)));
        assert_eq!(receiver.recv(), Ok(Ok(2)));
    });
}

/// FUT-02: a callback that runs inside `cancel` may cancel and submit in turn.
#[test]
fn cancel_nests() {
    guarded("cancel_nests", || {
        let scratch = Scratch::new();
        let pool = Arc::new(pool(1));
        let busy = Busy::occupy(&*pool, &scratch, 1);
        let futures: Vec<_> =
            (0..50).map(|n| pool.submit(|n: u64| n, n).unwrap().shared()).collect();
        for pair in futures.windows(2) {
            let next = pair[1].clone();
            pair[0].add_done_callback(move |_| assert!(next.cancel()));
        }
        assert!(futures[0].cancel());
        assert!(futures.iter().all(concurrent_futures::SharedFuture::cancelled));
        busy.release();
        eventually("the queue to be cleared", || pool.stats().cancelled == 50);
    });
}

/// SUB-09: the initializer and destructors of results may use the pool as well.
#[test]
fn destructors_use_the_pool() {
    struct Submits(Arc<concurrent_futures::ThreadPoolExecutor>, std::sync::mpsc::Sender<u64>);
    impl Drop for Submits {
        fn drop(&mut self) {
            let sender = self.1.clone();
            drop(self.0.submit(move |n| sender.send(n).unwrap(), 7));
        }
    }
    guarded("destructors_use_the_pool", || {
        let pool = Arc::new(pool(1));
        let (sender, receiver) = channel();
        let value = Submits(Arc::clone(&pool), sender.clone());
        drop(pool.spawn(move || value).unwrap());
        assert_eq!(receiver.recv(), Ok(7));
        let scratch = Scratch::new();
        let busy = Busy::occupy(&*pool, &scratch, 1);
        let value = Submits(Arc::clone(&pool), sender);
        let cancelled = pool.spawn(move || drop(value)).unwrap();
        assert!(cancelled.cancel());
        busy.release();
        assert_eq!(receiver.recv(), Ok(7));
    });
}
