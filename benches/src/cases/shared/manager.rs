//! A manager: a dictionary in it that is read, written, and counted in.

use super::{Spec, gave_up, sum_below};
use crate::cases::Case;
use crate::cases::spec::Amount;
use crate::clock::Stopwatch;
use crate::contestant::{Load, Sample, Trouble, WrongAnswer};
use executor_process::Manager;

const fn spec(title: &'static str) -> Spec {
    Spec {
        title,
        operations: "calls (slow peers: fewer; the time is per call)",
        amount: Amount::Part(10),
        ..Spec::SHARED
    }
}

pub(in crate::cases) const GET_SPEC: Spec = spec("a value of a dictionary in a manager");
pub(in crate::cases) const SET_SPEC: Spec = spec("a value set in a dictionary in a manager");
pub(in crate::cases) const UPDATE_SPEC: Spec =
    spec("a counter raised in a manager, so that none is lost");

/// Measures all calls together.
///
/// # Errors
///
/// [`Trouble`], if the values are wrong above all.
pub fn run(case: Case, load: &Load) -> Result<Sample, Trouble> {
    let manager = Manager::new().map_err(gave_up)?;
    let dict = manager.dict::<u64, u64>().map_err(gave_up)?;
    dict.insert(0, 1).map_err(gave_up)?;
    let operations = load.operations;
    let mut sum = 0;
    let watch = Stopwatch::start_family();
    for n in 0..operations {
        match case {
            Case::SharedManagerGet => sum += dict.get(&0).map_err(gave_up)?.unwrap_or(0),
            Case::SharedManagerSet => sum += dict.insert(0, n).map_err(gave_up)?.unwrap_or(0),
            _ => {
                dict.update(0, |count, by| *count += by, 1).map_err(gave_up)?;
            }
        }
    }
    let sample = watch.per_operation(operations);
    let last = dict.get(&0).map_err(gave_up)?.unwrap_or(0);
    match case {
        Case::SharedManagerGet => WrongAnswer::unless_equal(operations, sum)?,
        Case::SharedManagerSet => WrongAnswer::unless_equal(1 + sum_below(operations), sum + last)?,
        _ => WrongAnswer::unless_equal(1 + operations, last)?,
    }
    Ok(sample)
}
