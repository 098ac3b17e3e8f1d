//! What this process holds: threads and descriptors. Linux only.

use std::fs;

/// The threads of this process.
pub(crate) fn threads() -> usize {
    count("/proc/self/task")
}

/// The open descriptors of this process, the one used for counting included.
pub(crate) fn descriptors() -> usize {
    count("/proc/self/fd")
}

fn count(directory: &str) -> usize {
    fs::read_dir(directory).expect("Linux").count()
}

/// The ids of the threads whose names begin like this; at most 15 bytes of a name are known.
pub(crate) fn threads_named(prefix: &str) -> Vec<u32> {
    let entries = fs::read_dir("/proc/self/task").expect("Linux");
    entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = fs::read_to_string(path.join("comm")).ok()?; // gone meanwhile
            name.starts_with(prefix).then(|| path.file_name()?.to_str()?.parse().ok()).flatten()
        })
        .collect()
}

/// How often a thread has given up the processor, by itself and not.
pub(crate) fn context_switches(thread: u32) -> u64 {
    let path = format!("/proc/self/task/{thread}/status");
    let status = fs::read_to_string(path).expect("a living thread");
    status
        .lines()
        .filter(|line| line.contains("voluntary_ctxt_switches"))
        .filter_map(|line| line.split_ascii_whitespace().last()?.parse::<u64>().ok())
        .sum()
}
