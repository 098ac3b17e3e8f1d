//! What Windows tells of a process.

use crate::shared::windows::process;
use std::os::windows::io::AsHandle;
use windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER;

/// When a process started, in units of 100 nanoseconds, if that can be found out.
pub(super) fn start_time(pid: u32) -> Option<u64> {
    process::start_time(process::open(pid).ok()?.as_handle()).ok()
}

/// Whether no process has this number, or only one that has ended and that somebody has a handle of.
pub(super) fn has_ended(pid: u32) -> bool {
    match process::open(pid) {
        Ok(process) => process::has_ended(process.as_handle()),
        Err(error) => error.raw_os_error() == Some(ERROR_INVALID_PARAMETER as i32),
    }
}
