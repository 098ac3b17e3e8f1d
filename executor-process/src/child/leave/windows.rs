//! The end of a program comes in two ways.
//!
//! When `main` returns, `exit` of the C library calls us, and all is as elsewhere. [`std::process::exit`] does without
//! the C library: the system ends all other threads, wherever they are, and then lets libraries and
//! thread-local storage clean up, which is when it calls us. Nobody is left then who keeps children or lets go
//! of a lock. So locks are tried only, and processes are waited for by their handles.
//!
//! The system calls what belongs to the program's own thread-local storage, in whatever thread; and what belongs to
//! storage that was asked for at run time, if the thread has put something into it, as all do that start
//! processes. Both are used, since Wine does the second only.

use super::super::keeper;
use super::super::sentinel::Sentinel;
use crate::shared::windows::handle::{check, wait};
use once_cell::sync::OnceCell;
use std::ffi::c_void;
use std::io;
use std::os::windows::io::AsRawHandle;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use windows_sys::Win32::System::SystemServices::DLL_PROCESS_DETACH;
use windows_sys::Win32::System::Threading::{
    FLS_OUT_OF_INDEXES, FlsAlloc, FlsSetValue, INFINITE, TerminateProcess,
};

unsafe extern "C" {
    /// Of the C library, which every program has.
    fn atexit(function: extern "C" fn()) -> i32;
}

#[link(name = "ntdll")]
unsafe extern "system" {
    /// Whether the process is ending, and this is the only thread.
    fn RtlDllShutdownInProgress() -> u8;
}

/// The index of the storage.
static INDEX: OnceCell<u32> = OnceCell::new();

/// Sees to it that children are seen to when this process ends.
pub(in super::super) fn prepare() -> io::Result<()> {
    std::hint::black_box(&AT_DETACH); // keeps it in the program
    // SAFETY: `leave` is there until the process ends, and does not unwind.
    if unsafe { atexit(leave) } != 0 {
        return Err(io::ErrorKind::OutOfMemory.into());
    }
    // SAFETY: the function is there until the process ends.
    match unsafe { FlsAlloc(Some(storage_ends)) } {
        FLS_OUT_OF_INDEXES => Err(io::Error::last_os_error()),
        index => {
            let _once = INDEX.set(index);
            Ok(())
        }
    }
}

/// Has the system call us if it is this thread that ends the process.
pub(in super::super) fn note_thread() {
    if let Some(&index) = INDEX.get() {
        // SAFETY: the index is ours. What is stored is not null, and otherwise no matter.
        unsafe { FlsSetValue(index, ptr::without_provenance(1)) };
    }
}

/// Ends the process, as `exit` does elsewhere.
pub(in super::super) fn exit(code: i32) -> ! {
    super::leave();
    std::process::exit(code)
}

extern "C" fn leave() {
    super::leave();
}

unsafe extern "system" fn storage_ends(_value: *const c_void) {
    // SAFETY: it only answers.
    if unsafe { RtlDllShutdownInProgress() } != 0 {
        leave_alone();
    }
}

extern "system" fn detach(_image: *mut c_void, reason: u32, _how: *mut c_void) {
    if reason == DLL_PROCESS_DETACH {
        leave_alone();
    }
}

/// Called by the system as a thread or the process begins or ends.
#[used]
#[unsafe(link_section = ".CRT$XLY")]
static AT_DETACH: extern "system" fn(*mut c_void, u32, *mut c_void) = detach;

/// Sees to the children when there is no other thread any more.
fn leave_alone() {
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.swap(true, Ordering::SeqCst) {
        return;
    }
    let (daemons, others): (Vec<_>, Vec<_>) =
        keeper::end_alone().into_iter().partition(|&(daemon, _)| daemon);
    for (_, daemon) in &daemons {
        let _it_may_have_ended = end(daemon);
    }
    for (_, child) in daemons.iter().chain(&others) {
        wait(child, INFINITE);
    }
}

fn end(daemon: &Sentinel) -> io::Result<()> {
    // SAFETY: the handle is open.
    check(unsafe { TerminateProcess(daemon.as_raw_handle(), 1) })
}
