//! Ours against the best peer of each case, in one table per group.
//!
//! A curve has one line with all its sizes: the best and the worst of them are both there.

use super::bars::excuse;
use super::figures;
use super::markup::{Element, element};
use super::plot::{Scale, coordinate, line, percent, strip, tick_label};
use crate::report::data::{Axis, Block, Role, Row, Unit};

const HEIGHT: f64 = 24.0;

/// A line of the overview: the sizes of a curve, or one block.
pub(super) struct Comparison<'r> {
    /// Where the case is on the page.
    pub(super) anchor: &'r str,
    /// From the smallest size to the largest; at least one.
    pub(super) blocks: Vec<&'r Block>,
    /// What they differ in, if they are several.
    pub(super) axis: Option<Axis>,
}

/// Who is better in a block, and by how much.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Lead {
    /// How many times better ours is; less than 1 if the peer is better.
    factor: f64,
    /// Whether repetitions of the one are among those of the other.
    is_level: bool,
}

fn lead(block: &Block) -> Option<Lead> {
    let verdict = block.verdict.as_ref()?;
    let ratio = verdict.ratio.filter(|ratio| !ratio.is_nan() && *ratio >= 0.0)?;
    let best = |wanted: &dyn Fn(&&Row) -> bool| {
        let summaries = block.rows.iter().filter(wanted).filter_map(Row::summary);
        summaries.min_by(|a, b| a.median.total_cmp(&b.median))
    };
    let ours = best(&|row| row.role == Role::Ours);
    let theirs = best(&|row| row.role == Role::Peer && row.name == verdict.peer);
    let is_level = ours.zip(theirs).is_some_and(|(a, b)| a.min <= b.max && b.min <= a.max);
    Some(Lead { factor: 1.0 / ratio, is_level })
}

/// How often ours is ahead, level and behind.
pub(super) fn score<'r>(blocks: impl IntoIterator<Item = &'r Block>) -> [u64; 3] {
    let mut score = [0; 3];
    for lead in blocks.into_iter().filter_map(lead) {
        let place = match lead {
            Lead { is_level: true, .. } => 1,
            Lead { factor, .. } if factor >= 1.0 => 0,
            _ => 2,
        };
        score[place] += 1;
    }
    score
}

/// The scale for all of them, so that bars of different tables can be compared.
pub(super) fn scale<'r>(blocks: impl IntoIterator<Item = &'r Block>) -> Scale {
    let leads = blocks.into_iter().filter_map(lead).map(|lead| lead.factor);
    let sane = leads.filter(|factor| (1e-6..=1e6).contains(factor));
    let (low, high) = sane.fold((0.6, 3.0), |(a, b): (f64, f64), x| (a.min(x), b.max(x)));
    // There is room for the longest bar and a little more, and on both sides for words.
    let (left, right) = (-low.ln(), high.ln());
    let (left, right) = (left.max(right * 0.3), right.max(left * 0.3));
    let room = (left + right) * 0.03;
    Scale::between((-left - room).exp(), (right + room).exp())
}

