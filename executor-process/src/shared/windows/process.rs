//! Processes by number and time of start.

use super::handle::{made, wait};
use std::io;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, OwnedHandle};
use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::Threading::{
    GetProcessTimes, OpenProcess, PROCESS_DUP_HANDLE, PROCESS_QUERY_LIMITED_INFORMATION,
    PROCESS_SYNCHRONIZE,
};

/// A process to look at, and to wait for.
pub(crate) fn open(pid: u32) -> io::Result<OwnedHandle> {
    // SAFETY: no pointers are passed; the handle is new.
    unsafe { made(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE, 0, pid)) }
}

/// The same, to put handles into it and to take them out.
pub(crate) fn open_for_handles(pid: u32) -> io::Result<OwnedHandle> {
    let access = PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE | PROCESS_DUP_HANDLE;
    // SAFETY: no pointers are passed; the handle is new.
    unsafe { made(OpenProcess(access, 0, pid)) }
}

/// When it started, in units of 100 nanoseconds.
pub(crate) fn start_time(process: BorrowedHandle<'_>) -> io::Result<u64> {
    let mut times = [FILETIME::default(); 4];
    let [start, end, kernel, user] = &mut times;
    // SAFETY: the process is open, and there are four times to write to.
    super::handle::check(unsafe {
        GetProcessTimes(process.as_raw_handle(), start, end, kernel, user)
    })?;
    Ok(u64::from(start.dwHighDateTime) << 32 | u64::from(start.dwLowDateTime))
}

/// Whether it has ended.
pub(crate) fn has_ended(process: BorrowedHandle<'_>) -> bool {
    wait(process, 0)
}
