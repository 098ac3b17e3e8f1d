//! The processes that this one has started: their processor time, and the memory of all together.

use std::path::Path;
use std::time::Duration;

/// The processor time of all descendants together, if the system tells.
///
/// Linux does, to the nanosecond, thread by thread; what has ended is not counted.
pub(crate) fn cpu_time_of_descendants() -> Option<Duration> {
    if !Path::new("/proc/self/schedstat").exists() {
        return None;
    }
    let time = |process| -> u64 {
        tasks_of(process, "schedstat").iter().map(|text| first_number(text)).sum()
    };
    Some(Duration::from_nanos(descendants().into_iter().map(time).sum()))
}

/// The memory of all descendants, and the memory that this process shares with others, that is there and
/// not only promised; in bytes, if the system tells. Pages that several share count once.
pub(crate) fn resident_elsewhere() -> Option<u64> {
    let own = resident(std::process::id(), "Pss_Shmem:")?;
    let others = descendants().into_iter().filter_map(|process| resident(process, "Pss:"));
    Some(own + others.sum::<u64>())
}

/// One kind of the memory of a process, its part of what it shares included.
fn resident(process: u32, kind: &str) -> Option<u64> {
    const KIB: u64 = 1024;
    let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let number = text.lines().find_map(|line| line.strip_prefix(kind))?;
    Some(first_number(number.trim_start()) * KIB)
}

fn descendants() -> Vec<u32> {
    let mut found = children_of(std::process::id());
    let mut index = 0;
    while let Some(&process) = found.get(index) {
        found.extend(children_of(process));
        index += 1;
    }
    found
}

fn children_of(process: u32) -> Vec<u32> {
    let lists = tasks_of(process, "children");
    lists.iter().flat_map(|list| list.split(' ').flat_map(str::parse)).collect()
}

/// This file of every thread of a process. One that ends meanwhile has none.
fn tasks_of(process: u32, file: &str) -> Vec<String> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten();
    threads.flatten().flat_map(|thread| std::fs::read_to_string(thread.path().join(file))).collect()
}

fn first_number(text: &str) -> u64 {
    text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
