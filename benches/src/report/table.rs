//! What is printed: a table per block, and at the end ours against the best peers.

use super::data::{Block, Outcome, Role};
use crate::units::{self, grouped, size};
use std::fmt;

impl Block {
    /// What was done: what, how many, on how many workers, how often.
    pub fn heading(&self) -> String {
        let Self { case, title, operations, operations_are, workers, repetitions, .. } = self;
        let operations = grouped(*operations);
        let mut heading = format!("{case}: {title}\n{operations} {operations_are}");
        if let Some(bytes) = self.bytes {
            heading += &format!(" of {}", size(bytes));
        }
        heading += &format!(", {workers} worker(s), {repetitions} repetition(s)");
        if !self.note.is_empty() {
            heading += &format!("; {}", self.note);
        }
        heading
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let besides = self.unit.besides();
        let mut heads = vec!["", "median", "min", "max"];
        heads.extend(besides);
        heads.push("/ best peer");
        let mut table = Table::new(&heads);
        let mut notes = Vec::new();
        for row in &self.rows {
            let name = match row.role {
                Role::Ours | Role::Peer => row.name.clone(),
                Role::Limit => format!("({})", row.name),
            };
            let mut cells = vec![name];
            match &row.outcome {
                Outcome::NotApplicable => cells.push("n/a".to_owned()),
                Outcome::Missing { reason } => {
                    let word = reason.split(':').next().unwrap_or(reason);
                    if word != reason {
                        notes.push(format!("  {} {reason}\n", cells[0]));
                    }
                    cells.push(word.to_owned());
                }
                Outcome::Failed { reason } => cells.push(format!("FAILED: {reason}")),
                Outcome::Measured(summary) => {
                    let values = [summary.median, summary.min, summary.max];
                    cells.extend(values.map(|value| self.unit.show(value)));
                    let more = summary.besides.iter().take(besides.len());
                    cells.extend(more.map(|&value| self.unit.show_besides(value)));
                    cells.push(units::ratio(summary.ratio));
                }
            }
            table.row(cells);
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
            ["", "", "workers", "ours", "best peer", "", "ours / peer", "limit", "ours / limit"];
        let mut table = Table::new(&heads);
        for block in self.0 {
            let unit = block.unit;
            let Some((_, ours)) = block.best(Role::Ours) else {
                continue;
            };
            let against = |role| {
                block.best(role).map_or_else(Default::default, |(name, best)| {
                    let ratio = units::ratio(unit.ratio(ours, best));
                    (name.to_owned(), unit.show(best), ratio)
                })
            };
            let [peer, limit] = [Role::Peer, Role::Limit].map(against);
            let row = [block.case.clone(), block.place(), block.workers.to_string()];
            let row = row.into_iter().chain([unit.show(ours), peer.1, peer.0, peer.2]);
            table.row(row.chain([limit.1, limit.2]).collect());
        }
        write!(f, "ours against the best peer of each case (less than 1: ours is ahead)\n{table}")
    }
}

impl Block {
    /// What sets this block apart from others of the case, beside the number of workers.
    fn place(&self) -> String {
        use super::data::Axis;
        match (self.bytes, self.curve) {
            (Some(bytes), _) => size(bytes),
            (None, Some(Axis::Operations)) => grouped(self.operations),
            (None, _) => String::new(),
        }
    }
}

/// Lines of cells in columns: the first to the left, the others to the right.
struct Table(Vec<Vec<String>>);

impl Table {
    fn new(heads: &[&str]) -> Self {
        Self(vec![heads.iter().map(|&head| head.to_owned()).collect()])
    }

    fn row(&mut self, cells: Vec<String>) {
        self.0.push(cells);
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
