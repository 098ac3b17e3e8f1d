//! What takes the place of signals.
//!
//! A process is ended by another with an exit code, and no word of who has done it. For terminating and
//! killing codes are used that no program has for itself, so that they are known again: those of Python's
//! `multiprocessing`, and the number of the signal.

use super::Signal;
use crate::shared::windows::handle::check;
use crate::shared::windows::process::has_ended;
use executor_core::Exit;
use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle};
use std::process::Child;
use windows_sys::Win32::Foundation::STATUS_CONTROL_C_EXIT;
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent};
use windows_sys::Win32::System::Threading::TerminateProcess;

/// What comes before the number of the signal.
const BY_SIGNAL: u32 = 0x1_0000;

/// The numbers that signals have elsewhere.
const SIGINT: u32 = 2;
const SIGKILL: u32 = 9;
const SIGTERM: u32 = 15;

/// Ends a process, or asks it to. To one that has ended that is nothing.
pub(in super::super) fn send(process: &Child, signal: Signal) -> io::Result<()> {
    let sent = match signal {
        // It is alone in its group.
        Signal::Interrupt => {
            // SAFETY: no pointers are passed. We have a handle, so the number is that of this process.
            check(unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, process.id()) })
        }
        Signal::Terminate => end(process, SIGTERM),
        Signal::Kill => end(process, SIGKILL),
    };
    match sent {
        Err(_) if has_ended(process.as_handle()) => Ok(()),
        sent => sent,
    }
}

fn end(process: &Child, signal: u32) -> io::Result<()> {
    // SAFETY: the handle is open.
    check(unsafe { TerminateProcess(process.as_raw_handle(), BY_SIGNAL | signal) })
}

/// How a process has ended.
pub(in super::super) fn exit_of(status: std::process::ExitStatus) -> Exit {
    let Some(code) = status.code() else { return Exit::Unknown };
    match code as u32 {
        code if code == STATUS_CONTROL_C_EXIT as u32 => Exit::Signal(SIGINT as i32),
        code if code == BY_SIGNAL | SIGTERM => Exit::Signal(SIGTERM as i32),
        code if code == BY_SIGNAL | SIGKILL => Exit::Signal(SIGKILL as i32),
        _ => Exit::Code(code),
    }
}
