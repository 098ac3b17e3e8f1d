//! What this process holds: threads and descriptors (Linux only), and values until its end.

use std::any::Any;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

/// The threads of this process, without those that are just ending.
///
/// A thread that was joined is listed until the kernel has put it away, now and then for a while on a
/// busy machine.
pub(crate) fn threads() -> usize {
    let entries = fs::read_dir("/proc/self/task").expect("Linux");
    entries.filter(|entry| entry.as_ref().is_ok_and(|entry| !is_ending(&entry.path()))).count()
}

/// Whether a thread is in the kernel's hands, never to return, or gone.
fn is_ending(thread: &Path) -> bool {
    const PF_EXITING: u64 = 4;
    let Ok(stat) = fs::read_to_string(thread.join("stat")) else { return true };
    let (_, fields) = stat.rsplit_once(')').expect("the name is in brackets");
    let flags = fields.split_ascii_whitespace().nth(6).expect("a known field");
    flags.parse::<u64>().expect("a number") & PF_EXITING != 0
}

/// The open descriptors of this process, the one used for counting included.
pub(crate) fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("Linux").count()
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

/// Keeps a value until the process has ended, and does not drop it then: leaked, but where a leak detector finds it.
pub(crate) fn keep(value: impl Send + 'static) {
    static KEPT: Mutex<Vec<Box<dyn Any + Send>>> = Mutex::new(Vec::new());
    KEPT.lock().expect("nobody panics with it").push(Box::new(value));
}
