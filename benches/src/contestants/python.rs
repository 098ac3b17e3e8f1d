//! Python, in which scripts measure what CPython has: each repetition in a process of its own, which takes
//! the time itself.

use crate::contestant::{Sample, Trouble, WrongAnswer};
use std::fmt::Display;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The version, for the tables.
pub(super) fn version() -> String {
    interpreter().map_or("not available", |(_, version)| version).to_owned()
}

/// Runs a script in a Python of its own, and returns what it has measured if its answer is right.
pub(super) fn run(
    script: &str,
    arguments: &[&dyn Display],
    expected: u64,
) -> Result<Sample, Trouble> {
    let (python, _) = interpreter().ok_or(Trouble::NotAvailable)?;
    run_in(Path::new(python), script, arguments, expected)
}

/// The same in this Python.
pub(super) fn run_in(
    python: &Path,
    script: &str,
    arguments: &[&dyn Display],
    expected: u64,
) -> Result<Sample, Trouble> {
    let output = Command::new(python)
        .arg(script)
        .args(arguments.iter().map(ToString::to_string))
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
pub(super) fn parse(text: &str) -> Option<(Sample, u64)> {
    let [value, first, second, answer] =
        text.split_whitespace().collect::<Vec<_>>().try_into().ok()?;
    let known = |word: &str| word.parse().ok().filter(|number: &f64| number.is_finite());
    let besides = [known(first), known(second)];
    Some((Sample { besides, ..Sample::of(value.parse().ok()?) }, answer.parse().ok()?))
}

/// Python's own path, found once since what is on the search path may be a slow detour; and its version.
pub(super) fn interpreter() -> Option<(&'static str, &'static str)> {
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
        let (sample, answer) = parse("1.5e-6 nan 2 45\n").unwrap();
        assert_eq!((sample.value, sample.besides, answer), (1.5e-6, [None, Some(2.0)], 45));
        assert!(parse("Traceback").is_none());
    }
}
