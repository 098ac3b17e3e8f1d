//! The functions that the tasks of generic tests run.

use super::{Gate, Journal};
use concurrent_futures::PortableError;
use std::io;

/// A value.
pub(crate) fn square(n: u64) -> u64 {
    n * n
}

/// A panic.
pub(crate) fn fail(message: String) -> u64 {
    std::panic::panic_any(message)
}

/// A value, or a panic for odd numbers.
pub(crate) fn even_only(n: u64) -> u64 {
    assert!(n.is_multiple_of(2), "{n} is odd");
    n
}

/// A value, when the gate is open.
pub(crate) fn hold((gate, n): (Gate, u64)) -> u64 {
    gate.wait_open();
    n
}

/// A panic, when the gate is open.
pub(crate) fn hold_and_fail((gate, message): (Gate, String)) -> u64 {
    gate.wait_open();
    panic!("{message}")
}

/// An entry, and a value.
pub(crate) fn visit((journal, n): (Journal, u64)) -> u64 {
    journal.append(n);
    n
}

/// An entry, and a value when the gate is open.
pub(crate) fn visit_and_hold((journal, gate, n): (Journal, Gate, u64)) -> u64 {
    journal.append(n);
    gate.wait_open();
    n
}

/// The task's own error, which is a time-out for odd numbers.
pub(crate) fn time_out_if_odd(n: u64) -> Result<u64, PortableError> {
    if n.is_multiple_of(2) {
        Ok(n)
    } else {
        Err(io::Error::new(io::ErrorKind::TimedOut, "the task's own time-out"))?
    }
}

/// The process and thread that a task runs in.
pub(crate) fn worker_id(_: ()) -> String {
    format!("{} {:?}", std::process::id(), std::thread::current().id())
}
