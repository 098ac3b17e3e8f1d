//! `loky`, of Python, in a virtual environment of its own: it does not come with Python.

use super::python;
use crate::contestant::Trouble;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What is installed: it, and the only thing it needs.
const REQUIREMENTS: [&str; 2] = ["loky==3.7.0", "cloudpickle==3.1.2"];

/// Makes the virtual environment, unless it is there, and installs loky in it with `pip`.
///
/// # Errors
///
/// There is no Python, or one of its tools fails.
pub fn install() -> io::Result<()> {
    if version().is_some() {
        return Ok(());
    }
    let (base, _) = python::interpreter().ok_or(io::ErrorKind::NotFound)?;
    let environment = environment();
    succeed(Command::new(base).args(["-m", "venv"]).arg(&environment))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    succeed(Command::new(interpreter(&environment)).args(pip).args(REQUIREMENTS))
}

fn succeed(command: &mut Command) -> io::Result<()> {
    let status = command.stdin(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{command:?}: {status}"))) }
}

/// The Python that has it.
///
/// # Errors
///
/// [`Trouble::NotAvailable`].
pub(super) fn python() -> Result<PathBuf, Trouble> {
    version().map(|_| interpreter(&environment())).ok_or(Trouble::NotAvailable)
}

/// Its version, if it is installed.
pub(super) fn version() -> Option<&'static str> {
    static FOUND: OnceLock<String> = OnceLock::new();
    if FOUND.get().is_none()
        && let Ok(output) = Command::new(interpreter(&environment()))
            .args(["-c", "import loky; print(loky.__version__)"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
        && output.status.success()
    {
        let text = String::from_utf8_lossy(&output.stdout);
        return Some(FOUND.get_or_init(|| text.trim().to_owned()));
    }
    FOUND.get().map(String::as_str)
}

/// Where the virtual environment is: among the things that were built.
fn environment() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.with_file_name("loky-environment")
}

fn interpreter(environment: &Path) -> PathBuf {
    let place = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
    environment.join(place)
}
