//! [`Entry`]: what the file of a name says.
//!
//! Text, so that a person can read it:
//!
//! ```text
//! concurrent-futures memory 1
//! 0123456789abcdef0123456789abcdef
//! 4711 86042 5
//! 4712 86100 9
//! end
//! ```
//!
//! A line in the middle has the two halves of a [`Stamp`], and a descriptor.

use super::holder::Holder;
use crate::shared::life::Stamp;
use std::fmt::Write;

const FIRST_LINE: &str = "concurrent-futures memory 1";
const LAST_LINE: &str = "end";

/// Which memory it is, and who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: u128,
    pub(super) holders: Vec<Holder>,
}

impl Entry {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut text = format!("{FIRST_LINE}\n{:032x}\n", self.id);
        for Holder { process, descriptor } in &self.holders {
            let (pid, start) = (process.pid(), process.to_bits() as u32);
            writeln!(text, "{pid} {start} {descriptor}").expect("memory for a line");
        }
        text.push_str(LAST_LINE);
        text.push('\n');
        text.into_bytes()
    }

    /// `None` for what `encode` has not made, or not as a whole.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
        let mut lines = text.split('\n');
        if lines.next() != Some(FIRST_LINE) || lines.next_back() != Some(LAST_LINE) {
            return None;
        }
        let id = lines.next().filter(|id| id.len() == 32)?;
        let holder = |line: &str| {
            let (pid, rest) = line.split_once(' ')?;
            let (start, descriptor) = rest.split_once(' ')?;
            let (pid, start) = (pid.parse::<u32>().ok()?, start.parse::<u32>().ok()?);
            let process = Stamp::from_bits(u64::from(pid) << 32 | u64::from(start))?;
            Some(Holder { process, descriptor: descriptor.parse().ok()? })
        };
        let id = u128::from_str_radix(id, 16).ok()?;
        let holders = lines.map(holder).collect::<Option<_>>()?;
        Some(Self { id, holders })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(count: u32) -> Entry {
        let process = |n: u32| Stamp::from_bits(u64::from(n * 1000) << 32 | 42).unwrap();
        let holders = (1..=count).map(|n| Holder { process: process(n), descriptor: n as i32 });
        Entry { id: 0x1234 << 100 | 0x5678, holders: holders.collect() }
    }

    #[test]
    fn comes_back() {
        for count in [0, 1, 2, 100] {
            let entry = entry(count);
            assert_eq!(Entry::decode(&entry.encode()), Some(entry));
        }
    }

    #[test]
    fn parts_are_nothing() {
        let bytes = entry(3).encode();
        for len in 0..bytes.len() {
            assert_eq!(Entry::decode(&bytes[..len]), None, "{len} bytes");
        }
    }

    #[test]
    fn nonsense_is_nothing() {
        let text = String::from_utf8(entry(2).encode()).unwrap();
        for (old, new) in [
            ("memory 1", "memory 2"),
            ("1000 42 1", "1000 42"),
            ("1000 42 1", "1000 42 99999999999"),
            ("1000 42 1", "-1 42 1"),
            ("1000 42 1", "0 42 1"),
            ("1000 42 1", "1000 42 1 1"),
            ("1000 42 1", ""),
            ("end", "end\nend"),
            ("05678", "5678"),
            ("05678", "xxxxx"),
            ("end\n", "end\n\n"),
        ] {
            let changed = text.replacen(old, new, 1);
            assert_ne!(changed, text);
            assert_eq!(Entry::decode(changed.as_bytes()), None, "{changed}");
        }
        assert_eq!(Entry::decode(&[0xff; 100]), None);
    }
}
