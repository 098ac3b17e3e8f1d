//! Ours: `ProcessPoolExecutor`.

use crate::cases::Case;
use crate::cases::process::{each, latency, warm};
use crate::contestant::{ProcessPool, Role, Trouble};
use crate::contestants::one_case::OneCase;
use executor_core::{Executor, Future, Portable};
use executor_process::{Process, ProcessPoolExecutor, SharedBytes};
use std::fmt;

/// The pool.
#[derive(Debug)]
pub struct Ours(ProcessPoolExecutor);

/// What goes wrong with it, which is never forgiven.
fn gave_up(error: impl fmt::Display) -> Trouble {
    Trouble::GaveUp(error.to_string())
}

impl ProcessPool for Ours {
    const NAME: &'static str = "ours";
    const CRATE: &'static str = "executor-process";
    const ROLE: Role = Role::Ours;
    const PATIENCE: u64 = 1;

    type Handle<R: Portable> = Future<R>;
    type Shared = SharedBytes;

    fn new(workers: usize) -> Result<Self, Trouble> {
        ProcessPoolExecutor::builder().max_workers(workers).build().map(Self).map_err(gave_up)
    }

    fn submit<A, R>(&self, f: fn(A) -> R, argument: A) -> Result<Future<R>, Trouble>
    where
        A: Portable,
        R: Portable,
    {
        self.0.submit(f, argument).map_err(gave_up)
    }

    fn wait<R: Portable>(&self, handle: Future<R>) -> Result<R, Trouble> {
        handle.result().map_err(gave_up)
    }

    fn map(&self, f: fn(u64) -> u64, items: Vec<u64>) -> Result<Option<Vec<u64>>, Trouble> {
        let results = self.0.map(f, items).map_err(gave_up)?;
        results.into_vec().map(Some).map_err(gave_up)
    }
}

/// A `Process` for each task.
pub(super) const PROCESS_EACH: OneCase = OneCase {
    name: "ours, a process each",
    made_with: Some(Ours::CRATE),
    role: Role::Peer,
    case: Case::ProcessEach,
    run: |load| {
        let start = |n| Ok((n, Process::builder().start(nothing, n).map_err(gave_up)?));
        let wait = |(n, process): (u64, Process)| {
            let exit = process.join().map_err(gave_up)?;
            if exit.is_success() { Ok(n) } else { Err(gave_up(exit)) }
        };
        each::measure(load, start, wait)
    },
};

fn nothing(_: u64) {}

/// Ours with one worker, which does the short tasks of `process-latency` without a long one beside
/// them: what is left of a pool of two while one is busy cannot do better.
pub(super) const ONE_WORKER: OneCase = OneCase {
    name: "one worker, no long task",
    made_with: Some(Ours::CRATE),
    role: Role::Limit,
    case: Case::ProcessLatency,
    run: |load| {
        let pool: Ours = warm(1)?;
        latency::measure(&pool, load.time)
    },
};
