//! `procspawn`: `Pool::spawn` and `join`.
//!
//! Its own type for buffers in shared memory, `Shmem`, does not arrive as an argument of a pool's task
//! (1.0.2), but what that is made of does.

use crate::cases::process::{each, number, warm};
use crate::cases::{Case, sum_below};
use crate::clock::Stopwatch;
use crate::contestant::{Load, ProcessPool, Role, Sample, Trouble, WrongAnswer};
use crate::contestants::one_case::OneCase;
use executor_core::Portable;
use ipc_channel_of_procspawn::ipc::IpcSharedMemory;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A `procspawn::Pool`.
#[derive(Debug)]
pub struct Procspawn(procspawn::Pool);

/// Shared memory, made of a vector.
#[derive(Debug, Serialize, Deserialize)]
pub struct Block(IpcSharedMemory);

impl From<Vec<u8>> for Block {
    fn from(bytes: Vec<u8>) -> Self {
        Self(IpcSharedMemory::from_bytes(&bytes))
    }
}

impl Deref for Block {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

fn gave_up(error: impl fmt::Display) -> Trouble {
    Trouble::GaveUp(error.to_string())
}

impl ProcessPool for Procspawn {
    const NAME: &'static str = "procspawn";
    const CRATE: &'static str = "procspawn";
    const PATIENCE: u64 = 100;

    type Handle<R: Portable> = procspawn::JoinHandle<R>;
    type Shared = Block;

    fn new(workers: usize) -> Result<Self, Trouble> {
        procspawn::Pool::new(workers).map(Self).map_err(gave_up)
    }

    /// Every task has two channels of its own, and it panics when the system has no more to give.
    fn submit<A, R>(&self, f: fn(A) -> R, argument: A) -> Result<Self::Handle<R>, Trouble>
    where
        A: Portable,
        R: Portable,
    {
        catch_unwind(AssertUnwindSafe(|| self.0.spawn(argument, f))).map_err(|panic| {
            let message = panic.downcast_ref::<String>().map_or("it panicked", String::as_str);
            gave_up(message)
        })
    }

    fn wait<R: Portable>(&self, handle: Self::Handle<R>) -> Result<R, Trouble> {
        handle.join().map_err(gave_up)
    }
}

/// `procspawn` with so few tasks at a time that its channels do not run out.
pub(super) const IN_SMALL_LOTS: OneCase = OneCase {
    name: "procspawn, 100 at a time",
    made_with: Some(Procspawn::CRATE),
    role: Role::Peer,
    case: Case::ProcessBurst,
    run: burst_in_small_lots,
};

fn burst_in_small_lots(load: &Load) -> Result<Sample, Trouble> {
    /// How many tasks there are at a time.
    const FEW: usize = 100;
    let pool: Procspawn = warm(load.workers)?;
    let operations = load.reduced(Procspawn::PATIENCE).operations;
    let mut handles = VecDeque::new();
    let mut sum = 0;
    let watch = Stopwatch::start_family();
    for n in 0..operations {
        if handles.len() == FEW
            && let Some(handle) = handles.pop_front()
        {
            sum += pool.wait(handle)?;
        }
        handles.push_back(pool.submit(number, n)?);
    }
    for handle in handles {
        sum += pool.wait(handle)?;
    }
    let sample = watch.per_operation(operations);
    WrongAnswer::unless_equal(sum_below(operations), sum)?;
    Ok(sample)
}

/// `procspawn::spawn`, which starts a process for each task.
pub(super) const PROCESS_EACH: OneCase = OneCase {
    name: "procspawn, a process each",
    made_with: Some(Procspawn::CRATE),
    role: Role::Peer,
    case: Case::ProcessEach,
    run: |load| {
        let start = |n| Ok(procspawn::spawn(n, number));
        let wait = |handle: procspawn::JoinHandle<u64>| handle.join().map_err(gave_up);
        each::measure(load, start, wait)
    },
};
