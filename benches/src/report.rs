//! What is printed: a table per case and pool size, and at the end ours against the best peers.

use crate::cases::{Case, map};
use crate::contestant::{Contestant, Load};
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
    is_ours: bool,
    outcome: Outcome,
}

impl Row {
    fn summary(&self) -> Option<&Summary> {
        match &self.outcome {
            Outcome::Measured(summary) => Some(summary),
            Outcome::NotApplicable | Outcome::Failed(_) => None,
        }
    }
}

impl Block {
    /// Puts names to the outcomes.
    pub fn new(
        case: Case,
        load: Load,
        repetitions: usize,
        contestants: &[Box<dyn Contestant>],
        outcomes: Vec<Outcome>,
    ) -> Self {
        let row = |contestant: &dyn Contestant, outcome| Row {
            name: contestant.name(),
            is_ours: contestant.is_ours(),
            outcome,
        };
        let pairs = contestants.iter().zip(outcomes);
        let rows = pairs.map(|(contestant, outcome)| row(contestant.as_ref(), outcome)).collect();
        Self { case, load, repetitions, rows }
    }

    /// Whether a contestant did something wrong.
    pub fn has_failures(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.outcome, Outcome::Failed(_)))
    }

    /// The fastest (or smallest) of those that are not ours, or of those that are.
    fn best(&self, ours: bool) -> Option<(&'static str, Summary)> {
        self.rows
            .iter()
            .filter(|row| row.is_ours == ours)
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
            Case::Idle => heading += &format!(", {} s", self.load.idle.as_secs_f64()),
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
        let best = self.best(false).map(|(_, summary)| summary.median);
        let mut table = Table::new(&["", "median", "min", "max", unit.extra_name(), "/ best peer"]);
        for row in &self.rows {
            let name = row.name.to_owned();
            match &row.outcome {
                Outcome::NotApplicable => table.row([name, "n/a".to_owned()]),
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
        write!(f, "{}\n{table}", self.heading())
    }
}

/// Ours against the best peer, a line per block.
#[derive(Clone, Copy, Debug)]
pub struct Overview<'b>(pub &'b [Block]);

impl fmt::Display for Overview<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new(&["", "workers", "ours", "best peer", "", "ours / best peer"]);
        for block in self.0 {
            let unit = block.case.spec().unit;
            let (Some((_, ours)), Some((peer, best))) = (block.best(true), block.best(false))
            else {
                continue;
            };
            table.row([
                block.case.name(),
                block.load.workers.to_string(),
                unit.show(ours.median),
                unit.show(best.median),
                peer.to_owned(),
                unit.ratio(ours.median, best.median),
            ]);
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
