//! The processes that this one has started: their processor time.

use std::path::Path;
use std::time::Duration;

/// The processor time of all descendants together, if the system tells.
///
/// Linux does, to the nanosecond, thread by thread; what has ended is not counted.
pub(crate) fn cpu_time_of_descendants() -> Option<Duration> {
    if !Path::new("/proc/self/schedstat").exists() {
        return None;
    }
    let mut total = 0;
    let mut processes = children_of(std::process::id());
    while let Some(process) = processes.pop() {
        total += tasks_of(process, "schedstat").iter().map(|text| first_number(text)).sum::<u64>();
        processes.extend(children_of(process));
    }
    Some(Duration::from_nanos(total))
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
