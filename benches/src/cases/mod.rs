//! What the contestants have to do, one file per case.
//!
//! A case makes a fresh pool, warms it up, measures, and checks the answer. Only what a program
//! would do again and again is inside the measurement; making and ending the pool is not.

pub mod burst;
pub mod forget;
pub mod idle;
pub mod map;
pub mod memory;
pub mod nested;
pub mod process;
pub mod producers;
pub mod round_trip;
pub mod shared;

use crate::contestant::Pool;
use crate::units::Unit;
use clap::ValueEnum;
use std::sync::{Arc, Barrier};

/// What the cases are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Group {
    /// Thread pools.
    Threads,
    /// Process pools.
    Processes,
    /// What processes share besides: locks, queues, pipes, managers.
    Shared,
}

/// The cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Case {
    /// Many tasks at once, and their results.
    Burst,
    /// Many tasks at once, without results.
    Forget,
    /// Many tasks from four threads, and their results.
    Producers,
    /// One task at a time.
    RoundTrip,
    /// A function of about 20 ns on many items.
    #[value(name = "map-20ns")]
    MapShort,
    /// A function of about 1 µs on many items.
    #[value(name = "map-1us")]
    MapLong,
    /// A tree of tasks that wait for each other.
    Nested,
    /// What a task that waits in the queue costs.
    Memory,
    /// What a pool without work costs.
    Idle,
    /// One task at a time, in another process.
    ProcessRoundTrip,
    /// Many tasks at once, and their results.
    ProcessBurst,
    /// A function that adds 1, on many items.
    ProcessMap,
    /// 1 MiB there and back.
    #[value(name = "process-echo-1")]
    ProcessEcho1,
    /// 16 MiB there and back.
    #[value(name = "process-echo-16")]
    ProcessEcho16,
    /// 128 MiB there and back.
    #[value(name = "process-echo-128")]
    ProcessEcho128,
    /// 1 MiB in shared memory there and back.
    #[value(name = "process-share-1")]
    ProcessShare1,
    /// 16 MiB in shared memory there and back.
    #[value(name = "process-share-16")]
    ProcessShare16,
    /// 128 MiB in shared memory there and back.
    #[value(name = "process-share-128")]
    ProcessShare128,
    /// From no pool to the first result.
    ProcessStart,
    /// Many short tasks, and a long one.
    ProcessLatency,
    /// What a pool without work costs, its processes included.
    ProcessIdle,
    /// A lock that nobody else wants.
    SharedLock,
    /// A lock that two processes want all the time.
    SharedLockContended,
    /// Small items from one process to another.
    #[value(name = "shared-queue-8")]
    SharedQueue8,
    /// Items of 1 KiB from one process to another.
    #[value(name = "shared-queue-1k")]
    SharedQueue1K,
    /// Items of 1 MiB from one process to another.
    #[value(name = "shared-queue-1m")]
    SharedQueue1M,
    /// A number there and back.
    SharedPipe,
    /// A value read from a dictionary in a manager.
    SharedManagerGet,
    /// A value set in a dictionary in a manager.
    SharedManagerSet,
    /// A counter in a manager.
    SharedManagerUpdate,
    /// A process that does nothing.
    SharedProcess,
}

/// What there is to know about a case.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// What is done.
    pub title: &'static str,
    /// What the operations are.
    pub operations: &'static str,
    /// The number of operations is that of the command line divided by this.
    pub divisor: u64,
    /// What is measured.
    pub unit: Unit,
    /// Whether it is to be done only once, and only with the largest pool.
    pub once: bool,
}

impl Case {
    /// What it is about.
    pub fn group(self) -> Group {
        match self.name() {
            name if name.starts_with("process-") => Group::Processes,
            name if name.starts_with("shared-") => Group::Shared,
            _ => Group::Threads,
        }
    }

    /// How much data a task has, in the cases that are about that.
    pub fn bytes(self) -> usize {
        match self {
            Self::ProcessEcho1 | Self::ProcessShare1 => 1 << 20,
            Self::ProcessEcho16 | Self::ProcessShare16 => 16 << 20,
            Self::ProcessEcho128 | Self::ProcessShare128 => 128 << 20,
            Self::SharedQueue8 => 8,
            Self::SharedQueue1K => 1 << 10,
            Self::SharedQueue1M => 1 << 20,
            _ => 0,
        }
    }

    /// The pool sizes, if the command line does not say.
    pub fn workers(self) -> &'static [usize] {
        match self {
            Self::ProcessIdle => &[8],
            Self::SharedLockContended => &[2],
            _ if self.group() == Group::Shared => &[1],
            _ if self.group() == Group::Processes => &[2],
            _ => &[2, 10],
        }
    }

    /// The name on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// What there is to know about it.
    pub fn spec(self) -> Spec {
        match self {
            Self::Burst => burst::SPEC,
            Self::Forget => forget::SPEC,
            Self::Producers => producers::SPEC,
            Self::RoundTrip => round_trip::SPEC,
            Self::MapShort => map::SHORT_SPEC,
            Self::MapLong => map::LONG_SPEC,
            Self::Nested => nested::SPEC,
            Self::Memory => memory::SPEC,
            Self::Idle => idle::SPEC,
            Self::ProcessRoundTrip => process::round_trip::SPEC,
            Self::ProcessBurst => process::burst::SPEC,
            Self::ProcessMap => process::map::SPEC,
            Self::ProcessEcho1 => process::echo::SPEC_1,
            Self::ProcessEcho16 => process::echo::SPEC_16,
            Self::ProcessEcho128 => process::echo::SPEC_128,
            Self::ProcessShare1 => process::echo::SHARED_SPEC_1,
            Self::ProcessShare16 => process::echo::SHARED_SPEC_16,
            Self::ProcessShare128 => process::echo::SHARED_SPEC_128,
            Self::ProcessStart => process::start::SPEC,
            Self::ProcessLatency => process::latency::SPEC,
            Self::ProcessIdle => process::idle::SPEC,
            Self::SharedLock => shared::lock::SPEC,
            Self::SharedLockContended => shared::lock::CONTENDED_SPEC,
            Self::SharedQueue8 => shared::queue::SPEC_8,
            Self::SharedQueue1K => shared::queue::SPEC_1K,
            Self::SharedQueue1M => shared::queue::SPEC_1M,
            Self::SharedPipe => shared::pipe::SPEC,
            Self::SharedManagerGet => shared::manager::GET_SPEC,
            Self::SharedManagerSet => shared::manager::SET_SPEC,
            Self::SharedManagerUpdate => shared::manager::UPDATE_SPEC,
            Self::SharedProcess => shared::process::SPEC,
        }
    }

    /// The number of operations, if the command line says `tasks`.
    pub fn operations(self, tasks: u64) -> u64 {
        (tasks / self.spec().divisor).max(1)
    }
}

/// Makes a pool all of whose threads are there and have run tasks.
pub fn warm<P: Pool>(workers: usize) -> P {
    let pool = P::new(workers);
    let barrier = Arc::new(Barrier::new(workers));
    let meet = |_| {
        let barrier = Arc::clone(&barrier);
        pool.submit(move || u64::from(barrier.wait().is_leader()))
    };
    assert_eq!(pool.sum((0..workers).map(meet).collect()), 1, "the workers have met once");
    pool.sum((0..1000).map(|n| pool.submit(move || n)).collect());
    pool
}

/// The sum of the numbers below `number`, which is the right answer to most cases.
pub fn sum_below(number: u64) -> u64 {
    number * number.saturating_sub(1) / 2
}
