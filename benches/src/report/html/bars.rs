//! A case of one size as bars: one for each contestant, with its samples.
//!
//! The drawing is a table, so that names and numbers are text that flows, lines up and can be read
//! aloud; each row has a small picture as wide as there is room. Horizontal places are therefore
//! shares of the width, vertical ones are pixels.

use super::figures;
use super::markup::{Element, element};
use super::plot::{Scale, coordinate, line, percent, strip, tick_label};
use crate::report::data::{Block, Outcome, Role, Row, Summary, Unit};

/// The height of a row's picture.
const HEIGHT: f64 = 28.0;
/// The same if there is a second line below the name.
const TALL: f64 = 36.0;
/// How far a bar goes to both sides of its middle.
const BAR: f64 = 8.0;
/// Less, if the scale is logarithmic, since lengths are then not to be compared.
const THIN_BAR: f64 = 3.0;
/// As many ticks as there is room for on a narrow screen.
const TICKS: usize = 5;

/// The table of a block.
pub(super) fn table(block: &Block) -> Element {
    let drawing = Drawing::new(block);
    let heads = ["median", "smallest – largest", "÷ best peer"];
    let head = |text: &str| element("th").with("scope", "col").class("number").text(text);
    let heads = heads.into_iter().chain(drawing.besides.iter().map(|&(_, text)| text)).map(head);
    let head = element("tr")
        .child(element("th").with("scope", "col").class("name").text("contestant"))
        .child(element("th").with("scope", "col").class("plot").text(figures::measure(block.unit)))
        .children(heads);
    let rows = in_order(&block.rows).into_iter().map(|row| drawing.row(row));
    element("table")
        .class("rows bars")
        .child(element("thead").child(head))
        .child(element("tbody").children(rows).children(drawing.axis()))
}

/// Pools from the best to the worst, then those without a value, then limits.
fn in_order(rows: &[Row]) -> Vec<&Row> {
    let mut rows: Vec<&Row> = rows.iter().collect();
    let median = |row: &Row| row.summary().map_or(f64::INFINITY, |summary| summary.median);
    rows.sort_by(|a, b| {
        let is_limit = |row: &Row| row.role == Role::Limit;
        is_limit(a).cmp(&is_limit(b)).then(median(a).total_cmp(&median(b)))
    });
    rows
}

/// Why there is no value, in words.
pub(super) fn excuse(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Measured(_) => None,
        Outcome::NotApplicable => Some("cannot do this".to_owned()),
        Outcome::Missing { reason } => Some(reason.clone()),
        Outcome::Failed { reason } => Some(format!("FAILED: {reason}")),
    }
}

/// A contestant's name; limits are in brackets.
pub(super) fn name(row: &Row) -> String {
    match row.role {
        Role::Ours | Role::Peer => row.name.clone(),
        Role::Limit => format!("({})", row.name),
    }
}

/// The class of what belongs to a contestant.
pub(super) fn class(role: Role) -> &'static str {
    match role {
        Role::Ours => "ours",
        Role::Peer => "peer",
        Role::Limit => "limit",
    }
}

struct Drawing<'b> {
    block: &'b Block,
    scale: Scale,
    ticks: Vec<f64>,
    /// What somebody has besides: its place there, and its name.
    besides: Vec<(usize, &'static str)>,
}

impl<'b> Drawing<'b> {
    fn new(block: &'b Block) -> Self {
        let summaries = block.rows.iter().filter_map(Row::summary);
        let scale = Scale::of_bars(summaries.flat_map(|summary| {
            let values = summary.samples.iter().copied().chain(marks(block.unit, summary));
            values.chain([summary.min, summary.median, summary.max])
        }));
        let is_there = |index: usize| {
            let mut summaries = block.rows.iter().filter_map(Row::summary);
            summaries.any(|summary| summary.besides.get(index).is_some_and(Option::is_some))
        };
        let besides = figures::besides(block.unit).iter().copied().enumerate();
        let besides = besides.filter(|&(index, _)| is_there(index)).collect();
        Self { block, scale, ticks: scale.ticks(TICKS), besides }
    }

    fn row(&self, row: &Row) -> Element {
        let summary = row.summary();
        let operations = summary.and_then(|summary| summary.operations);
        let fewer = operations.filter(|&operations| operations != self.block.operations);
        let height = if fewer.is_some() { TALL } else { HEIGHT };
        let fewer = fewer.map(|operations| {
            // What is short there is counted, not what is long.
            let of = match self.block.unit {
                Unit::Latency => "tasks",
                _ => figures::noun(&self.block.operations_are),
            };
            let text = figures::count(operations, of);
            element("small").text(format!(" {text}"))
        });
        let name = element("th").with("scope", "row").class("name").text(name(row)).children(fewer);
        let line = element("tr").class(class(row.role)).child(name);
        match summary {
            Some(summary) => line
                .child(element("td").class("plot").child(self.bar(row, summary, height)))
                .children(self.numbers(summary)),
            None => {
                let is_failed = matches!(row.outcome, Outcome::Failed { .. });
                let columns = 4 + self.besides.len();
                line.child(
                    element("td")
                        .class(if is_failed { "words failed" } else { "words" })
                        .with("colspan", columns.to_string())
                        .text(excuse(&row.outcome).unwrap_or_default()),
                )
            }
        }
    }

