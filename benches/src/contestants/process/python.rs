//! CPython's pools, each repetition in a Python of its own, which takes the time itself.
//!
//! What it does: `benches/python/pools.py`.

use crate::cases::{Case, Group, sum_below};
use crate::contestant::{Contestant, Load, Role, Sample, Trouble, WrongAnswer};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

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
        (operations / patience).max(1)
    }
}

impl Contestant for Python {
    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> String {
        interpreter().map_or("not available", |(_, version)| version).to_owned()
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
        let (sample, answer) = run_script(SCRIPT, arguments)?;
        WrongAnswer::unless_equal(expected, answer)?;
        // Without processor time where the system does not tell it; then there is nothing to compare.
        Ok((case != Case::ProcessIdle || sample.value.is_finite()).then_some(sample))
    }
}

/// Runs a script in a Python of its own, and returns what it has measured, and its answer.
pub(in crate::contestants) fn run_script(
    script: &str,
    arguments: impl Iterator<Item = String>,
) -> Result<(Sample, u64), Trouble> {
    let (python, _) = interpreter().ok_or(Trouble::NotAvailable)?;
    let output = Command::new(python)
        .arg(script)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Trouble::GaveUp(error.to_string()))?;
    parse(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| Trouble::GaveUp(format!("Python ended with {}", output.status)))
}

/// Reads the script's line: the value, what it has besides, the answer. What it does not know is "nan".
fn parse(text: &str) -> Option<(Sample, u64)> {
    let [value, extra, answer] = text.split_whitespace().collect::<Vec<_>>().try_into().ok()?;
    let extra: f64 = extra.parse().ok()?;
    let extra = extra.is_finite().then_some(extra);
    Some((Sample { value: value.parse().ok()?, extra }, answer.parse().ok()?))
}

/// Python's own path, found once since what is on the search path may be a slow detour; and its version.
pub(in crate::contestants) fn interpreter() -> Option<(&'static str, &'static str)> {
    static FOUND: OnceLock<Option<(String, String)>> = OnceLock::new();
    const ASK: &str =
        "import sys, platform; print(sys.executable); print(platform.python_version())";
    let found = FOUND.get_or_init(|| {
        let output =
            Command::new("python3").args(["-c", ASK]).stdin(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let (path, version) = text.trim_end().split_once('\n')?;
        Some((path.trim_end().to_owned(), version.to_owned()))
    });
    found.as_ref().map(|(path, version)| (path.as_str(), version.as_str()))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn what_the_script_prints_is_understood() {
        let (sample, answer) = parse("1.5e-6 nan 45\n").unwrap();
        assert_eq!((sample.value, sample.extra, answer), (1.5e-6, None, 45));
        assert!(parse("Traceback").is_none());
    }
}
