//! CPython's pools, each repetition in a Python of its own, which takes the time itself.
//!
//! What it does: `benches/python/pools.py`.

use crate::cases::{Case, Group, sum_below};
use crate::contestant::{Contestant, Load, Role, Sample, Trouble};
use crate::contestants::{loky, python};
use std::fmt::Display;

/// The script.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/pools.py");

/// One of Python's pools, used in one way.
#[derive(Clone, Copy, Debug)]
pub struct Python {
    name: &'static str,
    /// What the script calls the pool.
    pool: &'static str,
    /// How it starts processes; empty for the default of the system.
    start_method: &'static str,
    /// What it takes part in.
    cases: fn(Case) -> bool,
}

/// Whether Python's process pools can do it: they have no shared buffers.
fn is_for_processes(case: Case) -> bool {
    case.group() == Group::Processes && case != Case::ProcessShare
}

impl Python {
    /// All ways to have processes.
    pub fn all() -> [Self; 7] {
        use Case::{ProcessEach, ProcessGrowthWorkers, ProcessMap, ProcessStart};
        let executor = Self {
            name: "python-executor",
            pool: "executor",
            start_method: "",
            cases: is_for_processes,
        };
        let pool = Self { name: "python-pool", pool: "pool", ..executor };
        // Starting dozens of loky's processes takes half a minute.
        let takes_few = |case| is_for_processes(case) && case != ProcessGrowthWorkers;
        let started = |case| matches!(case, ProcessStart | ProcessEach);
        let spawn = |name, way| Self { name, start_method: "spawn", cases: started, ..way };
        let chunks = Self {
            name: "python-executor-chunks",
            pool: "executor-chunks",
            cases: |case| case == ProcessMap,
            ..executor
        };
        let process = Self {
            name: "python, a process each",
            pool: "process",
            cases: |case| case == ProcessEach,
            ..executor
        };
        [
            executor,
            chunks,
            pool,
            spawn("python-executor-spawn", executor),
            spawn("python-pool-spawn", pool),
            Self { name: "loky", pool: "loky", cases: takes_few, ..executor },
            process,
        ]
    }

    /// Python's thread pool.
    pub fn threads() -> Self {
        use Case::{
            Burst, CpuBound, GrowthTasks, GrowthWorkers, Idle, IoBound, Latency, RoundTrip,
            Scaling, Start,
        };
        Self {
            name: "python-threads",
            pool: "threads",
            start_method: "",
            cases: |case| {
                let has_tasks = matches!(case, Burst | GrowthTasks | GrowthWorkers | RoundTrip);
                let takes_time = matches!(case, CpuBound | IoBound | Scaling | Latency);
                has_tasks || takes_time || matches!(case, Start | Idle)
            },
        }
    }

    /// How many operations it does at most: fewer than we where it would take too long.
    fn patience(self, case: Case) -> u64 {
        match case {
            Case::ProcessRoundTrip => 1000,
            Case::ProcessStart => 4,
            Case::ProcessMap if self.pool != "pool" && self.pool != "executor-chunks" => 5000,
            Case::ProcessEcho => 1000,
            Case::RoundTrip | Case::Idle => 10_000,
            Case::Burst | Case::GrowthTasks | Case::GrowthWorkers => 20_000,
            Case::ProcessBurst | Case::ProcessGrowthTasks | Case::ProcessGrowthWorkers => 10_000,
            Case::ProcessMemory => 5000,
            _ => u64::MAX,
        }
    }

    /// What the script calls a case.
    fn word(case: Case) -> String {
        let name = match case {
            Case::GrowthTasks | Case::GrowthWorkers => Case::Burst.name(),
            Case::ProcessGrowthTasks | Case::ProcessGrowthWorkers => Case::Burst.name(),
            Case::CpuBound | Case::ProcessCpuBound => "busy".to_owned(),
            Case::Scaling | Case::ProcessScaling => "busy".to_owned(),
            Case::IoBound | Case::ProcessIoBound => "sleeping".to_owned(),
            other => other.name(),
        };
        name.trim_start_matches("process-").to_owned()
    }
}

impl Contestant for Python {
    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> String {
        match self.pool {
            "loky" => loky::version().unwrap_or("not available (see --loky)").to_owned(),
            _ => python::version(),
        }
    }

    fn role(&self) -> Role {
        Role::Peer
    }

    fn takes_part(&self, case: Case) -> bool {
        (self.cases)(case)
    }

    fn run(&self, case: Case, load: &Load) -> Result<Option<Sample>, Trouble> {
        let load = load.at_most(self.patience(case));
        let Load { workers, operations, bytes, time } = load;
        let expected = match case {
            Case::ProcessEcho => bytes as u64,
            Case::ProcessMap => sum_below(operations) + operations,
            Case::ProcessStart | Case::Start => operations * sum_below(workers as u64),
            Case::ProcessLatency | Case::Latency => 0,
            _ => sum_below(operations),
        };
        let (word, seconds) = (Self::word(case), time.as_secs_f64());
        let arguments: [&dyn Display; 7] =
            [&self.pool, &self.start_method, &word, &workers, &operations, &bytes, &seconds];
        let sample = match self.pool {
            "loky" => python::run_in(&loky::python()?, SCRIPT, &arguments, expected)?,
            _ => python::run(SCRIPT, &arguments, expected)?,
        };
        // Without processor time or memory where the system does not tell it; then there is nothing to
        // compare.
        let operations = Some(operations);
        Ok(sample.value.is_finite().then_some(Sample { operations, ..sample }))
    }
}
