//! [`asleep`]: a thread that is known to be waiting.

use std::thread::{self, JoinHandle};

/// Runs `wait` in a thread, and returns when that thread sleeps in it.
///
/// Elsewhere than on Linux it returns when the thread has begun, so that the test tests less.
pub(crate) fn asleep<T: Send + 'static>(
    wait: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    let (sender, begun) = std::sync::mpsc::channel();
    let handle = thread::spawn(move || {
        sender.send(imp::this_thread()).expect("the test is listening");
        wait()
    });
    let thread = begun.recv().expect("the thread begins");
    crate::support::eventually("a thread to fall asleep", || imp::sleeps(&thread));
    handle
}

#[cfg(target_os = "linux")]
mod imp {
    use std::fs;
    use std::path::{Path, PathBuf};

    /// Where the kernel tells about this thread.
    pub(super) fn this_thread() -> PathBuf {
        Path::new("/proc").join(fs::read_link("/proc/thread-self").expect("Linux"))
    }

    pub(super) fn sleeps(thread: &Path) -> bool {
        let stat = fs::read_to_string(thread.join("stat")).expect("a living thread");
        // After the name, which is in parentheses and may contain anything.
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('S'))
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    /// Nothing is known about it.
    pub(super) struct Unknown;

    pub(super) fn this_thread() -> Unknown {
        Unknown
    }

    pub(super) fn sleeps(_: &Unknown) -> bool {
        true
    }
}
