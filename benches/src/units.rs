//! What the numbers of a case are, and how to write them.

/// What the samples of a case are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds per operation; besides, processor seconds per operation.
    Time,
    /// Bytes per operation; besides, allocations per operation.
    Bytes,
    /// Processor seconds; nothing besides.
    Cpu,
    /// Seconds to the first result; besides, seconds until everything is gone again.
    Start,
}

impl Unit {
    /// Writes a sample's value.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Time | Self::Start => seconds(value),
            Self::Bytes => format!("{value:.1} B"),
            Self::Cpu => format!("{:.3} ms", value * 1e3),
        }
    }

    /// Writes what a sample has besides.
    pub fn show_extra(self, extra: Option<f64>) -> String {
        match (self, extra) {
            (_, None) => String::new(),
            (Self::Bytes, Some(allocations)) => format!("{allocations:.2}"),
            (Self::Time | Self::Cpu | Self::Start, Some(time)) => seconds(time),
        }
    }

    /// How many times as much `value` is as `other`, unless both are too small to say.
    pub fn ratio(self, value: f64, other: f64) -> String {
        let ratio = value / other;
        let is_noise = self == Self::Cpu && value.max(other) < 1e-3;
        if is_noise || !ratio.is_finite() { "-".to_owned() } else { format!("{ratio:.2}") }
    }

    /// What a sample has besides its value.
    pub fn extra_name(self) -> &'static str {
        match self {
            Self::Time => "CPU",
            Self::Bytes => "allocations",
            Self::Cpu => "",
            Self::Start => "with its end",
        }
    }
}

/// A time with three significant digits or so.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 100e-9 => format!("{:.1} ns", s * 1e9),
        s if s < 1e-6 => format!("{:.0} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.2} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}

/// A count with its digits in groups of three.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{grouped, seconds};

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(seconds(12.34e-9), "12.3 ns");
        assert_eq!(seconds(234.5e-9), "234 ns");
        assert_eq!(seconds(1.5e-6), "1.50 µs");
        assert_eq!(seconds(2.0), "2.00 s");
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_000_000), "1,000,000");
        assert_eq!(grouped(21_000), "21,000");
    }
}
