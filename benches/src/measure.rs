//! Taking turns: every contestant does a repetition, then every contestant does the next.
//!
//! So whatever else the machine does, and whatever its clock does, happens to all of them. Who is
//! first changes from one repetition to the next. What is reported is the median, with the smallest
//! and the largest.

use crate::cases::Case;
use crate::contestant::{Contestant, Load, Role, Sample, Trouble};
use crate::report::data::{Outcome, Summary};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::exit;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Between two repetitions: for the threads of the last pool to end.
const PAUSE: Duration = Duration::from_millis(10);
/// The exit status if something hangs.
const HANGS: i32 = 3;

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
        Ok(samples) => Outcome::Measured(summary(&samples)),
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
            Err(Outcome::Missing { reason: trouble.to_string() })
        }
        Ok(Err(trouble)) => Err(Outcome::Failed { reason: trouble.to_string() }),
        Err(panic) => {
            let reason = format!("panicked: {}", message(&*panic));
            match contestant.role() {
                Role::Ours => Err(Outcome::Failed { reason }),
                Role::Peer | Role::Limit => Err(Outcome::Missing { reason }),
            }
        }
    }
}

/// What a panic says.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("it does not say why")
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

/// Summarises at least one sample.
fn summary(samples: &[Sample]) -> Summary {
    let values = sorted(samples.iter().map(|sample| sample.value));
    let besides = |index| {
        let there = samples.iter().filter_map(|sample: &Sample| sample.besides[index]);
        median(&sorted(there))
    };
    Summary {
        median: median(&values).unwrap_or(f64::NAN),
        min: values.first().copied().unwrap_or(f64::NAN),
        max: values.last().copied().unwrap_or(f64::NAN),
        samples: samples.iter().map(|sample| sample.value).collect(),
        besides: [0, 1].map(besides).to_vec(),
        operations: samples.iter().find_map(|sample| sample.operations),
        ratio: None,
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
            let samples = values.iter().map(|&value| Sample::of(value));
            let Summary { median, min, max, .. } = summary(&samples.collect::<Vec<_>>());
            [median, min, max]
        };
        assert_eq!(summary(&[9.0, 1.0, 2.0]), [2.0, 1.0, 9.0]);
        assert_eq!(summary(&[9.0, 1.0, 1.0, 3.0]), [2.0, 1.0, 9.0]);
    }

    /// Panics in one case, answers wrongly in another, gives up a third, and cannot do the rest.
    struct Clumsy(Role);

    impl Contestant for Clumsy {
        fn name(&self) -> &'static str {
            "clumsy"
        }

        fn version(&self) -> String {
            "0".to_owned()
        }

        fn role(&self) -> Role {
            self.0
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

    /// Whether it is a failure, and why.
    fn outcome(role: Role, case: Case) -> (bool, String) {
        let load = Load { workers: 1, operations: 1, bytes: 0, time: Duration::ZERO };
        let rules = Rules { repetitions: 2, limit: Duration::from_secs(60) };
        match take_turns(&[&Clumsy(role)], case, &load, rules).remove(0) {
            Outcome::Failed { reason } => (true, reason),
            Outcome::Missing { reason } => (false, reason),
            Outcome::NotApplicable => (false, String::new()),
            Outcome::Measured(_) => unreachable!("it never gets through"),
        }
    }

    #[test]
    fn whatever_goes_wrong_is_an_outcome() {
        for (role, is_ours) in [(Role::Ours, true), (Role::Peer, false)] {
            let panicked = "panicked: expected by a test".to_owned();
            assert_eq!(outcome(role, Case::Burst), (is_ours, panicked));
            assert_eq!(
                outcome(role, Case::Forget),
                (true, "wrong answer: 2 instead of 1".to_owned())
            );
            assert_eq!(outcome(role, Case::Producers), (is_ours, "gave up: tired".to_owned()));
            assert_eq!(outcome(role, Case::Idle), (false, String::new()));
        }
    }
}
