//! Running one test of this binary as a process of its own.

use std::env;
use std::process::{Command, Output, Stdio};

/// Set for a process that is to play a program.
const ROLE: &str = "TEST_PLAYS_A_PROGRAM";

/// Whether this process was started by [`program`]. If not, a program has nothing to do.
pub(crate) fn is_program() -> bool {
    env::var_os(ROLE).is_some()
}

/// A command that runs one test of this binary, and nothing else, as a program.
///
/// `test` is the full name, with the modules it is in. Such tests play the part of `main` for a test
/// that looks at them from outside, and return at once otherwise.
pub(crate) fn program(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("the path of this program"));
    command.args(["--exact", "--nocapture", "--test-threads=1", test]).env(ROLE, "1");
    command.stdin(Stdio::null());
    command
}

/// Runs it and returns what it printed, after checking that it ended well.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output().expect("this program starts");
    assert!(
        output.status.success(),
        "the program failed: {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    output
}