    /// The cells with what the picture shows.
    fn numbers(&self, summary: &Summary) -> Vec<Element> {
        let unit = self.block.unit;
        let cell = |class: &str, label: &str, text: String| {
            element("td").class(format!("number {class}")).with("data-label", label).text(text)
        };
        let ratio = summary.ratio.filter(|ratio| ratio.is_finite());
        let mut cells = vec![
            cell("key", "median", figures::value(unit, summary.median)),
            cell("rest", "", figures::range(unit, summary.min, summary.max)),
            cell("rest", "÷ best peer", ratio.map_or_else(String::new, figures::ratio)),
        ];
        for &(index, head) in &self.besides {
            let value = summary.besides.get(index).copied().flatten();
            let text = value.map_or_else(String::new, |value| figures::beside(unit, value));
            cells.push(cell("rest", head, text));
        }
        cells
    }

    fn bar(&self, row: &Row, summary: &Summary, height: f64) -> Element {
        let unit = self.block.unit;
        let at = |value: f64| percent(self.scale.place(value));
        let middle = height / 2.0;
        let half = if self.scale.is_logarithmic() { THIN_BAR } else { BAR };
        let upright = |class: &str, value: f64, half: f64| {
            line(class, (at(value), middle - half), (at(value), middle + half))
        };
        let bar = element("rect")
            .class("bar")
            .with("x", "0")
            .with("y", coordinate(middle - half))
            .with("width", at(summary.median))
            .with("height", coordinate(half * 2.0));
        // The samples from the first, at the top, to the last: what changes in time can be seen.
        let last = summary.samples.len().saturating_sub(1).max(1) as f64;
        let samples = summary.samples.iter().enumerate().map(|(index, &sample)| {
            let down = if summary.samples.len() == 1 { 0.5 } else { index as f64 / last };
            let y = middle + (down - 0.5) * (BAR * 2.0 - 4.0);
            let dot = element("circle").class("sample").with("cx", at(sample));
            dot.with("cy", coordinate(y)).with("r", "1.75")
        });
        let marks = marks(unit, summary).enumerate().map(|(index, mark)| {
            upright(if index == 0 { "mark" } else { "mark last" }, mark, BAR + 3.0)
        });
        self.canvas(height, &self.describe(row, summary))
            .child(bar)
            .child(line("whisker", (at(summary.min), middle), (at(summary.max), middle)))
            .children([summary.min, summary.max].map(|end| upright("whisker", end, 4.0)))
            .child(upright("median", summary.median, BAR))
            .children(samples)
            .children(marks)
    }

    fn describe(&self, row: &Row, summary: &Summary) -> String {
        let unit = self.block.unit;
        let (median, range) =
            (figures::value(unit, summary.median), figures::range(unit, summary.min, summary.max));
        let mut text = format!("{}: median {median}, {range}", row.name);
        for (head, value) in figures::besides(unit).iter().zip(&summary.besides) {
            if let Some(value) = value {
                text += &format!(", {head} {}", figures::beside(unit, *value));
            }
        }
        let number = summary.samples.len() as u64;
        text + &format!("; {}", figures::count(number, "repetitions"))
    }

    /// A picture with the lines of the ticks and nothing else.
    fn canvas(&self, height: f64, title: &str) -> Element {
        strip(&self.scale, &self.ticks, height, title)
    }

    /// The last row: what the lines stand for.
    fn axis(&self) -> Option<Element> {
        let unit = self.block.unit;
        self.block.rows.iter().find_map(Row::summary)?;
        let last = self.ticks.last().copied().unwrap_or(0.0);
        let labels = self.ticks.iter().map(|&tick| {
            let fits = if self.scale.is_logarithmic() { tick } else { last };
            tick_label(self.scale.place(tick), 17.0, figures::tick(unit, tick, fits))
        });
        let (title, explanation) = if self.scale.is_logarithmic() {
            ("A logarithmic scale.", "Logarithmic scale: compare places, not lengths.")
        } else {
            ("A linear scale from zero.", "")
        };
        let picture = self.canvas(5.0, title).children(labels).with("class", "axis");
        let mut cell = element("td").class("plot").child(picture);
        if !explanation.is_empty() {
            cell = cell.child(element("small").text(explanation));
        }
        if unit == Unit::Latency {
            cell =
                cell.child(element("small").text(
                    " Bar: median; thin mark: 99 of 100 stay below; thick mark: the largest.",
                ));
        }
        let columns = 3 + self.besides.len();
        let empty = || element("td").class("nothing");
        Some(
            element("tr")
                .class("axis")
                .child(empty())
                .child(cell)
                .child(empty().with("colspan", columns.to_string())),
        )
    }
}

/// What is to be marked besides the spread.
fn marks(unit: Unit, summary: &Summary) -> impl Iterator<Item = f64> {
    let shown = if unit == Unit::Latency { summary.besides.len() } else { 0 };
    summary.besides.iter().take(shown).filter_map(|value| *value)
}
