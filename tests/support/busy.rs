//! [`Busy`]: workers that have something else to do.

use super::tasks::visit_and_hold;
use super::{GateKeeper, Scratch};
use concurrent_futures::{Executor, Future, FutureState, join_all};

/// Occupies workers of a pool until it is released or dropped.
pub(crate) struct Busy {
    keeper: GateKeeper,
    futures: Vec<Future<u64>>,
}

impl Busy {
    /// Returns when `workers` workers are each in a task that will not end by itself.
    pub(crate) fn occupy<E: Executor>(pool: &E, scratch: &Scratch, workers: usize) -> Self {
        let keeper = scratch.gate();
        let journal = scratch.journal();
        let futures: Vec<_> = (0..workers as u64)
            .map(|n| pool.submit(visit_and_hold, (journal.clone(), keeper.gate(), n)).unwrap())
            .collect();
        journal.wait_for(workers);
        // The news of a start may take its time from another process.
        super::eventually("tasks to show as running", || {
            futures.iter().all(|future| future.state() == FutureState::Running)
        });
        Self { keeper, futures }
    }

    /// One of the tasks: running for as long as this exists.
    pub(crate) fn future(&self) -> &Future<u64> {
        &self.futures[0]
    }

    /// Lets the tasks end, without waiting for that.
    pub(crate) fn let_go(&self) {
        self.keeper.open();
    }

    /// Lets the tasks end, and checks how they did.
    pub(crate) fn release(self) {
        self.keeper.open();
        for (n, outcome) in join_all(self.futures).into_iter().enumerate() {
            assert_eq!(outcome, Ok(n as u64));
        }
    }
}
