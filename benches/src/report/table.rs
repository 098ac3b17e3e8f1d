//! What is printed: a table per case and pool size, and at the end ours against the best peers.

use crate::cases::{Case, map};
use crate::contestant::{Contestant, Load, Role};
use crate::measure::{Outcome, Summary};
use crate::units::{grouped, seconds};
use std::fmt;

/// The results of one case on one pool size.
#[derive(Clone, Debug)]
pub struct Block {
    case: Case,
    load: Load,
    repetitions: usize,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    name: &'static str,
    role: Role,
    outcome: Outcome,
}

impl Row {
    fn summary(&self) -> Option<&Summary> {
        match &self.outcome {
            Outcome::Measured(summary) => Some(summary),
            Outcome::NotApplicable | Outcome::Missing(_) | Outcome::Failed(_) => None,
        }
    }
}

impl Block {
    /// Puts names to the outcomes.
    pub fn new(
        case: Case,
        load: Load,
        repetitions: usize,
        contestants: &[&dyn Contestant],
        outcomes: Vec<Outcome>,
    ) -> Self {
        let row = |contestant: &dyn Contestant, outcome| Row {
            name: contestant.name(),
            role: contestant.role(),
            outcome,
        };
        let pairs = contestants.iter().zip(outcomes);
        let rows = pairs.map(|(contestant, outcome)| row(*contestant, outcome)).collect();
        Self { case, load, repetitions, rows }
    }

    /// Whether a contestant did something wrong.
    pub fn has_failures(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.outcome, Outcome::Failed(_)))
    }

    /// The fastest (or smallest) of those that are there for this.
    fn best(&self, role: Role) -> Option<(&'static str, Summary)> {
        self.rows
            .iter()
            .filter(|row| row.role == role)
            .filter_map(|row| Some((row.name, *row.summary()?)))
            .min_by(|a, b| a.1.median.total_cmp(&b.1.median))
    }

    /// The heading: what, how many, on how many workers, how often.
    fn heading(&self) -> String {
        let spec = self.case.spec();
        let mut heading = format!(
            "{}\n{} {}, {} workers, {} repetition(s)",
            spec.title,
            grouped(self.load.operations),
            spec.operations,
            self.load.workers,
            self.repetitions,
        );
        match self.case {
            Case::MapShort => heading += &time_of_work(map::SHORT),
            Case::MapLong => heading += &time_of_work(map::LONG),
            Case::ProcessLatency => {
                heading += &format!("; the long task: {} s", self.load.long.as_secs_f64());
            }
            Case::Idle | Case::ProcessIdle => {
                heading += &format!(", {} s", self.load.idle.as_secs_f64());
            }
            _ => {}
        }
        heading
    }
}

fn time_of_work(rounds: u32) -> String {
    format!("; the function alone: {}", seconds(map::time_of_work(rounds)))
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.case.spec().unit;
        let best = self.best(Role::Peer).map(|(_, summary)| summary.median);
        let mut table = Table::new(&["", "median", "min", "max", unit.extra_name(), "/ best peer"]);
        let mut notes = Vec::new();
        for row in &self.rows {
            let name = match row.role {
                Role::Ours | Role::Peer => row.name.to_owned(),
                Role::Limit => format!("({})", row.name),
            };
            match &row.outcome {
                Outcome::NotApplicable => table.row([name, "n/a".to_owned()]),
                Outcome::Missing(reason) => {
                    let word = reason.split(':').next().unwrap_or(reason);
                    if word != reason {
                        notes.push(format!("  {name} {reason}\n"));
                    }
                    table.row([name, word.to_owned()]);
                }
                Outcome::Failed(reason) => table.row([name, format!("FAILED: {reason}")]),
                Outcome::Measured(summary) => table.row([
                    name,
                    unit.show(summary.median),
                    unit.show(summary.min),
                    unit.show(summary.max),
                    unit.show_extra(summary.extra),
                    best.map_or_else(String::new, |best| unit.ratio(summary.median, best)),
                ]),
            }
        }
        write!(f, "{}\n{table}", self.heading())?;
        if self.rows.iter().any(|row| row.role == Role::Limit) {
            notes.push("  (in brackets: not a pool, but the least that one needs)\n".to_owned());
        }
        notes.iter().try_for_each(|note| f.write_str(note))
    }
}

/// Ours against the best peer, a line per block.
#[derive(Clone, Copy, Debug)]
pub struct Overview<'b>(pub &'b [Block]);

impl fmt::Display for Overview<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads =
            ["", "workers", "ours", "best peer", "", "ours / peer", "limit", "ours / limit"];
        let mut table = Table::new(&heads);
        for block in self.0 {
            let unit = block.case.spec().unit;
            let Some((_, ours)) = block.best(Role::Ours) else {
                continue;
            };
            let [peer, limit] = [Role::Peer, Role::Limit].map(|role| {
                block.best(role).map_or_else(Default::default, |(name, best)| {
                    let ratio = unit.ratio(ours.median, best.median);
                    (name.to_owned(), unit.show(best.median), ratio)
                })
            });
            let (case, workers) = (block.case.name(), block.load.workers.to_string());
            let ours = unit.show(ours.median);
            table.row([case, workers, ours, peer.1, peer.0, peer.2, limit.1, limit.2]);
        }
        write!(f, "ours against the best peer of each case (less than 1: ours is ahead)\n{table}")
    }
}

/// Lines of cells in columns: the first to the left, numbers to the right.
struct Table(Vec<Vec<String>>);

impl Table {
    fn new(heads: &[&str]) -> Self {
        Self(vec![heads.iter().map(|&head| head.to_owned()).collect()])
    }

    fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.0.push(cells.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.0.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.0 {
            let mut line = String::new();
            for (index, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                line += &match index {
                    0 => format!("  {cell:<width$}"),
                    _ => format!("  {cell:>width$}"),
                };
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
