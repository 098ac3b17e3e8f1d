//! Python, in which scripts measure what CPython has: each repetition in a process of its own, which takes
//! the time itself.

use crate::contestant::{Sample, Trouble, WrongAnswer};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The version, for the tables.
pub(super) fn version() -> String {
    interpreter().map_or("not available", |(_, version)| version).to_owned()
}

/// How many operations it does where we do `operations`: one for so many of them.
pub(super) fn reduced(operations: u64, patience: u64) -> u64 {
    (operations / patience).max(1)
}

/// Runs a script in a Python of its own, and returns what it has measured if its answer is right.
pub(super) fn run(
    script: &str,
    arguments: impl Iterator<Item = String>,
    expected: u64,
) -> Result<Sample, Trouble> {
    let (python, _) = interpreter().ok_or(Trouble::NotAvailable)?;
    let output = Command::new(python)
        .arg(script)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Trouble::GaveUp(error.to_string()))?;
    let (sample, answer) = parse(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| Trouble::GaveUp(format!("Python ended with {}", output.status)))?;
    WrongAnswer::unless_equal(expected, answer)?;
    Ok(sample)
}

/// Reads the script's line: the value, what it has besides, the answer. What it does not know is "nan".
fn parse(text: &str) -> Option<(Sample, u64)> {
    let [value, extra, answer] = text.split_whitespace().collect::<Vec<_>>().try_into().ok()?;
    let extra: f64 = extra.parse().ok()?;
    let extra = extra.is_finite().then_some(extra);
    Some((Sample { value: value.parse().ok()?, extra }, answer.parse().ok()?))
}

/// Python's own path, found once since what is on the search path may be a slow detour; and its version.
fn interpreter() -> Option<(&'static str, &'static str)> {
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