/// The table of a group.
pub(super) fn table(comparisons: &[Comparison<'_>], scale: &Scale) -> Element {
    let head = |text: &str, class: &str| {
        element("th").with("scope", "col").class(class.to_owned()).text(text)
    };
    let header = element("tr")
        .child(head("case", "name"))
        .child(head("size", "size"))
        .child(head("ours", "number"))
        .child(head("best peer", "peers"))
        .child(element("th").with("scope", "col").class("plot").child(sides(scale)))
        .child(head("ours is", "words"))
        .child(head("limit", "limits"));
    let rows = comparisons.iter().map(|comparison| row(comparison, scale));
    element("table")
        .class("rows overview")
        .child(element("thead").child(header))
        .child(element("tbody").children(rows).child(axis(scale)))
}

/// What the sides of the middle stand for.
fn sides(scale: &Scale) -> Element {
    let middle = scale.place(1.0);
    let text = |anchor: &str, shift: &str, text: &str| {
        element("text")
            .with("x", percent(middle))
            .with("dx", shift)
            .with("y", "12")
            .with("text-anchor", anchor)
            .text(text)
    };
    // As many words as there is room for.
    let words = |room: f64, words: [&'static str; 2]| words[usize::from(room < 0.42)];
    let left = words(middle, ["← peer ahead", "← peer"]);
    let right = words(1.0 - middle, ["ours ahead →", "ours →"]);
    element("svg")
        .with("role", "img")
        .with("width", "100%")
        .with("height", "16")
        .child(element("title").text("To the left the peer is ahead, to the right ours."))
        .child(text("end", "-8", left))
        .child(text("start", "8", right))
}

fn row(comparison: &Comparison<'_>, scale: &Scale) -> Element {
    let blocks = &comparison.blocks;
    let case = blocks.first().map_or("", |block| block.case.as_str());
    let link = element("a").with("href", format!("#{}", comparison.anchor)).text(case);
    let cell =
        |label: &str, class: &str| element("td").class(class.to_owned()).with("data-label", label);
    let leads: Vec<Lead> = blocks.iter().filter_map(|block| lead(block)).collect();
    let (state, words) = words(blocks, &leads);
    element("tr")
        .class(state)
        .child(element("th").with("scope", "row").class("name").child(link))
        .child(cell("", "rest").text(size(comparison)))
        .child(cell("ours", "rest number").children(values(blocks, Role::Ours, "")))
        .child(cell("best peer", "rest").children(values(blocks, Role::Peer, "no peer does this")))
        .child(element("td").class("plot").child(picture(&leads, scale, &words)))
        .child(cell("", "key").children(words))
        .child(cell("limit", "rest").children(values(blocks, Role::Limit, "")))
}

/// What the block is about besides the case.
fn size(comparison: &Comparison<'_>) -> String {
    let Some((first, last)) = comparison.blocks.first().zip(comparison.blocks.last()) else {
        return String::new();
    };
    let workers = figures::count(first.workers as u64, "workers");
    let Some(axis) = comparison.axis else {
        let bytes = first.bytes.map(|bytes| format!(", {}", figures::memory(bytes as u64)));
        return workers + &bytes.unwrap_or_default();
    };
    let [from, to] = [first, last].map(|block| figures::at(axis, figures::position(block, axis)));
    match axis {
        Axis::Workers => format!("{from} to {to} workers"),
        Axis::Operations => {
            format!("{from} to {to} {}, {workers}", figures::noun(&first.operations_are))
        }
        Axis::Bytes => format!("{from} to {to}, {workers}"),
    }
}

/// The best value of those with this role, and whose it is; of a curve, at both ends.
fn values(blocks: &[&Block], role: Role, nothing: &str) -> Vec<Element> {
    let best = |block: &&&Block| {
        let rows = block.rows.iter().filter(|row| row.role == role);
        let values = rows.filter_map(|row| Some((row.name.clone(), row.summary()?.median)));
        let (name, median) = values.min_by(|a, b| a.1.total_cmp(&b.1))?;
        Some((name, figures::value(block.unit, median)))
    };
    let all: Vec<(String, String)> = blocks.iter().filter_map(|block| best(&block)).collect();
    let (text, names) = match &all[..] {
        [] => {
            let mut rows = blocks.iter().flat_map(|block| &block.rows);
            let ours = rows.find(|row| row.role == Role::Ours && role == Role::Ours);
            let words = ours.and_then(|row| excuse(&row.outcome)).unwrap_or(nothing.to_owned());
            return if words.is_empty() { Vec::new() } else { vec![element("small").text(words)] };
        }
        [only] => (only.1.clone(), vec![&only.0]),
        [first, .., last] => {
            let mut names: Vec<&String> = Vec::new();
            for (name, _) in &all {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            (format!("{} to\u{a0}{}", first.1, last.1), names)
        }
    };
    let value = element("span").class("value").text(text);
    if role == Role::Ours {
        return vec![value];
    }
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    let names = if role == Role::Limit {
        format!(" ({})", names.join(", "))
    } else {
        format!(" {}", names.join(", "))
    };
    vec![value, element("small").text(names)]
}

/// Who is ahead, as a class and in words.
fn words(blocks: &[&Block], leads: &[Lead]) -> (&'static str, Vec<Element>) {
    let unit = blocks.first().map_or(Unit::Time, |block| block.unit);
    let bold = |text: String| element("b").text(text);
    let small = |text: &str| element("small").text(format!(" {text}"));
    let mut ordered: Vec<Lead> = leads.to_vec();
    ordered.sort_by(|a, b| a.factor.total_cmp(&b.factor));
    match &ordered[..] {
        [] if blocks.iter().any(|block| block.verdict.is_some()) => {
            ("level", vec![small("both too small to compare")])
        }
        [] => ("level", vec![small("nothing to compare")]),
        [lead] => {
            let word = bold(times(lead.factor, unit));
            match lead {
                Lead { is_level: true, .. } => ("level", vec![word, small("within the spread")]),
                Lead { factor, .. } if *factor >= 1.0 => ("ahead", vec![word]),
                _ => ("behind", vec![word]),
            }
        }
        [worst, .., best] => {
            let [low, high] = [worst, best].map(|lead| times(lead.factor, unit));
            // The word is said once if it is the same.
            let short = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
            match (worst.factor >= 1.0, best.factor >= 1.0) {
                (true, true) => ("ahead", vec![bold(format!("{} to {high}", short(&low)))]),
                (false, false) => ("behind", vec![bold(format!("{} to {low}", short(&high)))]),
                _ => ("level", vec![bold(format!("{low} to {high}"))]),
            }
        }
    }
}

fn times(factor: f64, unit: Unit) -> String {
    let [better, worse] = figures::comparative(unit);
    match factor {
        f if f.is_infinite() => format!("{better}: zero"),
        f if f >= 1.0 => format!("{}× {better}", figures::factor(f)),
        f if f > 0.0 => format!("{}× {worse}", figures::factor(1.0 / f)),
        _ => format!("{worse}: theirs is zero"),
    }
}

fn picture(leads: &[Lead], scale: &Scale, words: &[Element]) -> Element {
    let middle = HEIGHT / 2.0;
    let one = scale.place(1.0);
    let mut places: Vec<(f64, Lead)> =
        leads.iter().map(|lead| (scale.place(lead.factor), *lead)).collect();
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    let rect = |from: f64, to: f64, class: &str, height: f64| {
        element("rect")
            .class(class.to_owned())
            .with("x", percent(from))
            .with("y", coordinate(middle - height / 2.0))
            .with("width", percent(to - from))
            .with("height", coordinate(height))
    };
    let side = |lead: &Lead| match lead {
        Lead { is_level: true, .. } => "level",
        Lead { factor, .. } if *factor >= 1.0 => "ahead",
        _ => "behind",
    };
    let title: Vec<String> = leads.iter().map(|lead| figures::factor(lead.factor)).collect();
    let title = match &title[..] {
        [] => "Nothing to compare.".to_owned(),
        all => format!("How many times better ours is: {}.", all.join(", ")),
    };
    let mut picture = canvas(scale, HEIGHT, if words.is_empty() { "" } else { &title });
    match &places[..] {
        [] => {}
        [(place, lead)] => {
            let (from, to) = (place.min(one), place.max(one));
            picture = picture.child(rect(from, to, side(lead), 10.0));
        }
        [(low, _), .., (high, _)] => {
            picture = picture.child(rect(*low, *high, "span", 2.0));
            for (place, lead) in &places {
                let dot = element("circle").class(side(lead)).with("cx", percent(*place));
                picture = picture.child(dot.with("cy", coordinate(middle)).with("r", "3.5"));
            }
        }
    }
    let x = percent(one);
    picture.child(line("one", (x.clone(), 0.0), (x, HEIGHT)))
}

/// A picture with the lines of the ticks and nothing else.
fn canvas(scale: &Scale, height: f64, title: &str) -> Element {
    let ticks: Vec<f64> = ticks(scale).into_iter().map(|(tick, _)| tick).collect();
    strip(scale, &ticks, height, title)
}

/// Factors to both sides of 1.
fn ticks(scale: &Scale) -> Vec<(f64, String)> {
    let is_within = |factor: f64| (0.001..0.999).contains(&scale.place(factor));
    let all = |factors: &[f64]| -> Vec<(f64, String)> {
        let below = factors.iter().rev().map(|&factor| (1.0 / factor, factor));
        let above = factors.iter().map(|&factor| (factor, factor));
        let one = std::iter::once((1.0, 1.0));
        let ticks = below.chain(one).chain(above).filter(|(place, _)| is_within(*place));
        ticks.map(|(place, factor)| (place, format!("{factor}×"))).collect()
    };
    // As many as there is room for.
    let fine = [all(&[2.0, 5.0, 10.0, 20.0, 50.0]), all(&[3.0, 10.0, 30.0, 100.0, 300.0])];
    let coarse = all(&[10.0, 100.0, 1e3, 1e4, 1e5, 1e6]);
    let span = scale.place(10.0) - scale.place(1.0);
    let [finer, fine] = fine;
    match span {
        decade if decade > 0.6 => finer,
        decade if decade > 0.27 => fine,
        _ => coarse,
    }
}

fn axis(scale: &Scale) -> Element {
    let labels = ticks(scale);
    let labels = labels.into_iter().map(|(tick, text)| tick_label(scale.place(tick), 17.0, text));
    let picture = canvas(scale, 5.0, "A logarithmic scale of factors.").children(labels);
    let empty = |columns: u8| element("td").class("nothing").with("colspan", columns.to_string());
    element("tr")
        .class("axis")
        .child(empty(4))
        .child(element("td").class("plot").child(picture.class("axis")))
        .child(empty(2))
}
