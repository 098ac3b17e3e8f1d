//! A pipe: a number there and back, again and again.

use super::{Spec, gave_up, sum_below};
use crate::cases::spec::Amount;
use crate::clock::Stopwatch;
use crate::contestant::{Load, Sample, Trouble, WrongAnswer};
use executor_process::{Connection, Process, pipe};

pub(in crate::cases) const SPEC: Spec = Spec {
    title: "a number to another process and back",
    operations: "round trips",
    amount: Amount::Part(10),
    ..Spec::SHARED
};

#[expect(clippy::needless_pass_by_value, reason = "the end is closed when this returns")]
fn answer(connection: Connection<u64, u64>) {
    while let Ok(number) = connection.recv() {
        connection.send(number).expect("somebody waits for it");
    }
}

/// Measures all round trips together.
///
/// # Errors
///
/// [`Trouble`], if what comes back is not what was sent above all.
pub fn run(load: &Load) -> Result<Sample, Trouble> {
    let (ours, theirs) = pipe::<u64, u64>().map_err(gave_up)?;
    let process = Process::builder().start(answer, theirs).map_err(gave_up)?;
    let call = |number| {
        ours.send(number).map_err(gave_up)?;
        ours.recv().map_err(gave_up)
    };
    call(0)?;
    let mut sum = 0;
    let watch = Stopwatch::start_family();
    for n in 0..load.operations {
        sum += call(n)?;
    }
    let sample = watch.per_operation(load.operations);
    drop(ours);
    process.join().map_err(gave_up)?;
    WrongAnswer::unless_equal(sum_below(load.operations), sum)?;
    Ok(sample)
}
