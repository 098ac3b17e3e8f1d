//! What comes of a run: [`Report`](data::Report), and the forms in which it is shown.
//!
//! | what                                       | file       |
//! |--------------------------------------------|------------|
//! | the results as data, and as `report.json`  | `data.rs`  |
//! | a table per block, in the terminal         | `table.rs` |
//! | `report.html`                              | `html/`    |
//! | where and with what the run was            | `setting.rs` |

pub mod data;
pub mod html;
pub mod setting;
pub mod table;

use crate::cases::{Case, map};
use crate::contestant::{Contestant, Load};
use crate::units::seconds;
use data::{Block, Outcome, Role, Row, Summary, Verdict};

impl Block {
    /// Puts everybody's names to the outcomes, and compares them.
    pub fn new(
        case: Case,
        load: &Load,
        repetitions: usize,
        contestants: &[&dyn Contestant],
        outcomes: Vec<Outcome>,
    ) -> Self {
        let spec = case.spec();
        let row = |(contestant, outcome): (&&dyn Contestant, Outcome)| Row {
            name: contestant.name().to_owned(),
            role: contestant.role(),
            outcome,
        };
        let mut block = Self {
            case: case.name(),
            group: case.group().name(),
            title: spec.title.to_owned(),
            note: note(case, load),
            operations_are: spec.operations.to_owned(),
            unit: spec.unit,
            curve: spec.curve,
            workers: load.workers,
            operations: load.operations,
            bytes: (load.bytes > 0).then_some(load.bytes),
            repetitions,
            verdict: None,
            rows: contestants.iter().zip(outcomes).map(row).collect(),
        };
        block.compare();
        block
    }

    /// Whether a contestant did something wrong.
    pub fn has_failures(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.outcome, Outcome::Failed { .. }))
    }

    /// The fastest (or smallest) of those that are there for this, and its median.
    pub fn best(&self, role: Role) -> Option<(&str, f64)> {
        let medians = self.rows.iter().filter(|row| row.role == role);
        let medians = medians.filter_map(|row| Some((row.name.as_str(), row.summary()?.median)));
        medians.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Fills in the ratios.
    fn compare(&mut self) {
        let Some((peer, theirs)) = self.best(Role::Peer) else {
            return;
        };
        let (peer, unit) = (peer.to_owned(), self.unit);
        self.verdict = self.best(Role::Ours).map(|(_, ours)| {
            let ratio = unit.ratio(ours, theirs);
            Verdict { ours, peer, theirs, ratio }
        });
        for row in &mut self.rows {
            if let Outcome::Measured(summary) = &mut row.outcome {
                summary.ratio = unit.ratio(summary.median, theirs);
            }
        }
    }
}

impl Row {
    /// What was measured, if anything.
    pub fn summary(&self) -> Option<&Summary> {
        match &self.outcome {
            Outcome::Measured(summary) => Some(summary),
            Outcome::NotApplicable | Outcome::Missing { .. } | Outcome::Failed { .. } => None,
        }
    }
}

/// What more there is to know about a case here and now.
fn note(case: Case, load: &Load) -> String {
    let alone = |rounds| format!("the function alone: {}", seconds(map::time_of_work(rounds)));
    match case {
        Case::MapTiny => alone(map::TINY),
        Case::MapSmall => alone(map::SMALL),
        Case::MapUneven => format!("{} on average", alone(map::UNEVEN)),
        Case::Latency | Case::ProcessLatency => {
            format!("the long task: {}", seconds(load.time.as_secs_f64()))
        }
        Case::Idle | Case::ProcessIdle => {
            format!("watched for {}", seconds(load.time.as_secs_f64()))
        }
        _ => String::new(),
    }
}
