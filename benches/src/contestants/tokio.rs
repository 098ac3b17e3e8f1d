//! `tokio`: `spawn_blocking`, which is its pool for functions that are not async.

use crate::contestant::Pool;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// A multi-threaded runtime. Only the threads for blocking functions work; the one for async tasks
/// has nothing to do.
#[derive(Debug)]
pub struct Tokio(Runtime);

impl Pool for Tokio {
    const NAME: &'static str = "tokio";
    const CRATE: &'static str = "tokio";

    type Handle<R: Send + 'static> = JoinHandle<R>;

    fn new(workers: usize) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(workers)
            .build()
            .expect("the system has threads left");
        Self(runtime)
    }

    fn submit<R, F>(&self, task: F) -> Self::Handle<R>
    where
        R: Send + 'static,
        F: FnOnce() -> R + Send + 'static,
    {
        self.0.spawn_blocking(task)
    }

    fn wait<R: Send + 'static>(&self, handle: Self::Handle<R>) -> R {
        self.0.block_on(handle).expect("a task of a case does not panic")
    }

    /// Enters the runtime once for all results, which is faster than once for each.
    fn sum(&self, handles: Vec<Self::Handle<u64>>) -> u64 {
        self.0.block_on(async {
            let mut sum = 0;
            for handle in handles {
                sum += handle.await.expect("a task of a case does not panic");
            }
            sum
        })
    }

    /// As [`sum`](Self::sum), once for all.
    fn round_trips(&self, number: u64) -> u64 {
        self.0.block_on(async {
            let mut sum = 0;
            for n in 0..number {
                let handle = self.0.spawn_blocking(move || n);
                sum += handle.await.expect("a task of a case does not panic");
            }
            sum
        })
    }
}
