//! What the contestants have to do, one file per case.
//!
//! A case makes a fresh pool, warms it up, measures, and checks the answer. Only what a program
//! would do again and again is inside the measurement; making and ending the pool is not.

pub mod burst;
pub mod forget;
pub mod idle;
pub mod latency;
pub mod map;
pub mod memory;
pub mod nested;
pub mod process;
pub mod producers;
pub mod round_trip;
pub mod shared;
pub mod spec;
pub mod start;
pub mod timed;

use crate::contestant::Pool;
use clap::ValueEnum;
use spec::Spec;
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

impl Group {
    /// The name on the command line.
    pub fn name(self) -> String {
        name(&self)
    }
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
    /// A tree of tasks that wait for each other.
    Nested,
    /// The same tree by functions that divide their work in two.
    ForkJoin,
    /// A function of about 20 ns on many items.
    #[value(name = "map-20ns")]
    MapTiny,
    /// A function of about 1 µs on many items.
    #[value(name = "map-1us")]
    MapSmall,
    /// A function that takes longer and longer, on many items.
    MapUneven,
    /// Twelve tasks that compute for a while.
    CpuBound,
    /// Thousands of tasks that sleep.
    IoBound,
    /// Tasks that compute, on more and more workers.
    Scaling,
    /// From no pool to the first result.
    Start,
    /// Short tasks beside a long one.
    Latency,
    /// What a task that waits in the queue costs.
    Memory,
    /// What a pool without work costs.
    Idle,
    /// More and more tasks at once.
    GrowthTasks,
    /// Many tasks at once on more and more workers.
    GrowthWorkers,
    /// One task at a time, in another process.
    ProcessRoundTrip,
    /// Many tasks at once, and their results.
    ProcessBurst,
    /// A function that adds 1, on many items.
    ProcessMap,
    /// Bytes there and back.
    ProcessEcho,
    /// Bytes in shared memory there and back.
    ProcessShare,
    /// Twelve tasks that compute for a while.
    ProcessCpuBound,
    /// Thousands of tasks that sleep.
    ProcessIoBound,
    /// Tasks that compute, on more and more workers.
    ProcessScaling,
    /// From no pool to the first result.
    ProcessStart,
    /// A hundred tasks that do nothing, from no pool to none: against a process for each.
    ProcessEach,
    /// Short tasks beside a long one.
    ProcessLatency,
    /// What a task that waits in the queue costs.
    ProcessMemory,
    /// What a pool without work costs, its processes included.
    ProcessIdle,
    /// More and more tasks at once.
    ProcessGrowthTasks,
    /// Many tasks at once on more and more workers.
    ProcessGrowthWorkers,
    /// A lock that nobody else wants.
    SharedLock,
    /// A lock that two processes want all the time.
    SharedLockContended,
    /// Items from one process to another.
    SharedQueue,
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

impl Case {
    /// What it is about.
    pub fn group(self) -> Group {
        match self.name() {
            name if name.starts_with("process-") => Group::Processes,
            name if name.starts_with("shared-") => Group::Shared,
            _ => Group::Threads,
        }
    }

    /// The name on the command line.
    pub fn name(self) -> String {
        name(&self)
    }

    /// What there is to know about it.
    pub fn spec(self) -> Spec {
        match self {
            Self::Burst => burst::SPEC,
            Self::Forget => forget::SPEC,
            Self::Producers => producers::SPEC,
            Self::RoundTrip => round_trip::SPEC,
            Self::Nested => nested::SPEC,
            Self::ForkJoin => nested::FORK_JOIN_SPEC,
            Self::MapTiny => map::TINY_SPEC,
            Self::MapSmall => map::SMALL_SPEC,
            Self::MapUneven => map::UNEVEN_SPEC,
            Self::CpuBound => timed::CPU_BOUND_SPEC,
            Self::IoBound => timed::IO_BOUND_SPEC,
            Self::Scaling => timed::SCALING_SPEC,
            Self::Start => start::SPEC,
            Self::Latency => latency::SPEC,
            Self::Memory => memory::SPEC,
            Self::Idle => idle::SPEC,
            Self::GrowthTasks => burst::GROWTH_TASKS_SPEC,
            Self::GrowthWorkers => burst::GROWTH_WORKERS_SPEC,
            Self::ProcessRoundTrip => process::round_trip::SPEC,
            Self::ProcessBurst => process::burst::SPEC,
            Self::ProcessMap => process::map::SPEC,
            Self::ProcessEcho => process::echo::SPEC,
            Self::ProcessShare => process::echo::SHARED_SPEC,
            Self::ProcessCpuBound => process::timed::CPU_BOUND_SPEC,
            Self::ProcessIoBound => process::timed::IO_BOUND_SPEC,
            Self::ProcessScaling => process::timed::SCALING_SPEC,
            Self::ProcessStart => process::start::SPEC,
            Self::ProcessEach => process::each::SPEC,
            Self::ProcessLatency => process::latency::SPEC,
            Self::ProcessMemory => process::memory::SPEC,
            Self::ProcessIdle => process::idle::SPEC,
            Self::ProcessGrowthTasks => process::burst::GROWTH_TASKS_SPEC,
            Self::ProcessGrowthWorkers => process::burst::GROWTH_WORKERS_SPEC,
            Self::SharedLock => shared::lock::SPEC,
            Self::SharedLockContended => shared::lock::CONTENDED_SPEC,
            Self::SharedQueue => shared::queue::SPEC,
            Self::SharedPipe => shared::pipe::SPEC,
            Self::SharedManagerGet => shared::manager::GET_SPEC,
            Self::SharedManagerSet => shared::manager::SET_SPEC,
            Self::SharedManagerUpdate => shared::manager::UPDATE_SPEC,
            Self::SharedProcess => shared::process::SPEC,
        }
    }
}

/// What the command line calls a value.
fn name(value: &impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Makes a pool all of whose threads are there and have run tasks.
///
/// # Panics
///
/// The pool does not run every task once, on so many threads.
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
