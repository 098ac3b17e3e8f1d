//! What Linux tells of a process.

/// When a process started, in ticks of the system's clock, if that can be found out.
pub(super) fn start_time(pid: u32) -> Option<u64> {
    // Of its first thread: an emulator of another processor (qemu) gives a process a made-up time for itself,
    // which is not what others are told, and would be dead to them.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/stat")).ok()?;
    // The second field is a name, in parentheses, with whatever in it; this is the twenty-second.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(19)?.parse().ok()
}

/// Whether no process has this number, or only one that has ended.
#[cfg(target_os = "linux")]
#[cfg_attr(loom, expect(dead_code, reason = "processes of the models have no number"))]
pub(super) fn has_ended(number: u32) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;
    use rustix::process::{Pid, PidfdFlags, pidfd_open};

    const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

    let Some(pid) = i32::try_from(number).ok().and_then(Pid::from_raw) else { return true };
    match pidfd_open(pid, PidfdFlags::empty()) {
        // Ready for reading when the process has ended.
        Ok(process) => {
            let mut process = [PollFd::new(&process, PollFlags::IN)];
            poll(&mut process, Some(&AT_ONCE)).is_ok_and(|ready| ready > 0)
        }
        Err(Errno::SRCH) => true,
        // No such system call, or no descriptor left.
        Err(_) => super::unix::has_ended(number),
    }
}

/// Android has such descriptors, but ends an app that makes a call which its filter does not know.
#[cfg(target_os = "android")]
pub(super) use super::unix::has_ended;
