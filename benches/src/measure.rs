//! Taking turns: every contestant does a repetition, then every contestant does the next.
//!
//! So whatever else the machine does, and whatever its clock does, happens to all of them. Who is
//! first changes from one repetition to the next. What is reported is the median, with the smallest
//! and the largest.

use crate::cases::Case;
use crate::contestant::{Contestant, Load, Role, Sample, Trouble};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::exit;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Between two repetitions: for the threads of the last pool to end.
const PAUSE: Duration = Duration::from_millis(10);
/// The exit status if something hangs.
const HANGS: i32 = 3;

/// What came of a contestant's repetitions of a case.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// What was measured.
    Measured(Summary),
    /// It cannot do this.
    NotApplicable,
    /// It is not there, or could not do all of it.
    Missing(String),
    /// It did something wrong, or panicked.
    Failed(String),
}

/// A median and its surroundings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The median of the values.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The median of what the samples have besides.
    pub extra: Option<f64>,
}

/// How often, and how long at most.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How many times each contestant does a case.
    pub repetitions: usize,
    /// How long one repetition may take. Whoever takes longer hangs, and the program ends.
    pub limit: Duration,
}

/// Lets all contestants repeat a case, in turn. The outcomes are in their order.
pub fn take_turns(
    contestants: &[&dyn Contestant],
    case: Case,
    load: &Load,
    rules: Rules,
) -> Vec<Outcome> {
    let mut samples = vec![Ok(Vec::new()); contestants.len()];
    for repetition in 0..rules.repetitions {
        for turn in 0..contestants.len() {
            let index = (turn + repetition) % contestants.len();
            let Ok(so_far) = &mut samples[index] else {
                continue;
            };
            match once(contestants[index], case, load, rules.limit) {
                Ok(sample) => so_far.push(sample),
                Err(outcome) => samples[index] = Err(outcome),
            }
        }
    }
    let outcome = |samples: Result<Vec<Sample>, Outcome>| match samples {
        Ok(samples) => Outcome::Measured(Summary::of(&samples)),
        Err(outcome) => outcome,
    };
    samples.into_iter().map(outcome).collect()
}

/// One repetition, whatever happens in it.
fn once(
    contestant: &dyn Contestant,
    case: Case,
    load: &Load,
    limit: Duration,
) -> Result<Sample, Outcome> {
    let what = format!("{} in {} on {} workers", contestant.name(), case.name(), load.workers);
    let run = || catch_unwind(AssertUnwindSafe(|| contestant.run(case, load)));
    let result = within(limit, &what, run);
    std::thread::sleep(PAUSE);
    match result {
        Ok(Ok(Some(sample))) => Ok(sample),
        Ok(Ok(None)) => Err(Outcome::NotApplicable),
        Ok(Err(trouble)) if is_forgiven(contestant, &trouble) => {
            Err(Outcome::Missing(trouble.to_string()))
        }
        Ok(Err(trouble)) => Err(Outcome::Failed(trouble.to_string())),
        Err(_) => Err(Outcome::Failed("panicked".to_owned())),
    }
}

/// Whether this is only to be reported: a peer need not be there, nor get through.
fn is_forgiven(contestant: &dyn Contestant, trouble: &Trouble) -> bool {
    match trouble {
        Trouble::WrongAnswer(_) => false,
        Trouble::NotAvailable | Trouble::GaveUp(_) => contestant.role() != Role::Ours,
    }
}

/// Runs `f`, and ends the program if that takes too long.
fn within<R>(limit: Duration, what: &str, f: impl FnOnce() -> R) -> R {
    let (running, ended) = channel::<()>();
    let message = format!("{what} hangs: more than {} s", limit.as_secs());
    std::thread::spawn(move || {
        if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            eprintln!("{message}");
            exit(HANGS);
        }
    });
    let result = f();
    drop(running);
    result
}

impl Summary {
    /// Summarises at least one sample.
    pub fn of(samples: &[Sample]) -> Self {
        let values = sorted(samples.iter().map(|sample| sample.value));
        let extras = sorted(samples.iter().filter_map(|sample| sample.extra));
        Self {
            median: median(&values).unwrap_or(f64::NAN),
            min: values.first().copied().unwrap_or(f64::NAN),
            max: values.last().copied().unwrap_or(f64::NAN),
            extra: median(&extras),
        }
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The median of sorted values; of an even number, the mean of the two in the middle.
fn median(sorted: &[f64]) -> Option<f64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contestant::WrongAnswer;

    #[test]
    fn the_median_is_in_the_middle() {
        let summary = |values: &[f64]| {
            let samples = values.iter().map(|&value| Sample { value, extra: None });
            Summary::of(&samples.collect::<Vec<_>>())
        };
        let expected = Summary { median: 2.0, min: 1.0, max: 9.0, extra: None };
        assert_eq!(summary(&[9.0, 1.0, 2.0]), expected);
        assert_eq!(summary(&[9.0, 1.0, 1.0, 3.0]), expected);
    }

    /// Panics in one case, answers wrongly in another, gives up a third, and cannot do the rest.
    struct Clumsy;

    impl Contestant for Clumsy {
        fn name(&self) -> &'static str {
            "clumsy"
        }

        fn version(&self) -> String {
            "0".to_owned()
        }

        fn role(&self) -> Role {
            Role::Peer
        }

        fn takes_part(&self, _: Case) -> bool {
            true
        }

        fn run(&self, case: Case, _: &Load) -> Result<Option<Sample>, Trouble> {
            match case {
                Case::Burst => panic!("expected by a test"),
                Case::Forget => Err(WrongAnswer { expected: 1, got: 2 }.into()),
                Case::Producers => Err(Trouble::GaveUp("tired".to_owned())),
                _ => Ok(None),
            }
        }
    }

    #[test]
    fn whatever_goes_wrong_is_an_outcome() {
        let load = Load { workers: 1, operations: 1, idle: Duration::ZERO, long: Duration::ZERO };
        let rules = Rules { repetitions: 2, limit: Duration::from_secs(60) };
        let outcome = |case| take_turns(&[&Clumsy], case, &load, rules).remove(0);
        assert!(matches!(outcome(Case::Burst), Outcome::Failed(why) if why == "panicked"));
        assert!(matches!(outcome(Case::Forget), Outcome::Failed(why) if why.contains("2 instead")));
        assert!(matches!(outcome(Case::Producers), Outcome::Missing(why) if why.contains("tired")));
        assert!(matches!(outcome(Case::Idle), Outcome::NotApplicable));
    }
}
