//! Numbers for people: three significant digits, a fitting unit, and what they are called.

use crate::report::data::{Axis, Block, Unit};
use crate::units::grouped;

/// Divisors and their names, from the smallest.
type Prefixes = [(f64, &'static str)];

const TIMES: &Prefixes = &[(1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s")];
const MEMORY: &Prefixes =
    &[(1.0, "B"), (1024.0, "KiB"), (1_048_576.0, "MiB"), (1_073_741_824.0, "GiB")];

/// Between a number and its unit: a space at which no line ends.
const SPACE: char = '\u{a0}';

fn prefixes(unit: Unit) -> &'static Prefixes {
    match unit {
        Unit::Bytes => MEMORY,
        Unit::Time | Unit::Total | Unit::Processor | Unit::Start | Unit::Latency => TIMES,
    }
}

/// The largest prefix that leaves a number of at least 1 when it has been rounded.
fn prefix(prefixes: &Prefixes, value: f64) -> (f64, &'static str) {
    let fits = |&&(divisor, _): &&(f64, &'static str)| value.abs() >= divisor * 0.9995;
    *prefixes.iter().rev().find(fits).unwrap_or(&prefixes[0])
}

/// Three significant digits of a number that is written without an exponent.
fn digits(number: f64) -> String {
    match number.abs() {
        n if !n.is_finite() => "?".to_owned(),
        n if n >= 999.5 => grouped(n.round() as u64),
        n if n >= 99.95 => format!("{number:.0}"),
        n if n >= 9.995 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

fn scaled(value: f64, prefixes: &Prefixes) -> String {
    if value == 0.0 {
        let base = prefixes.iter().find(|prefix| prefix.0 == 1.0).map_or("", |prefix| prefix.1);
        return format!("0{SPACE}{base}");
    }
    let (divisor, name) = prefix(prefixes, value);
    format!("{}{SPACE}{name}", digits(value / divisor))
}

/// A value of a case: `83.1 ns`, `96.0 B`.
pub(super) fn value(unit: Unit, value: f64) -> String {
    scaled(value, prefixes(unit))
}

/// Two values, with their unit once if it is the same: `81.0–93.4 ns`.
pub(super) fn range(unit: Unit, low: f64, high: f64) -> String {
    if value(unit, low) == value(unit, high) {
        return value(unit, low);
    }
    let prefixes = prefixes(unit);
    let (from, to) = (prefix(prefixes, low), prefix(prefixes, high));
    if from.1 == to.1 && low != 0.0 {
        format!("{}–{}{SPACE}{}", digits(low / from.0), digits(high / to.0), to.1)
    } else {
        format!("{} – {}", value(unit, low), value(unit, high))
    }
}

/// A round value at an axis, in the unit that fits `largest`: `0.5 µs`.
pub(super) fn tick(unit: Unit, value: f64, largest: f64) -> String {
    let (divisor, name) = prefix(prefixes(unit), largest);
    if value == 0.0 {
        return "0".to_owned();
    }
    // What is left of the round number after the division is noise.
    let number = (value / divisor * 1e6).round() / 1e6;
    match number {
        number if number >= 1e4 => format!("{}{SPACE}{name}", grouped(number.round() as u64)),
        number => format!("{number}{SPACE}{name}"),
    }
}

/// An amount of memory in bytes: `15.6 GiB`; a round one without decimals: `1 MiB`.
pub(super) fn memory(bytes: u64) -> String {
    let (divisor, name) = prefix(MEMORY, bytes as f64);
    let number = bytes as f64 / divisor;
    if number.fract() == 0.0 {
        format!("{number}{SPACE}{name}")
    } else {
        format!("{}{SPACE}{name}", digits(number))
    }
}

/// How many times: `1.05`, `2.3`, `14.2`, `1,234`.
pub(super) fn factor(factor: f64) -> String {
    match factor {
        n if n >= 99.95 => digits(n),
        n if n >= 1.995 => format!("{n:.1}"),
        n => format!("{n:.2}"),
    }
}

/// A median divided by another: `0.016`, `0.43`, `12.0`.
pub(super) fn ratio(ratio: f64) -> String {
    match ratio {
        small if small > 0.0 && small < 0.000_995 => "< 0.001".to_owned(),
        small if small < 0.0995 => format!("{small:.3}"),
        ratio => digits(ratio),
    }
}

/// What the values of a case are, as an axis says it.
pub(super) fn measure(unit: Unit) -> &'static str {
    match unit {
        Unit::Time => "time per operation",
        Unit::Total => "time for all operations",
        Unit::Bytes => "memory per operation",
        Unit::Processor => "processor time",
        Unit::Start => "time to the first result",
        Unit::Latency => "latency",
    }
}

/// What is measured besides the values, as heads of columns.
pub(super) fn besides(unit: Unit) -> &'static [&'static str] {
    match unit {
        Unit::Time | Unit::Total => &["processor"],
        Unit::Bytes => &["allocations"],
        Unit::Processor => &[],
        Unit::Start => &["until gone"],
        Unit::Latency => &["p99", "max"],
    }
}

/// Something that is measured besides.
pub(super) fn beside(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Bytes => digits(value),
        Unit::Time | Unit::Total | Unit::Processor | Unit::Start | Unit::Latency => {
            scaled(value, TIMES)
        }
    }
}

/// What the smaller of two values is, and what the larger.
pub(super) fn comparative(unit: Unit) -> [&'static str; 2] {
    match unit {
        Unit::Time | Unit::Total | Unit::Start => ["faster", "slower"],
        Unit::Bytes => ["smaller", "larger"],
        Unit::Processor => ["less", "more"],
        Unit::Latency => ["shorter", "longer"],
    }
}

/// A number and what it counts: `1 worker`, `2 workers`.
pub(super) fn count(number: u64, of: &str) -> String {
    let word = if number == 1 { of.strip_suffix('s').unwrap_or(of) } else { of };
    format!("{}{SPACE}{word}", grouped(number))
}

/// What the operations are, without what there is to add: `items (slow peers: fewer)` are `items`.
pub(super) fn noun(operations_are: &str) -> &str {
    operations_are.split(['(', ',', ';']).next().unwrap_or(operations_are).trim_end()
}

/// Where a block is on the axis of its curve.
pub(super) fn position(block: &Block, axis: Axis) -> u64 {
    match axis {
        Axis::Operations => block.operations,
        Axis::Workers => block.workers as u64,
        Axis::Bytes => block.bytes.unwrap_or(0) as u64,
    }
}

/// A position on the axis of a curve: `10⁵`, `64`, `16 MiB`.
pub(super) fn at(axis: Axis, position: u64) -> String {
    match axis {
        Axis::Bytes => memory(position),
        Axis::Workers => grouped(position),
        Axis::Operations => match position.checked_ilog10() {
            Some(power) if power >= 3 && position == 10_u64.pow(power) => {
                const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
                let digit = |digit: u8| SUPERSCRIPTS[usize::from(digit - b'0')];
                format!("10{}", power.to_string().bytes().map(digit).collect::<String>())
            }
            _ => grouped(position),
        },
    }
}

/// What the positions on an axis are.
pub(super) fn positions(axis: Axis, operations_are: &str) -> String {
    match axis {
        Axis::Operations => format!("number of {}", noun(operations_are)),
        Axis::Workers => "number of workers".to_owned(),
        Axis::Bytes => "size".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        text.replace(SPACE, " ")
    }

    #[test]
    fn values_have_three_digits_and_a_fitting_unit() {
        for (seconds, text) in [
            (0.0, "0 s"),
            (0.12e-9, "0.12 ns"),
            (12.345e-9, "12.3 ns"),
            (999.4e-9, "999 ns"),
            (999.9e-9, "1.00 µs"),
            (234.4e-6, "234 µs"),
            (0.0999, "99.9 ms"),
            (1.0, "1.00 s"),
            (12_345.0, "12,345 s"),
            (f64::NAN, "? ns"),
        ] {
            assert_eq!(plain(&value(Unit::Time, seconds)), text);
        }
        assert_eq!(plain(&value(Unit::Bytes, 96.0)), "96.0 B");
        assert_eq!(plain(&value(Unit::Bytes, 2048.0)), "2.00 KiB");
    }

    #[test]
    fn a_range_has_its_unit_once_if_it_can() {
        assert_eq!(plain(&range(Unit::Time, 81e-9, 93.44e-9)), "81.0–93.4 ns");
        assert_eq!(plain(&range(Unit::Time, 81e-9, 1.5e-6)), "81.0 ns – 1.50 µs");
        assert_eq!(plain(&range(Unit::Processor, 0.0, 1.5e-6)), "0 s – 1.50 µs");
        assert_eq!(plain(&range(Unit::Processor, 0.0, 0.0)), "0 s");
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(plain(&tick(Unit::Time, 0.3e-6, 2e-6)), "0.3 µs");
        assert_eq!(plain(&tick(Unit::Time, 1e-7, 1e-7)), "100 ns");
        assert_eq!(tick(Unit::Time, 0.0, 1e-7), "0");
    }

    #[test]
    fn counts_and_positions_are_short() {
        assert_eq!(plain(&count(1, "workers")), "1 worker");
        assert_eq!(plain(&count(1_000_000, "tasks")), "1,000,000 tasks");
        assert_eq!(noun("round trips (slow peers: fewer)"), "round trips");
        assert_eq!(at(Axis::Operations, 100_000), "10⁵");
        assert_eq!(at(Axis::Operations, 200_000), "200,000");
        assert_eq!(plain(&at(Axis::Bytes, 16 << 20)), "16 MiB");
        assert_eq!(plain(&memory(16_766_000_000)), "15.6 GiB");
        assert_eq!(factor(1.049), "1.05");
        assert_eq!(factor(2.34), "2.3");
        assert_eq!(factor(1234.4), "1,234");
        assert_eq!(ratio(0.0157), "0.016");
        assert_eq!(ratio(0.000_01), "< 0.001");
        assert_eq!(ratio(1.0), "1.00");
    }
}
