//! What all drawings need: scales that are finite whatever the data are, round ticks, and labels
//! that do not overlap.

use super::markup::{Element, element};

/// If the largest value is more than so many times the smallest, bars are drawn logarithmically.
const LINEAR_SPAN: f64 = 50.0;
/// What is outside of this is drawn at the edge.
const SANE: std::ops::RangeInclusive<f64> = 1e-15..=1e18;

/// Where a value is between two others, linearly or logarithmically.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Scale {
    /// A scale for bars of these lengths: linear and from 0 if the values permit.
    pub(super) fn of_bars(values: impl IntoIterator<Item = f64>) -> Self {
        let Some((low, high)) = extremes(values) else {
            return Self { low: 0.0, high: 1.0, logarithmic: false };
        };
        if high / low <= LINEAR_SPAN {
            return Self { low: 0.0, high: high * 1.02, logarithmic: false };
        }
        // The shortest bar is to be seen, too.
        let low = 10_f64.powf((low * 0.75).log10().floor());
        Self { low, high: high * 1.1, logarithmic: true }
    }

    /// A logarithmic scale for points that have these values, with room around them.
    pub(super) fn of_points(values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = extremes(values).unwrap_or((1.0, 1.0));
        let room = (high / low).powf(0.04).max(if high / low < 3.0 { 1.5 } else { 1.05 });
        Self { low: low / room, high: high * room, logarithmic: true }
    }

    /// A logarithmic scale from one value to another.
    pub(super) fn between(low: f64, high: f64) -> Self {
        Self { low, high, logarithmic: true }
    }

    /// Whether equal distances are equal factors.
    pub(super) fn is_logarithmic(&self) -> bool {
        self.logarithmic
    }

    /// Where a value is, from 0 to 1; what is outside is at the edge.
    pub(super) fn place(&self, value: f64) -> f64 {
        let place = if self.logarithmic {
            (value.max(f64::MIN_POSITIVE) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        if place.is_nan() { 0.0 } else { place.clamp(0.0, 1.0) }
    }

    /// Round values on the scale, hardly more than `most`.
    pub(super) fn ticks(&self, most: usize) -> Vec<f64> {
        if !self.logarithmic {
            return self.even_ticks(most);
        }
        let powers = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
        let within = |mantissas: &[f64]| -> Vec<f64> {
            let ticks = powers.clone().flat_map(|power| {
                mantissas.iter().map(move |mantissa| mantissa * 10_f64.powi(power))
            });
            ticks.filter(|&tick| self.contains(tick)).collect()
        };
        let decades = within(&[1.0]);
        if decades.len() > most {
            return decades.iter().copied().step_by(decades.len().div_ceil(most)).collect();
        }
        let finer = [decades, within(&[1.0, 3.0]), within(&[1.0, 2.0, 5.0])];
        let enough = finer.into_iter().find(|ticks| ticks.len() * 2 >= most);
        enough.unwrap_or_else(|| self.even_ticks(most))
    }

    fn even_ticks(&self, most: usize) -> Vec<f64> {
        let rough = (self.high - self.low) / most.max(1) as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
        let step = steps.into_iter().find(|&step| step >= rough * 0.999).unwrap_or(rough);
        let first = (self.low / step).ceil() as u64;
        let ticks = (first..).map(|count| count as f64 * step);
        ticks.take_while(|&tick| tick <= self.high).take(most + 2).collect()
    }

    /// Whether a value is on the scale.
    pub(super) fn contains(&self, value: f64) -> bool {
        (self.low * 0.999..=self.high * 1.001).contains(&value)
    }
}

/// The smallest and the largest of the values that can be drawn.
fn extremes(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let sane = values.into_iter().filter(|value| SANE.contains(value));
    sane.fold(None, |extremes, value| match extremes {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

/// A coordinate as an attribute: finite, and with no more digits than can be seen.
pub(super) fn coordinate(value: f64) -> String {
    let value = if value.is_finite() { (value * 100.0).round() / 100.0 } else { 0.0 };
    // Not `-0`.
    (value + 0.0).to_string()
}

/// A place from 0 to 1 as a share of the drawing's width.
pub(super) fn percent(place: f64) -> String {
    coordinate(place * 100.0) + "%"
}

/// A line.
pub(super) fn line(class: &str, from: (String, f64), to: (String, f64)) -> Element {
    element("line")
        .class(class)
        .with("x1", from.0)
        .with("y1", coordinate(from.1))
        .with("x2", to.0)
        .with("y2", coordinate(to.1))
}

/// A picture as wide as there is room, with the lines of the ticks and nothing else.
pub(super) fn strip(scale: &Scale, ticks: &[f64], height: f64, title: &str) -> Element {
    let lines = ticks.iter().map(|&tick| {
        let x = percent(scale.place(tick));
        line("grid", (x.clone(), 0.0), (x, height))
    });
    element("svg")
        .with("role", "img")
        .with("width", "100%")
        .with("height", coordinate(height))
        .child(element("title").text(title))
        .children(lines)
}

/// Text at an axis that goes from left to right. At the edges it does not stick out.
pub(super) fn tick_label(place: f64, y: f64, text: String) -> Element {
    let anchor = match place {
        place if place < 0.03 => "start",
        place if place > 0.95 => "end",
        _ => "middle",
    };
    element("text")
        .class("tick")
        .with("x", percent(place))
        .with("y", coordinate(y))
        .with("text-anchor", anchor)
        .text(text)
}

/// Moves labels of these middles and heights apart, as little as possible and in their order, so
/// that they are between `top` and `bottom`. Returns their new middles. If they do not fit in
/// there, the last ones stick out.
pub(super) fn apart(labels: &[(f64, f64)], top: f64, bottom: f64) -> Vec<f64> {
    /// Labels that touch each other: their number, height and the top that suits them best.
    #[derive(Clone, Copy)]
    struct Stack {
        labels: usize,
        height: f64,
        top: f64,
    }
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|&a, &b| labels[a].0.total_cmp(&labels[b].0));
    let clamp = |stack: Stack| stack.top.min(bottom - stack.height).max(top);
    let mut stacks: Vec<Stack> = Vec::new();
    for &index in &order {
        let (middle, height) = labels[index];
        let mut stack = Stack { labels: 1, height, top: middle - height / 2.0 };
        while let Some(above) = stacks.pop() {
            if clamp(above) + above.height <= clamp(stack) {
                stacks.push(above);
                break;
            }
            // Where the two together are least far from where each wants to be.
            let (a, b) = (above.labels as f64, stack.labels as f64);
            stack = Stack {
                labels: above.labels + stack.labels,
                height: above.height + stack.height,
                top: (above.top * a + (stack.top - above.height) * b) / (a + b),
            };
        }
        stacks.push(stack);
    }
    let mut middles = vec![0.0; labels.len()];
    let mut order = order.into_iter();
    for stack in stacks {
        let mut y = clamp(stack);
        for index in order.by_ref().take(stack.labels) {
            middles[index] = y + labels[index].1 / 2.0;
            y += labels[index].1;
        }
    }
    middles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(ticks: &[f64], expected: &[f64]) {
        assert_eq!(ticks.len(), expected.len(), "{ticks:?}");
        for (tick, expected) in ticks.iter().zip(expected) {
            assert!((tick - expected).abs() < 1e-9 * expected.max(1e-9), "{ticks:?}");
        }
    }

    #[test]
    fn bars_are_linear_until_they_cannot_be_seen() {
        let linear = Scale::of_bars([2.0, 90.0]);
        assert!(!linear.is_logarithmic());
        assert_eq!(linear.place(0.0), 0.0);
        let logarithmic = Scale::of_bars([2.0, 200.0]);
        assert!(logarithmic.is_logarithmic());
        assert!(logarithmic.place(2.0) > 0.0);
        assert!((logarithmic.place(20.0) - logarithmic.place(2.0)).abs() > 0.2);
    }

    #[test]
    fn every_place_is_finite_and_within() {
        let hostile = [f64::NAN, f64::INFINITY, -1.0, 0.0, f64::MAX, f64::MIN_POSITIVE];
        for data in [&[][..], &[0.0], &[5.0], &[0.0, 5.0], &[1e-9, 1.0], &hostile] {
            let (bars, points) =
                (Scale::of_bars(data.iter().copied()), Scale::of_points(data.iter().copied()));
            for scale in [bars, points] {
                for &value in data.iter().chain(&hostile) {
                    assert!((0.0..=1.0).contains(&scale.place(value)), "{scale:?} {value}");
                }
                let ticks = scale.ticks(6);
                assert!((2..=8).contains(&ticks.len()), "{scale:?} {ticks:?}");
            }
        }
    }

    #[test]
    fn ticks_are_round_and_few() {
        close(&Scale::of_bars([180e-9]).ticks(5), &[0.0, 50e-9, 100e-9, 150e-9]);
        close(&Scale::between(0.9e-7, 1.1e-4).ticks(6), &[1e-7, 1e-6, 1e-5, 1e-4]);
        close(&Scale::between(15.0, 60.0).ticks(6), &[20.0, 30.0, 40.0, 50.0, 60.0]);
        assert!(Scale::between(1.0, 1e15).ticks(6).len() <= 6);
    }

    #[test]
    fn coordinates_are_numbers() {
        assert_eq!(coordinate(f64::NAN), "0");
        assert_eq!(coordinate(-0.001), "0");
        assert_eq!(coordinate(1.0 / 3.0), "0.33");
        assert_eq!(percent(0.5), "50%");
    }

    #[test]
    fn labels_do_not_overlap_and_stay_within() {
        let labels = [(10.0, 10.0), (12.0, 10.0), (50.0, 10.0), (99.0, 10.0), (99.0, 20.0)];
        let middles = apart(&labels, 0.0, 100.0);
        assert_eq!(middles, [6.0, 16.0, 50.0, 75.0, 90.0]);
        assert!(apart(&[], 0.0, 1.0).is_empty());
    }
}
