//! [`Stamp`]: a process as it is written into shared memory, so that others can tell whether it is
//! still alive.
//!
//! A number alone would not do, since the system gives the numbers of dead processes to new ones. A
//! stamp also has the time at which the process started.
//!
//! A process made by `fork` is another one, and forgets at once whatever its memory says about who it
//! is: [`in_forked_processes`].

use std::fmt;
#[cfg(not(loom))]
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The stamp of this process; zero before it is known.
#[cfg(not(loom))]
static OWN: AtomicU64 = AtomicU64::new(0);

/// A process. Never zero; the lowest bit is always clear, for whoever has one more thing to say.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Stamp(u64);

impl Stamp {
    /// This process.
    #[cfg(not(loom))]
    #[inline]
    pub(crate) fn own() -> Self {
        match OWN.load(Ordering::Relaxed) {
            0 => Self::find_out(),
            bits => Self(bits),
        }
    }

    #[cfg(not(loom))]
    #[cold]
    fn find_out() -> Self {
        extern "C" fn forget() {
            OWN.store(0, Ordering::Relaxed);
        }
        static FORGETS: AtomicBool = AtomicBool::new(false);
        if !FORGETS.swap(true, Ordering::Relaxed) {
            in_forked_processes(forget);
        }
        let pid = std::process::id();
        let own = Self::new(pid, start_time(pid).unwrap_or(0));
        // Threads that do this at the same time go by what the first one says.
        match OWN.compare_exchange(0, own.0, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => own,
            Err(bits) => Self(bits),
        }
    }

    /// Under the model checker threads play processes.
    #[cfg(loom)]
    pub(crate) fn own() -> Self {
        crate::models::world::own()
    }

    #[cfg_attr(loom, expect(dead_code, reason = "processes of the models have no number"))]
    fn new(pid: u32, started: u64) -> Self {
        Self(u64::from(pid) << 32 | (started << 1 & 0xffff_fffe))
    }

    /// As a word in shared memory; `None` for zero, with which a word begins.
    pub(crate) fn from_bits(bits: u64) -> Option<Self> {
        (bits >> 32 != 0).then_some(Self(bits & !1))
    }

    pub(crate) fn to_bits(self) -> u64 {
        self.0
    }

    pub(crate) fn pid(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Whether it has not ended yet. One that has ended and was not waited for is dead.
    ///
    /// A few system calls. When in doubt, it is alive.
    #[cfg(not(loom))]
    pub(crate) fn is_alive(self) -> bool {
        self == Self::own() || (!has_ended(self.pid()) && self.has_its_number())
    }

    /// Under the model checker processes die when the model says so.
    #[cfg(loom)]
    pub(crate) fn is_alive(self) -> bool {
        crate::models::world::is_alive(self)
    }

    #[cfg_attr(loom, expect(dead_code, reason = "processes of the models have no number"))]
    fn has_its_number(self) -> bool {
        let known = self.0 & 0xffff_fffe;
        match start_time(self.pid()) {
            Some(started) if known != 0 => started << 1 & 0xffff_fffe == known,
            _ => true,
        }
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {}", self.pid())
    }
}

/// Has this done first of all in every process that this one forks, and in those that they do.
///
/// At such a moment nothing can be relied on. It is to do no more than to overwrite a word or two.
#[cfg(not(loom))]
pub(crate) fn in_forked_processes(forget: extern "C" fn()) {
    // SAFETY: a function that takes nothing, and is there for as long as the program. Whoever gives it
    // keeps to what may be done between `fork` and `exec`.
    let _no_memory = unsafe { libc::pthread_atfork(None, None, Some(forget)) };
}

/// When a process started, in whatever unit, if that can be found out.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is a name, in parentheses, with whatever in it; this is the twenty-second.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(19)?.parse().ok()
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn start_time(_pid: u32) -> Option<u64> {
    None
}

/// Whether no process has this number, or only one that has ended.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[cfg_attr(loom, expect(dead_code, reason = "processes of the models have no number"))]
fn has_ended(pid: u32) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;
    use rustix::process::{Pid, PidfdFlags, pidfd_open, test_kill_process};

    const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return true };
    match pidfd_open(pid, PidfdFlags::empty()) {
        // Ready for reading when the process has ended.
        Ok(process) => {
            let mut process = [PollFd::new(&process, PollFlags::IN)];
            poll(&mut process, Some(&AT_ONCE)).is_ok_and(|ready| ready > 0)
        }
        Err(Errno::SRCH) => true,
        // No such system call, or no descriptor left.
        Err(_) => test_kill_process(pid) == Err(Errno::SRCH),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn has_ended(pid: u32) -> bool {
    use rustix::process::{Pid, test_kill_process};

    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return true };
    test_kill_process(pid) == Err(rustix::io::Errno::SRCH)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn we_are_alive() {
        let own = Stamp::own();
        assert_eq!(own.pid(), std::process::id());
        assert!(own.is_alive());
        assert_eq!(Stamp::from_bits(own.to_bits()), Some(own));
        assert_eq!(Stamp::from_bits(own.to_bits() | 1), Some(own));
        assert_eq!(Stamp::from_bits(0), None);
        assert!(!has_ended(own.pid()));
    }

    #[test]
    fn a_child_is_alive_until_it_ends() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let stamp = Stamp::new(child.id(), start_time(child.id()).unwrap_or(0));
        assert!(stamp.is_alive());
        let mut earlier = stamp;
        earlier.0 ^= 2;
        if cfg!(target_os = "linux") {
            assert!(!earlier.is_alive(), "another process with the same number");
        }
        child.kill().unwrap();
        // Not waited for: it is a zombie as soon as it has ended.
        if cfg!(target_os = "linux") {
            while stamp.is_alive() {
                std::thread::yield_now();
            }
        }
        child.wait().unwrap();
        assert!(!stamp.is_alive());
    }
}
