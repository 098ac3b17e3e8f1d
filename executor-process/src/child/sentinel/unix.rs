//! Pidfds, and pipes where there are none.

use super::Sentinel;
use crate::bootstrap::line::{self, above_stdio};
use once_cell::sync::OnceCell;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, PipeReader};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::process::Child;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Waits until there is something to read, or the end; says whether there is. Interrupted waits go on.
pub(in super::super) fn ready(descriptor: BorrowedFd<'_>, limit: Option<Duration>) -> bool {
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    let mut list = [PollFd::new(&descriptor, PollFlags::IN)];
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = left.map(timespec);
        if poll(&mut list, timeout.as_ref()).is_ok_and(|ready| ready > 0) {
            return true;
        }
        if left == Some(Duration::ZERO) {
            return false;
        }
    }
}

pub(in super::super) fn timespec(duration: Duration) -> Timespec {
    // More than the system takes is for ever, as good as.
    Timespec::try_from(duration).unwrap_or(Timespec { tv_sec: i32::MAX.into(), tv_nsec: 0 })
}

/// What a sentinel is made from. Made before the process, so that part of it can be sent along.
#[derive(Debug)]
pub(in super::super) struct Prepared(Option<PipeReader>);

/// Prepares a sentinel. What the child has to keep open, if anything, is the second.
pub(in super::super) fn prepare() -> io::Result<(Prepared, Option<OwnedFd>)> {
    if has_pidfds() {
        return Ok((Prepared(None), None));
    }
    let (reader, writer) = line::pipe()?;
    Ok((Prepared(Some(reader)), Some(writer.into())))
}

impl Prepared {
    /// The sentinel of a process that nobody has waited for yet.
    pub(in super::super) fn finish(self, process: &Child) -> io::Result<Sentinel> {
        self.of(process.id())
    }

    fn of(self, pid: u32) -> io::Result<Sentinel> {
        let descriptor = match self.0 {
            None => pidfd(pid)?,
            Some(pipe) => pipe.into(),
        };
        Ok(Sentinel(Arc::new(above_stdio(descriptor)?)))
    }
}

fn has_pidfds() -> bool {
    static HAS: OnceCell<bool> = OnceCell::new();
    *HAS.get_or_init(|| match pidfd(std::process::id()) {
        Ok(_) => true,
        // There may be, but no descriptor left just now.
        Err(error) => {
            !matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM | libc::EINVAL))
        }
    })
}

/// A descriptor of a process that is ready for reading when it has ended.
#[cfg(target_os = "linux")]
pub(in super::super) fn pidfd(pid: u32) -> io::Result<OwnedFd> {
    use rustix::process::{Pid, PidfdFlags, pidfd_open};

    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    Ok(pidfd_open(pid.ok_or(io::ErrorKind::InvalidInput)?, PidfdFlags::empty())?)
}

/// Android has them, but ends an app that makes a call which its filter does not know.
#[cfg(not(target_os = "linux"))]
pub(in super::super) fn pidfd(_pid: u32) -> io::Result<OwnedFd> {
    Err(io::Error::from_raw_os_error(libc::ENOSYS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    /// What systems without pidfds use.
    #[test]
    fn the_end_of_a_pipe_does_as_well() {
        let (reader, writer) = io::pipe().unwrap();
        let sentinel = Prepared(Some(reader)).of(0).unwrap();
        assert!(!sentinel.is_ready());
        let elsewhere = writer.try_clone().unwrap();
        drop(writer);
        assert!(!sentinel.wait_timeout(Duration::from_millis(1)));
        drop(elsewhere);
        sentinel.wait();
        assert!(sentinel.is_ready() && sentinel.clone().is_ready());
    }

    #[test]
    fn any_timeout_is_fine() {
        let (reader, writer) = io::pipe().unwrap();
        drop(writer);
        assert!(ready(reader.as_fd(), Some(Duration::MAX)));
        assert!(ready(reader.as_fd(), Some(Duration::ZERO)));
    }
}
