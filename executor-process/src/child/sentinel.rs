//! [`Sentinel`]: a descriptor that becomes ready when a process has ended.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::{Prepared, pidfd, prepare, ready, timespec};
#[cfg(windows)]
pub(super) use windows::{Prepared, prepare, ready};

use crate::shared::descriptor::{BorrowedDescriptor, OwnedDescriptor};
#[cfg(unix)]
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
#[cfg(windows)]
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, RawHandle};
use std::sync::Arc;
use std::time::Duration;

/// Becomes ready for reading when a [`Process`](super::Process) has ended, and stays so.
///
/// For waiting for several processes, or for processes and other things, with
/// [`wait_ready`](crate::wait_ready), `poll`, or an event loop. There is nothing to read from it. Clones are of
/// the same descriptor.
///
/// ```
/// use executor_process::Process;
/// use std::time::Duration;
///
/// let process = Process::new(|()| loop { std::thread::park() }, ());
/// assert!(process.sentinel().is_none());
/// process.start()?;
/// let sentinel = process.sentinel().unwrap();
/// assert!(!sentinel.wait_timeout(Duration::from_millis(1)));
/// process.kill()?;
/// sentinel.wait();
/// assert!(!process.is_alive());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// On Linux it is a pidfd, on Windows a handle of the process; where the system has none, the end of a pipe that the process keeps open. That is
/// ready a moment before the process has quite ended, so [`join`](super::Process::join) rather than ask
/// `is_alive`; and too early if the process closes descriptors that it does not know.
/// Python's `Process.sentinel`.
#[derive(Clone, Debug)]
pub struct Sentinel(Arc<OwnedDescriptor>);

impl Sentinel {
    /// Whether the process has ended.
    pub fn is_ready(&self) -> bool {
        self.wait_timeout(Duration::ZERO)
    }

    /// Blocks until the process has ended.
    pub fn wait(&self) {
        ready(self.borrow(), None);
    }

    /// Blocks until the process has ended, at most so long. Returns whether it has.
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        ready(self.borrow(), Some(timeout))
    }
}

impl Sentinel {
    pub(super) fn borrow(&self) -> BorrowedDescriptor<'_> {
        #[cfg(unix)]
        return self.0.as_fd();
        #[cfg(windows)]
        return self.0.as_handle();
    }
}

/// The handle of the process, which is signalled when it has ended.
#[cfg(windows)]
impl AsHandle for Sentinel {
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.borrow()
    }
}

#[cfg(windows)]
impl AsRawHandle for Sentinel {
    fn as_raw_handle(&self) -> RawHandle {
        self.0.as_raw_handle()
    }
}

#[cfg(unix)]
impl AsFd for Sentinel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(unix)]
impl AsRawFd for Sentinel {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
