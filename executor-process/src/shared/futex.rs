//! Sleeping until a word in shared memory changes, and waking whoever sleeps so.

use crate::atomic::AtomicU32;
use std::time::Duration;

/// Sleeps until somebody [wakes](wake) this word, at most so long; returns at once if the word is not
/// `expected`. It may also return for no reason.
#[cfg(all(any(target_os = "linux", target_os = "android"), not(loom)))]
pub(crate) fn wait(word: &AtomicU32, expected: u32, limit: Duration) {
    use rustix::thread::futex;

    let limit = futex::Timespec {
        tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: limit.subsec_nanos().into(),
    };
    let _reason = futex::wait(word, futex::Flags::empty(), expected, Some(&limit));
}

/// Wakes at most so many of those who sleep on this word, and says how many.
#[cfg(all(any(target_os = "linux", target_os = "android"), not(loom)))]
pub(crate) fn wake(word: &AtomicU32, count: u32) -> usize {
    use rustix::thread::futex;

    // The kernel's count is signed.
    let count = count.min(i32::MAX as u32);
    futex::wake(word, futex::Flags::empty(), count).unwrap_or(0)
}

/// Where no system call does it for several processes: naps that grow.
#[cfg(all(not(any(target_os = "linux", target_os = "android")), not(loom)))]
pub(crate) fn wait(word: &AtomicU32, expected: u32, limit: Duration) {
    use std::sync::atomic::Ordering::SeqCst;

    const LONGEST_NAP: Duration = Duration::from_millis(1);

    let start = std::time::Instant::now();
    let mut nap = Duration::from_micros(20);
    while word.load(SeqCst) == expected {
        let Some(left) = limit.checked_sub(start.elapsed()) else { return };
        std::thread::sleep(nap.min(left));
        nap = (nap * 2).min(LONGEST_NAP);
    }
}

/// They wake by themselves.
#[cfg(all(not(any(target_os = "linux", target_os = "android")), not(loom)))]
pub(crate) fn wake(_word: &AtomicU32, _count: u32) -> usize {
    0
}

#[cfg(loom)]
pub(crate) use crate::models::futex::{wait, wake};
