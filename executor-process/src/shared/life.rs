//! [`Stamp`]: a process as it is written into shared memory, so that others can tell whether it is
//! still alive.
//!
//! A number alone would not do, since the system gives the numbers of dead processes to new ones. A
//! stamp also has the time at which the process started.
//!
//! A process made by `fork` is another one, and forgets at once whatever its memory says about who it
//! is: [`in_forked_processes`].

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(any(target_os = "linux", target_os = "android"))]
use linux as system;
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
use unix as system;
#[cfg(windows)]
use windows as system;

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
        let own = Self::of(std::process::id());
        // Threads that do this at the same time go by what the first one says.
        match OWN.compare_exchange(0, own.0, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => own,
            Err(bits) => Self(bits),
        }
    }

    /// The process that has this number, and has not ended.
    #[cfg(not(loom))]
    pub(crate) fn of(pid: u32) -> Self {
        Self::new(pid, system::start_time(pid).unwrap_or(0))
    }

    /// Under the model checker threads play processes.
    #[cfg(loom)]
    pub(crate) fn own() -> Self {
        crate::models::world::own()
    }

    #[cfg_attr(loom, expect(dead_code, reason = "processes of the models have no number"))]
    pub(super) fn new(pid: u32, started: u64) -> Self {
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
        self == Self::own() || (!system::has_ended(self.pid()) && self.has_its_number())
    }

    /// Under the model checker processes die when the model says so.
    #[cfg(loom)]
    pub(crate) fn is_alive(self) -> bool {
        crate::models::world::is_alive(self)
    }

    #[cfg_attr(loom, expect(dead_code, reason = "processes of the models have no number"))]
    fn has_its_number(self) -> bool {
        let known = self.0 & 0xffff_fffe;
        match system::start_time(self.pid()) {
            Some(started) if known != 0 => started << 1 & 0xffff_fffe == known,
            _ => true,
        }
    }
}

#[cfg(all(unix, not(loom)))]
pub(crate) use unix::in_forked_processes;

/// There is no `fork`.
#[cfg(windows)]
pub(crate) fn in_forked_processes(_forget: extern "C" fn()) {}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {}", self.pid())
    }
}

#[cfg(all(test, not(loom)))]
pub(super) mod tests {
    use super::*;
    use std::io::{Read, stdin};
    use std::process::{Child, Command, Stdio};

    /// A process that ends when its standard input does.
    pub(in super::super) fn start_child(input: Stdio) -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "shared::life::tests::as_a_child"])
            .env(CHILD, "1")
            .stdin(input)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    const CHILD: &str = "CONCURRENT_FUTURES_TEST_CHILD";

    #[test]
    fn as_a_child() {
        if std::env::var_os(CHILD).is_some() {
            stdin().read_to_end(&mut Vec::new()).unwrap();
        }
    }

    #[test]
    fn we_are_alive() {
        let own = Stamp::own();
        assert_eq!(own.pid(), std::process::id());
        assert!(own.is_alive());
        assert_eq!(Stamp::from_bits(own.to_bits()), Some(own));
        assert_eq!(Stamp::from_bits(own.to_bits() | 1), Some(own));
        assert_eq!(Stamp::from_bits(0), None);
        assert!(!system::has_ended(own.pid()));
    }

    #[test]
    fn a_child_is_alive_until_it_ends() {
        let mut child = start_child(Stdio::piped());
        let stamp = Stamp::of(child.id());
        assert!(stamp.is_alive());
        let mut earlier = stamp;
        earlier.0 ^= 2;
        if cfg!(any(target_os = "linux", windows)) {
            assert!(!earlier.is_alive(), "another process with the same number");
        }
        child.kill().unwrap();
        // Not waited for: it is a zombie as soon as it has ended.
        if cfg!(any(target_os = "linux", windows)) {
            while stamp.is_alive() {
                std::thread::yield_now();
            }
        }
        child.wait().unwrap();
        assert!(!stamp.is_alive());
    }
}
