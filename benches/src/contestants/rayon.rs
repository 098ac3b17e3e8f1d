//! `rayon`: `spawn` and a one-shot channel; and what it is made for, parallel iterators and `join`.

use super::one_shot;
use crate::cases::nested::children;
use crate::contestant::Pool;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// A rayon pool of its own, not the global one.
#[derive(Debug)]
pub struct Rayon(rayon::ThreadPool);

impl Pool for Rayon {
    const NAME: &'static str = "rayon";
    const CRATE: &'static str = "rayon";

    type Handle<R: Send + 'static> = one_shot::Handle<R>;

    fn new(workers: usize) -> Self {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).build();
        Self(pool.expect("the system has threads left"))
    }

    fn submit<R, F>(&self, task: F) -> Self::Handle<R>
    where
        R: Send + 'static,
        F: FnOnce() -> R + Send + 'static,
    {
        let (task, handle) = one_shot::with_result(task);
        self.0.spawn(task);
        handle
    }

    fn wait<R: Send + 'static>(&self, handle: Self::Handle<R>) -> R {
        one_shot::wait(handle)
    }

    fn forget<F>(&self, task: F)
    where
        F: FnOnce() + Send + 'static,
    {
        self.0.spawn(task);
    }

    /// Parallel iterators.
    fn map<F>(&self, items: Vec<u64>, f: F) -> Option<Vec<u64>>
    where
        F: Fn(u64) -> u64 + Send + Sync + 'static,
    {
        Some(self.0.install(|| items.into_par_iter().map(f).collect()))
    }

    /// Tasks with channels; whoever waits does what else there is to do.
    fn tree(&self, nodes: u64) -> Option<u64> {
        Some(self.0.install(|| count_tasks(nodes)))
    }

    /// `join`, in which a thread runs one half itself and the other too unless it is stolen.
    fn divide(&self, nodes: u64) -> Option<u64> {
        Some(self.0.install(|| count(nodes)))
    }
}

/// A task per child, both submitted before either is waited for.
fn count_tasks(nodes: u64) -> u64 {
    let submit = |nodes| {
        let (task, handle) = one_shot::with_result(move || count_tasks(nodes));
        rayon::spawn(task);
        handle
    };
    let below = children(nodes).map(|nodes| (nodes > 0).then(|| submit(nodes)));
    1 + below.iter().flatten().map(wait_working).sum::<u64>()
}

/// Waits for a result in a thread of the pool.
fn wait_working(handle: &one_shot::Handle<u64>) -> u64 {
    loop {
        match handle.try_recv() {
            Ok(result) => return result,
            Err(oneshot::TryRecvError::Empty) => {
                rayon::yield_now();
            }
            Err(oneshot::TryRecvError::Disconnected) => panic!("a task of a case does not panic"),
        }
    }
}

fn count(nodes: u64) -> u64 {
    match children(nodes) {
        [0, 0] => 1,
        [0, nodes] | [nodes, 0] => 1 + count(nodes),
        [left, right] => {
            let (left, right) = rayon::join(|| count(left), || count(right));
            1 + left + right
        }
    }
}
