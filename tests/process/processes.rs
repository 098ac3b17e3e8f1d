//! Looking at processes from outside, and at programs to be.

use crate::support::eventually;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether there is such a process, be it one that has ended and that nobody has waited for.
#[cfg(unix)]
pub(crate) fn exists(pid: u32) -> bool {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
}

/// On Windows nobody has to be waited for.
#[cfg(windows)]
pub(crate) fn exists(pid: u32) -> bool {
    lives(pid)
}

/// Whether there is such a process and it has not ended.
#[cfg(target_os = "linux")]
pub(crate) fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state follows the name, which is in parentheses.
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest.chars().next());
    !matches!(state, None | Some(None | Some('Z' | 'X')))
}

/// Where it is not easily told from one that has ended, and that somebody will wait for.
#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) fn lives(pid: u32) -> bool {
    exists(pid)
}

/// Whether there is such a process and it has not ended.
#[cfg(windows)]
pub(crate) fn lives(pid: u32) -> bool {
    use windows_sys::Win32::Foundation::{CloseHandle, WAIT_TIMEOUT};
    use windows_sys::Win32::System::Threading::{
        OpenProcess, PROCESS_SYNCHRONIZE, WaitForSingleObject,
    };

    // SAFETY: any number may be asked for.
    let process = unsafe { OpenProcess(PROCESS_SYNCHRONIZE, 0, pid) };
    if process.is_null() {
        return false;
    }
    // SAFETY: the handle is open, allows waiting, and is not used afterwards.
    let waited = unsafe {
        let waited = WaitForSingleObject(process, 0);
        CloseHandle(process);
        waited
    };
    waited == WAIT_TIMEOUT
}

/// Checks that none of these processes is left, not even as one that nobody has waited for.
#[track_caller]
pub(crate) fn assert_gone(pids: &[u32]) {
    assert!(!pids.is_empty());
    let left: Vec<_> = pids.iter().filter(|&&pid| exists(pid)).collect();
    assert!(left.is_empty(), "{left:?} of {pids:?} are still there");
}

/// Blocks until none of these processes is left.
pub(crate) fn wait_until_gone(pids: &[u32]) {
    assert!(!pids.is_empty());
    eventually("processes to be gone", || !pids.iter().any(|&pid| exists(pid)));
}

/// Ends a process at once. `false` if there is none.
#[cfg(unix)]
#[allow(dead_code, reason = "for tests of other things than the pool")]
pub(crate) fn kill(pid: u32) -> bool {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).is_ok()
}

#[cfg(windows)]
#[allow(dead_code, reason = "for tests of other things than the pool")]
pub(crate) fn kill(pid: u32) -> bool {
    use windows_sys::Win32::Foundation::CloseHandle;
    use windows_sys::Win32::System::Threading::{OpenProcess, PROCESS_TERMINATE, TerminateProcess};

    // SAFETY: any number may be asked for.
    let process = unsafe { OpenProcess(PROCESS_TERMINATE, 0, pid) };
    if process.is_null() {
        return false;
    }
    // SAFETY: the handle is open, allows this, and is not used afterwards.
    unsafe {
        let ended = TerminateProcess(process, 1);
        CloseHandle(process);
        ended != 0
    }
}

/// Sends a signal to a process.
#[cfg(unix)]
pub(crate) fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).expect("the process exists");
}

/// A copy of this very program.
///
/// On Unix another process makes it: a file that is open for writing cannot be run, and what this
/// process has open every child has that another test is just starting.
pub(crate) fn copy_of_this_program(directory: &Path) -> PathBuf {
    let copy = directory.join(format!("copy{}", std::env::consts::EXE_SUFFIX));
    copy_program(&std::env::current_exe().unwrap(), &copy);
    copy
}

/// Copies a program.
pub(crate) fn copy_program(from: &Path, to: &Path) {
    if cfg!(unix) {
        let status = Command::new("cp").arg(from).arg(to).status().unwrap();
        assert!(status.success());
    } else {
        std::fs::copy(from, to).unwrap();
    }
}

/// A program made of lines for a shell.
#[cfg(unix)]
pub(crate) fn script(directory: &Path, lines: &str) -> PathBuf {
    let path = directory.join("script");
    let write = "printf '#!/bin/sh\n%s\n' \"$1\" > \"$2\" && chmod +x \"$2\"";
    let status = Command::new("sh").args(["-c", write, "sh", lines]).arg(&path).status().unwrap();
    assert!(status.success());
    path
}
