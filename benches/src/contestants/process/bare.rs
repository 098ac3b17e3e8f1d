//! The other side of the contestants that are no pools: this program as a process that answers.

use super::{ipc_channel, socket_pair};
use crate::contestant::Trouble;
use std::io;
use std::process::{Child, Command, Stdio};

/// The first argument of a process that is to answer; the second says what.
const SERVE: &str = "serve";

/// Answers until nobody asks any more, if that is what this process was started for. To be called at
/// the start of `main`.
pub fn serve_if_asked() -> bool {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() != Some(SERVE) {
        return false;
    }
    let [what, detail] = [arguments.next(), arguments.next()].map(Option::unwrap_or_default);
    match what.as_str() {
        "socket" => socket_pair::serve(&detail),
        _ => ipc_channel::serve(&what, detail),
    }
    true
}

/// A process that answers, and is waited for in the end.
#[derive(Debug)]
pub(super) struct Server(Child);

impl Server {
    /// Starts it.
    pub(super) fn start(what: &str, detail: &str, stdin: Stdio) -> Result<Self, Trouble> {
        let program = std::env::current_exe().map_err(gave_up)?;
        let mut command = Command::new(program);
        command.args([SERVE, what, detail]).stdin(stdin);
        command.spawn().map(Self).map_err(gave_up)
    }

    /// Waits until it has ended, which it does when nobody can ask any more.
    pub(super) fn join(mut self) -> Result<(), Trouble> {
        self.0.wait().map(|_| ()).map_err(gave_up)
    }
}

/// What went wrong.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(super) fn gave_up(error: io::Error) -> Trouble {
    Trouble::GaveUp(error.to_string())
}
