//! [`Holdings`]: what this process holds.

use crate::support::leak;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

/// What must be the same before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holdings {
    threads: usize,
    descriptors: usize,
    /// Child processes, those that have ended and nobody has waited for included.
    children: usize,
}

impl Holdings {
    pub(crate) fn now() -> Self {
        let (threads, descriptors) = (leak::threads(), leak::descriptors());
        Self { threads, descriptors, children: children().len() }
    }

    /// The same, once what was let go of before is not listed any more: when nothing has changed for a while.
    pub(crate) fn settled() -> Self {
        let (mut last, mut since) = (Self::now(), Instant::now());
        while since.elapsed() < Duration::from_millis(50) {
            thread::sleep(Duration::from_millis(5));
            let now = Self::now();
            if now != last {
                (last, since) = (now, Instant::now());
            }
        }
        last
    }

    /// Waits until this process holds as much as it did then, and no more than so many bytes of memory
    /// in addition.
    pub(crate) fn come_back(self, memory: usize, growth: usize) {
        // A thread that was joined may be listed for a moment longer.
        let end = Instant::now() + Duration::from_secs(20);
        while Self::now() != self && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(Self::now(), self, "open are {:?}", open_files());
        let grown = resident().saturating_sub(memory);
        assert!(grown <= growth, "{} MiB more than before", grown >> 20);
    }
}

/// What the descriptors of this process are.
fn open_files() -> Vec<PathBuf> {
    let entries = fs::read_dir("/proc/self/fd").expect("Linux");
    entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).collect()
}

/// The processes whose parent is this one.
pub(crate) fn children() -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("Linux");
    let own = std::process::id();
    entries
        .filter_map(|entry| {
            let pid: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?; // gone meanwhile
            let parent = stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?;
            (parent.parse() == Ok(own)).then_some(pid)
        })
        .collect()
}

/// How many bytes of memory this process has to itself.
pub(crate) fn resident() -> usize {
    field("RssAnon:")
}

/// How many mappings this process has.
pub(crate) fn mappings() -> usize {
    fs::read_to_string("/proc/self/maps").expect("Linux").lines().count()
}

fn field(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a known field");
    let kilobytes = line.split_ascii_whitespace().next().expect("a number");
    kilobytes.parse::<usize>().expect("a number") * 1024
}

const MIB: usize = 1 << 20;

/// How much memory may stay with the allocator after much was used.
pub(crate) const SLACK: usize = 32 * MIB;
