//! A case of several sizes as a chart: a line for each contestant.
//!
//! Both axes are logarithmic. Each chart is drawn twice, for wide and for narrow screens, since text
//! must not shrink with the drawing; the style sheet shows one of them. Each line has its colour,
//! its marker and its name at its end.

use super::bars::{class, name};
use super::figures;
use super::markup::{Element, element};
use super::plot::{Scale, apart, coordinate, line};
use crate::report::data::{Axis, Block, Role, Unit};

/// How many colours there are for peers.
const COLOURS: usize = 8;
/// How many markers there are besides the disc, which is ours.
const MARKERS: usize = 7;

/// What a contestant looks like in all charts of a group: its place among the peers, or limits.
pub(super) type Looks<'r> = Vec<(&'r str, Role)>;

/// Everyone of these blocks, in the order of their appearance.
pub(super) fn looks<'r>(blocks: impl IntoIterator<Item = &'r Block>) -> Looks<'r> {
    let mut looks = Looks::new();
    for row in blocks.into_iter().flat_map(|block| &block.rows) {
        if !looks.contains(&(row.name.as_str(), row.role)) {
            looks.push((&row.name, row.role));
        }
    }
    looks
}

/// A place for a chart.
struct Canvas {
    class: &'static str,
    width: f64,
    left: f64,
    right_of: fn(usize) -> f64,
    height: f64,
    font: f64,
    /// The longest line of a name.
    name: usize,
}

const WIDE: Canvas = Canvas {
    class: "curves wide",
    width: 900.0,
    left: 62.0,
    right_of: |longest| 38.0 + 8.4 * longest as f64,
    height: 440.0,
    font: 14.0,
    name: 26,
};

const NARROW: Canvas = Canvas {
    class: "curves narrow",
    width: 380.0,
    left: 52.0,
    right_of: |longest| 32.0 + 7.2 * longest as f64,
    height: 400.0,
    font: 12.0,
    name: 13,
};

const TOP: f64 = 12.0;
/// For the ticks and the name of the axis.
const BOTTOM: f64 = 52.0;

struct Curve<'b> {
    name: String,
    role: Role,
    /// Its place among those with the same role.
    look: usize,
    points: Vec<Point<'b>>,
}

impl Curve<'_> {
    /// There is one marker less than there are colours, so that the same pair comes late.
    fn shape(&self) -> usize {
        match self.role {
            Role::Ours => 0,
            Role::Peer | Role::Limit => 1 + self.look % MARKERS,
        }
    }
}

struct Point<'b> {
    x: f64,
    block: &'b Block,
    median: f64,
    min: f64,
    max: f64,
}

/// The charts of blocks that differ in this, from the smallest to the largest.
pub(super) fn charts(blocks: &[&Block], axis: Axis, looks: &Looks<'_>) -> Vec<Element> {
    let curves = curves(blocks, axis, looks);
    [WIDE, NARROW].iter().map(|canvas| chart(canvas, blocks, axis, &curves)).collect()
}

fn curves<'b>(blocks: &[&'b Block], axis: Axis, looks: &Looks<'_>) -> Vec<Curve<'b>> {
    let mut curves = Vec::new();
    for (index, &(who, role)) in looks.iter().enumerate() {
        let look = looks[..index].iter().filter(|look| look.1 == role).count();
        let rows = blocks.iter().flat_map(|&block| block.rows.iter().map(move |row| (block, row)));
        let mut points = Vec::new();
        let mut label = String::new();
        for (block, row) in rows.filter(|(_, row)| row.name == who && row.role == role) {
            let Some(summary) = row.summary() else { continue };
            label = name(row);
            // A slow contestant is drawn at the number that it has done.
            let done = summary.operations.filter(|_| axis == Axis::Operations);
            let x = done.unwrap_or_else(|| figures::position(block, axis)) as f64;
            let (median, min, max) = (summary.median, summary.min, summary.max);
            points.push(Point { x, block, median, min, max });
        }
        if !points.is_empty() {
            points.sort_by(|a, b| a.x.total_cmp(&b.x));
            curves.push(Curve { name: label, role, look, points });
        }
    }
    // What is drawn last is on top.
    curves.sort_by_key(|curve| match curve.role {
        Role::Limit => 0,
        Role::Peer => 1,
        Role::Ours => 2,
    });
    curves
}

