//! Where the names are kept, and what is there.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A name that no other test uses.
pub(crate) fn fresh(tag: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("test-{tag}-{}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed))
}

#[cfg(target_os = "linux")]
pub(crate) use linux::*;

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    use std::path::PathBuf;

    /// The directory of the names.
    pub(crate) fn directory() -> PathBuf {
        let user = rustix::process::geteuid().as_raw();
        let numbers = fs::metadata("/proc/self/ns/pid").expect("Linux").ino();
        format!("/dev/shm/concurrent-futures-{user}-{numbers}").into()
    }

    /// The names in it that begin like this.
    pub(crate) fn names(prefix: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(directory()) else { return Vec::new() };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.filter(|name| name.starts_with(prefix)).collect()
    }

    /// What a file of a name says: the id, and the holders with their descriptors.
    pub(crate) fn entry(name: &str) -> (String, Vec<(u32, i32)>) {
        let text = fs::read_to_string(directory().join(name)).expect("there is such a name");
        let mut lines = text.lines().skip(1);
        let id = lines.next().expect("an id").to_owned();
        let holders = lines.filter_map(|line| {
            let numbers: Vec<_> = line.split(' ').collect();
            let [process, _start, descriptor] = numbers[..] else { return None };
            Some((process.parse().ok()?, descriptor.parse().ok()?))
        });
        (id, holders.collect())
    }

    /// The memory, by which it can be told from other memory.
    pub(crate) fn identity((process, descriptor): (u32, i32)) -> (u64, u64) {
        let found = fs::metadata(format!("/proc/{process}/fd/{descriptor}")).expect("it is held");
        (found.dev(), found.ino())
    }

    /// How many descriptors of all processes are for that memory.
    pub(crate) fn descriptors_of(memory: (u64, u64)) -> usize {
        let processes = fs::read_dir("/proc").expect("Linux").filter_map(Result::ok);
        let lists = processes.filter_map(|process| fs::read_dir(process.path().join("fd")).ok());
        let open = lists.flatten().filter_map(|open| fs::metadata(open.ok()?.path()).ok());
        open.filter(|found| (found.dev(), found.ino()) == memory).count()
    }
}
