//! CPython's pools, each repetition in a Python of its own, which takes the time itself.
//!
//! What it does: `benches/python/pools.py`.

use crate::cases::{Case, Group, sum_below};
use crate::contestant::{Contestant, Load, Role, Sample, Trouble};
use crate::contestants::python;

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
    /// The cases, if they are not nearly all.
    only: Option<Case>,
}

impl Python {
    /// All ways.
    pub fn all() -> [Self; 5] {
        let executor =
            Self { name: "python-executor", pool: "executor", start_method: "", only: None };
        let pool = Self { name: "python-pool", pool: "pool", ..executor };
        [
            executor,
            Self {
                name: "python-executor-chunks",
                pool: "executor-chunks",
                only: Some(Case::ProcessMap),
                ..executor
            },
            pool,
            Self {
                name: "python-executor-spawn",
                start_method: "spawn",
                only: Some(Case::ProcessStart),
                ..executor
            },
            Self {
                name: "python-pool-spawn",
                start_method: "spawn",
                only: Some(Case::ProcessStart),
                ..pool
            },
        ]
    }

    /// How many operations it does where we do `operations`: fewer where it would take too long.
    fn operations(self, case: Case, operations: u64) -> u64 {
        let patience = match case {
            Case::ProcessRoundTrip => 5,
            Case::ProcessBurst => 100,
            Case::ProcessMap if self.pool == "executor" => 100,
            Case::ProcessStart => 5,
            _ => 1,
        };
        python::reduced(operations, patience)
    }
}

impl Contestant for Python {
    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> String {
        python::version()
    }

    fn role(&self) -> Role {
        Role::Peer
    }

    fn takes_part(&self, case: Case) -> bool {
        let shares =
            matches!(case, Case::ProcessShare1 | Case::ProcessShare16 | Case::ProcessShare128);
        let can = case.group() == Group::Processes && !shares;
        can && self.only.is_none_or(|only| only == case)
    }

    fn run(&self, case: Case, load: &Load) -> Result<Option<Sample>, Trouble> {
        let operations = self.operations(case, load.operations);
        let expected = match case {
            Case::ProcessEcho1 | Case::ProcessEcho16 | Case::ProcessEcho128 => case.bytes() as u64,
            Case::ProcessMap => sum_below(operations) + operations,
            Case::ProcessStart => operations * sum_below(load.workers as u64),
            _ => sum_below(operations),
        };
        let what = match case {
            Case::ProcessEcho1 | Case::ProcessEcho16 | Case::ProcessEcho128 => "echo".to_owned(),
            other => other.name().trim_start_matches("process-").to_owned(),
        };
        let sizes = [load.workers as u64, operations, case.bytes() as u64];
        let times = [load.idle, load.long];
        let words = [self.pool, self.start_method, &what].map(str::to_owned).into_iter();
        let arguments = words
            .chain(sizes.map(|size| size.to_string()))
            .chain(times.map(|time| time.as_secs_f64().to_string()));
        let sample = python::run(SCRIPT, arguments, expected)?;
        // Without processor time where the system does not tell it; then there is nothing to compare.
        Ok((case != Case::ProcessIdle || sample.value.is_finite()).then_some(sample))
    }
}
