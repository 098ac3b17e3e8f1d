//! What there is to know about a case: [`Spec`].

use crate::contestant::Load;
use std::time::Duration;

pub use crate::report::data::{Axis, Unit};

/// What there is to know about a case.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// What is done.
    pub title: &'static str,
    /// What the operations are.
    pub operations: &'static str,
    /// How many there are.
    pub amount: Amount,
    /// The pool sizes, if the command line does not say.
    pub workers: Workers,
    /// How many bytes go with each operation, if the command line does not say. Empty: it is not about
    /// bytes.
    pub bytes: &'static [usize],
    /// How long a task takes, or the watching; and the same where all should be quick.
    pub times: [Duration; 2],
    /// What is measured.
    pub unit: Unit,
    /// Whether its blocks are a curve.
    pub curve: Option<Axis>,
    /// It need not be done more often than this.
    pub repetitions: usize,
}

/// How many operations.
#[derive(Clone, Copy, Debug)]
pub enum Amount {
    /// The number of tasks of the command line divided by this.
    Part(u64),
    /// This, whatever the command line says.
    Just(u64),
    /// As many as move this many bytes, and no more than that; both for a million tasks.
    Moving {
        /// The bytes.
        bytes: u64,
        /// The largest number of operations.
        most: u64,
    },
    /// From a thousandth of the number of tasks to ten times that.
    Growing,
}

/// How many workers.
#[derive(Clone, Copy, Debug)]
pub enum Workers {
    /// These pool sizes.
    Each(&'static [usize]),
    /// One for each processor.
    Cores,
    /// From one to two for each processor.
    UpToTwiceTheCores,
}

const TASKS: u64 = 1_000_000;

impl Spec {
    /// A case with as many operations as there are tasks, measured in time for each.
    pub(super) const USUAL: Self = Self {
        title: "",
        operations: "tasks",
        amount: Amount::Part(1),
        workers: Workers::Each(&[2, 10]),
        bytes: &[],
        times: [Duration::ZERO; 2],
        unit: Unit::Time,
        curve: None,
        repetitions: usize::MAX,
    };

    /// The same with two processes. Starting the peers' takes long.
    pub(super) const PROCESSES: Self = Self {
        operations: "tasks (slow peers: fewer; the time is per task)",
        workers: Workers::Each(&[2]),
        repetitions: 3,
        ..Self::USUAL
    };

    /// The same with one process and what it shares with this one.
    pub(super) const SHARED: Self = Self { workers: Workers::Each(&[1]), ..Self::PROCESSES };

    /// All that is to be measured, if the command line gives the rest. Quick: no more than two of each kind.
    pub fn loads(&self, workers: &[usize], bytes: &[usize], tasks: u64, quick: bool) -> Vec<Load> {
        let most = |given: &[usize]| if quick && given.is_empty() { 2 } else { usize::MAX };
        let mut loads = Vec::new();
        for workers in self.workers.or(workers).into_iter().take(most(workers)) {
            for bytes in self.sizes(bytes).into_iter().take(most(bytes)) {
                let operations = self.amount.operations(tasks, bytes);
                for operations in operations.into_iter().take(most(&[])) {
                    let time = self.times[usize::from(quick)];
                    loads.push(Load { workers, operations, bytes, time });
                }
            }
        }
        loads
    }

    fn sizes(&self, given: &[usize]) -> Vec<usize> {
        match (self.bytes, given) {
            ([], _) => vec![0],
            (usual, []) => usual.to_vec(),
            (_, given) => given.to_vec(),
        }
    }
}

impl Amount {
    fn operations(self, tasks: u64, bytes: usize) -> Vec<u64> {
        match self {
            Self::Part(divisor) => vec![(tasks / divisor).max(1)],
            Self::Just(number) => vec![number],
            Self::Moving { bytes: total, most } => {
                let number = (total / bytes.max(1) as u64).min(most);
                vec![(number.saturating_mul(tasks) / TASKS).max(1)]
            }
            Self::Growing => {
                let powers = [1, 10, 100, 1000, 10_000];
                powers.map(|power| (tasks / 1000 * power).max(1)).to_vec()
            }
        }
    }
}

impl Workers {
    fn or(self, given: &[usize]) -> Vec<usize> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        match (given, self) {
            ([], Self::Each(sizes)) => sizes.to_vec(),
            ([], Self::Cores) => vec![cores],
            ([], Self::UpToTwiceTheCores) => (1..=2 * cores).collect(),
            (given, _) => given.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_comes_before_what_is_usual() {
        let echo = Spec {
            amount: Amount::Moving { bytes: 1 << 20, most: 100 },
            bytes: &[1 << 10, 1 << 20],
            ..Spec::PROCESSES
        };
        let points = |loads: Vec<Load>| -> Vec<_> {
            loads.iter().map(|load| (load.workers, load.bytes, load.operations)).collect()
        };
        let usual = points(echo.loads(&[], &[], TASKS, false));
        assert_eq!(usual, [(2, 1 << 10, 100), (2, 1 << 20, 1)]);
        let given = points(echo.loads(&[1, 4], &[1 << 19], TASKS / 2, false));
        assert_eq!(given, [(1, 1 << 19, 1), (4, 1 << 19, 1)]);
    }

    #[test]
    fn growth_is_from_a_thousandth_to_tenfold() {
        let growth = Spec { amount: Amount::Growing, ..Spec::PROCESSES };
        let numbers = |quick| -> Vec<u64> {
            let loads = growth.loads(&[], &[], 1000, quick);
            loads.iter().map(|load| load.operations).collect()
        };
        assert_eq!(numbers(false), [1, 10, 100, 1000, 10_000]);
        assert_eq!(numbers(true), [1, 10]);
    }
}
