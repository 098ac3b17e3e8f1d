//! `blocking`: `unblock`, on the one pool that it has, which makes as many threads as it sees fit.

use crate::contestant::Pool;
use blocking::Task;
use futures_lite::future::block_on;

/// The pool of the crate, which is there once for the whole program and starts threads while there are more
/// tasks than these can do at once.
#[derive(Debug)]
pub struct Blocking;

impl Pool for Blocking {
    const NAME: &'static str = "blocking";
    const CRATE: &'static str = "blocking";
    const AS_TOLD: bool = false;
    const PATIENCE: u64 = 10;

    type Handle<R: Send + 'static> = Task<R>;

    fn new(_: usize) -> Self {
        Self
    }

    fn submit<R, F>(&self, task: F) -> Self::Handle<R>
    where
        R: Send + 'static,
        F: FnOnce() -> R + Send + 'static,
    {
        blocking::unblock(task)
    }

    fn wait<R: Send + 'static>(&self, handle: Self::Handle<R>) -> R {
        block_on(handle)
    }

    fn forget<F>(&self, task: F)
    where
        F: FnOnce() + Send + 'static,
    {
        self.submit(task).detach();
    }

    /// In one `block_on` for all results.
    fn sum(&self, handles: Vec<Self::Handle<u64>>) -> u64 {
        block_on(async {
            let mut sum = 0;
            for handle in handles {
                sum += handle.await;
            }
            sum
        })
    }

    /// The same.
    fn round_trips(&self, number: u64) -> u64 {
        block_on(async {
            let mut sum = 0;
            for n in 0..number {
                sum += self.submit(move || n).await;
            }
            sum
        })
    }
}