fn chart(canvas: &Canvas, blocks: &[&Block], axis: Axis, curves: &[Curve<'_>]) -> Element {
    let Some(first) = blocks.first() else { return element("svg").with("role", "img") };
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let x_scale = {
        let positions = blocks.iter().map(|block| figures::position(block, axis) as f64);
        let all: Vec<f64> = points().map(|point| point.x).chain(positions).collect();
        let sane = all.iter().copied().filter(|x| *x > 0.0);
        let (low, high) = sane.fold((f64::MAX, 1.0), |(a, b), x| (a.min(x), x.max(b)));
        let low = low.min(high);
        let room = (high / low).powf(0.02).max(1.01);
        Scale::between(low / room, high * room)
    };
    let y_scale = Scale::of_points(points().flat_map(|p| [p.min, p.median, p.max]));
    let names: Vec<Vec<String>> =
        curves.iter().map(|curve| wrap(&curve.name, canvas.name)).collect();
    let longest = names.iter().flatten().map(|line| line.chars().count()).max().unwrap_or(0);
    let right = canvas.width - (canvas.right_of)(longest);
    let line_height = canvas.font * 1.2;
    let heights: Vec<f64> =
        names.iter().map(|lines| lines.len() as f64 * line_height + 2.0).collect();
    let height = canvas.height.max(heights.iter().sum::<f64>() + TOP + BOTTOM);
    let bottom = height - BOTTOM;
    let frame = Frame {
        x: |x: f64| canvas.left + x_scale.place(x) * (right - canvas.left),
        y: |y: f64| bottom - y_scale.place(y) * (bottom - TOP),
    };

    let ends: Vec<f64> = curves.iter().map(|curve| frame.end(curve).1).collect();
    let labels: Vec<(f64, f64)> = ends.iter().copied().zip(heights.iter().copied()).collect();
    let middles = apart(&labels, TOP - 6.0, bottom + 6.0);

    let mut picture = element("svg")
        .class(canvas.class)
        .with("role", "img")
        .with("viewBox", format!("0 0 {} {}", coordinate(canvas.width), coordinate(height)))
        .with("font-size", coordinate(canvas.font))
        .child(element("title").text(format!("{}: {}", first.case, first.title)))
        .child(element("desc").text(describe(first, axis, curves)));
    for tick in y_scale.ticks(8) {
        let y = (frame.y)(tick);
        let from = (coordinate(canvas.left), y);
        picture = picture.child(line("grid", from, (coordinate(right), y))).child(label(
            (canvas.left - 6.0, y + canvas.font * 0.35),
            "end",
            figures::tick(first.unit, tick, tick),
        ));
    }
    let mut free = f64::MIN;
    for (position, text) in x_ticks(&x_scale, blocks, axis) {
        let x = (frame.x)(position);
        let from = (coordinate(x), TOP);
        picture = picture.child(line("grid", from, (coordinate(x), bottom)));
        let half = text.chars().count() as f64 * canvas.font * 0.3;
        // The last one is always written, so that there is room up to it.
        if x - half > free {
            picture = picture.child(label((x, bottom + canvas.font + 5.0), "middle", text));
            free = x + half + canvas.font * 0.5;
        }
    }
    let middle = (canvas.left + right) / 2.0;
    let what = figures::positions(axis, &first.operations_are);
    picture = picture.child(label((middle, height - 8.0), "middle", what));
    for (curve, (lines, &label_y)) in curves.iter().zip(names.iter().zip(&middles)) {
        let x = right + canvas.font * 2.0;
        let first_y = label_y - (lines.len() as f64 - 1.0) * line_height / 2.0;
        let text = lines.iter().enumerate().map(|(index, text)| {
            let y = first_y + index as f64 * line_height + canvas.font * 0.35;
            label((x, y), "start", text.clone())
        });
        let (end_x, end_y) = frame.end(curve);
        // A line that ends early has no way to its name: it would look like more of the line.
        let leader = (right - end_x < right * 0.06).then(|| {
            line("leader", (coordinate(end_x), end_y), (coordinate(x - canvas.font * 1.1), label_y))
        });
        let key = marker(curve.shape(), x - canvas.font * 0.7, label_y);
        let group = element("g").class(classes(curve));
        picture = picture
            .child(group.children(leader).child(curve_of(&frame, curve)).child(key).children(text));
    }
    picture
}

/// Where values are in the drawing.
struct Frame<X, Y> {
    x: X,
    y: Y,
}

impl<X: Fn(f64) -> f64, Y: Fn(f64) -> f64> Frame<X, Y> {
    fn end(&self, curve: &Curve<'_>) -> (f64, f64) {
        curve.points.last().map_or((0.0, 0.0), |end| ((self.x)(end.x), (self.y)(end.median)))
    }
}

/// The line with its whiskers and markers.
fn curve_of<X, Y>(frame: &Frame<X, Y>, curve: &Curve<'_>) -> Element
where
    X: Fn(f64) -> f64,
    Y: Fn(f64) -> f64,
{
    let mut way = String::new();
    let mut marks = Vec::new();
    for point in &curve.points {
        let (x, y) = ((frame.x)(point.x), (frame.y)(point.median));
        way += if way.is_empty() { "M" } else { "L" };
        way += &format!("{} {}", coordinate(x), coordinate(y));
        let ends = [(frame.y)(point.min), (frame.y)(point.max)];
        let unit = point.block.unit;
        let (median, range) =
            (figures::value(unit, point.median), figures::range(unit, point.min, point.max));
        let title = format!("{}: {median}, {range}", curve.name);
        let whisker = line("whisker", (coordinate(x), ends[0]), (coordinate(x), ends[1]));
        let caps =
            ends.map(|y| line("whisker", (coordinate(x - 2.5), y), (coordinate(x + 2.5), y)));
        let mark = element("g").child(element("title").text(title)).child(whisker).children(caps);
        marks.push(mark.child(marker(curve.shape(), x, y)));
    }
    let way = element("path").class("way").with("d", way);
    element("g").child(way).children(marks)
}

fn describe(block: &Block, axis: Axis, curves: &[Curve<'_>]) -> String {
    let mut text = format!(
        "{} against the {}, both logarithmic.",
        figures::measure(block.unit),
        figures::positions(axis, &block.operations_are)
    );
    for curve in curves.iter().rev() {
        let [Some(first), Some(last)] = [curve.points.first(), curve.points.last()] else {
            continue;
        };
        let [a, b] = [first, last].map(|point| {
            let at = figures::at(axis, point.x as u64);
            format!("{} at {at}", figures::value(block.unit, point.median))
        });
        text += &format!(" {}: {a}, {b}.", curve.name);
    }
    text
}

/// Powers of ten for operations; for what is doubled, the positions themselves.
fn x_ticks(scale: &Scale, blocks: &[&Block], axis: Axis) -> Vec<(f64, String)> {
    let mut positions: Vec<u64> =
        blocks.iter().map(|block| figures::position(block, axis)).collect();
    positions.dedup();
    if axis == Axis::Operations {
        let powers = (0..=18).map(|power| 10_u64.pow(power));
        let round: Vec<u64> = powers.filter(|&power| scale.contains(power as f64)).collect();
        if round.len() >= 2 {
            positions = round;
        }
    }
    positions.iter().map(|&position| (position as f64, figures::at(axis, position))).collect()
}

fn label(at: (f64, f64), anchor: &str, text: String) -> Element {
    let class = if anchor == "start" { "name" } else { "scale" };
    element("text")
        .class(class)
        .with("x", coordinate(at.0))
        .with("y", coordinate(at.1))
        .with("text-anchor", anchor)
        .text(text)
}

fn classes(curve: &Curve<'_>) -> String {
    match curve.role {
        Role::Peer => format!("peer colour-{}", curve.look % COLOURS),
        Role::Ours | Role::Limit => class(curve.role).to_owned(),
    }
}

/// A small shape.
fn marker(shape: usize, x: f64, y: f64) -> Element {
    if shape == 0 {
        let disc = element("circle").class("marker");
        return disc.with("cx", coordinate(x)).with("cy", coordinate(y)).with("r", "4.2");
    }
    let corners: &[(f64, f64)] = match shape {
        1 => &[(-4.0, -4.0), (4.0, -4.0), (4.0, 4.0), (-4.0, 4.0)],
        2 => &[(0.0, -5.2), (5.0, 3.8), (-5.0, 3.8)],
        3 => &[(0.0, -5.6), (5.6, 0.0), (0.0, 5.6), (-5.6, 0.0)],
        4 => &[(0.0, 5.2), (5.0, -3.8), (-5.0, -3.8)],
        5 => &[(-5.0, -2.9), (0.0, -5.8), (5.0, -2.9), (5.0, 2.9), (0.0, 5.8), (-5.0, 2.9)],
        6 => &[(-5.2, 0.0), (3.8, -5.0), (3.8, 5.0)],
        _ => &[(5.2, 0.0), (-3.8, -5.0), (-3.8, 5.0)],
    };
    let mut way = String::new();
    for (dx, dy) in corners {
        way += if way.is_empty() { "M" } else { "L" };
        way += &format!("{} {}", coordinate(x + dx), coordinate(y + dy));
    }
    element("path").class("marker").with("d", way + "Z")
}

/// Lines of at most so many characters, if the words permit.
fn wrap(name: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let words = name.split_inclusive([' ', '-', '_']);
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.trim_end().chars().count() <= most => {
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// What is drawn against what.
pub(super) fn caption(unit: Unit, axis: Axis, operations_are: &str) -> String {
    let positions = figures::positions(axis, operations_are);
    format!("{} against the {positions}, both scales logarithmic", figures::measure(unit))
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn long_names_have_several_lines() {
        assert_eq!(wrap("rayon", 13), ["rayon"]);
        assert_eq!(wrap("procspawn, 100 at a time", 13), ["procspawn,", "100 at a time"]);
        assert_eq!(wrap("crossbeam-channel", 13), ["crossbeam-", "channel"]);
        assert_eq!(wrap("incomprehensibilities", 13), ["incomprehensibilities"]);
    }
}
