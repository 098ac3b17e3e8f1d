//! Signals.

use super::Signal;
use rustix::io::Errno;
use rustix::process::{Pid, kill_process};
use std::io;
use std::process::Child;

/// Sends a signal to a process that nobody has waited for. To one that has ended that is nothing.
pub(in super::super) fn send(process: &Child, signal: Signal) -> io::Result<()> {
    let signal = match signal {
        Signal::Interrupt => rustix::process::Signal::INT,
        Signal::Terminate => rustix::process::Signal::TERM,
        Signal::Kill => rustix::process::Signal::KILL,
    };
    // Nobody has waited for it and nobody can, so the number is still that of this process.
    match kill_process(Pid::from_child(process), signal) {
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
