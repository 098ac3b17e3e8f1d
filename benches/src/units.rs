//! How to write the numbers of a case.

use crate::report::data::Unit;

impl Unit {
    /// Writes a value.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Time | Self::Total | Self::Start | Self::Latency => seconds(value),
            Self::Bytes => bytes(value),
            Self::Processor => format!("{:.3} ms", value * 1e3),
        }
    }

    /// Writes what there is besides.
    pub fn show_besides(self, value: Option<f64>) -> String {
        match (self, value) {
            (_, None) => String::new(),
            (Self::Bytes, Some(allocations)) => format!("{allocations:.2}"),
            (_, Some(time)) => seconds(time),
        }
    }

    /// What there is besides.
    pub fn besides(self) -> &'static [&'static str] {
        match self {
            Self::Time | Self::Total => &["CPU"],
            Self::Bytes => &["allocations"],
            Self::Processor => &[],
            Self::Start => &["with its end"],
            Self::Latency => &["99 %", "largest"],
        }
    }

    /// How many times as much `value` is as `other`, unless both are too small to say.
    pub fn ratio(self, value: f64, other: f64) -> Option<f64> {
        let ratio = value / other;
        let is_noise = self == Self::Processor && value.max(other) < 1e-3;
        (ratio.is_finite() && !is_noise).then_some(ratio)
    }
}

/// A ratio, if there is one.
pub fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"))
}

/// A size that need not be whole.
pub fn bytes(bytes: f64) -> String {
    const KIB: f64 = 1024.0;
    match bytes {
        b if b.abs() < 10.0 * KIB => format!("{b:.1} B"),
        b if b.abs() < KIB * KIB => format!("{:.1} KiB", b / KIB),
        b => format!("{:.1} MiB", b / KIB / KIB),
    }
}

/// A size that people have chosen.
pub fn size(bytes: usize) -> String {
    match bytes {
        b if b >= 1 << 20 && b.is_multiple_of(1 << 20) => format!("{} MiB", b >> 20),
        b if b >= 1 << 10 && b.is_multiple_of(1 << 10) => format!("{} KiB", b >> 10),
        b => format!("{b} B"),
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
    use super::{bytes, grouped, seconds, size};

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(seconds(12.34e-9), "12.3 ns");
        assert_eq!(seconds(234.5e-9), "234 ns");
        assert_eq!(seconds(1.5e-6), "1.50 µs");
        assert_eq!(seconds(2.0), "2.00 s");
        assert_eq!(bytes(72.06), "72.1 B");
        assert_eq!(bytes(30_720.0), "30.0 KiB");
        assert_eq!(size(16 << 20), "16 MiB");
        assert_eq!(size(1000), "1000 B");
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_000_000), "1,000,000");
        assert_eq!(grouped(21_000), "21,000");
    }
}
