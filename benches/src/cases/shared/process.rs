//! A process: started, and waited for.

use super::{Spec, gave_up};
use crate::cases::spec::Amount;
use crate::clock::Stopwatch;
use crate::contestant::{Load, Sample, Trouble, WrongAnswer};
use executor_core::Exit;
use executor_process::Process;

pub(in crate::cases) const SPEC: Spec = Spec {
    title: "a process that does nothing, started and waited for",
    operations: "processes (slow peers: fewer; the time is per process)",
    amount: Amount::Part(10_000),
    ..Spec::SHARED
};

fn nothing(_: u64) {}

/// Measures all together.
///
/// # Errors
///
/// [`Trouble`], if one does not end well above all.
pub fn run(load: &Load) -> Result<Sample, Trouble> {
    let mut well = 0;
    let watch = Stopwatch::start();
    for n in 0..load.operations {
        let process = Process::builder().start(nothing, n).map_err(gave_up)?;
        well += u64::from(process.join().map_err(gave_up)? == Exit::Code(0));
    }
    let sample = watch.per_operation(load.operations);
    WrongAnswer::unless_equal(load.operations, well)?;
    Ok(sample)
}
