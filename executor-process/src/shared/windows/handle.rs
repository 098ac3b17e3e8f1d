//! Handles: copying them from process to process, and counting them.

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle};
use std::ptr;
use windows_sys::Wdk::Foundation::{NtQueryObject, ObjectBasicInformation};
use windows_sys::Win32::Foundation::{
    DUPLICATE_CLOSE_SOURCE, DUPLICATE_SAME_ACCESS, DuplicateHandle, HANDLE, WAIT_OBJECT_0,
};
use windows_sys::Win32::System::Threading::{
    CreateEventW, GetCurrentProcess, INFINITE, WaitForSingleObject,
};
use windows_sys::Win32::System::WindowsProgramming::PUBLIC_OBJECT_BASIC_INFORMATION;

/// The number of a handle in the table of another process.
pub(crate) type Number = u64;

/// The result of a call that says 0 when it has failed, and why.
pub(crate) fn check(result: i32) -> io::Result<()> {
    if result == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The handle that a call has made.
///
/// # Safety
///
/// It is null or a handle that belongs to nobody else.
pub(crate) unsafe fn made(handle: HANDLE) -> io::Result<OwnedHandle> {
    if handle.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as the caller vouches.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// Puts a copy of a handle of ours into another process, and says which number it has there.
pub(crate) fn park(handle: BorrowedHandle<'_>, process: BorrowedHandle<'_>) -> io::Result<Number> {
    let mut there: HANDLE = ptr::null_mut();
    // SAFETY: both handles are open; `there` is to write to.
    check(unsafe {
        DuplicateHandle(
            GetCurrentProcess(),
            handle.as_raw_handle(),
            process.as_raw_handle(),
            &raw mut there,
            0,
            0,
            DUPLICATE_SAME_ACCESS,
        )
    })?;
    Ok(there.addr() as Number)
}

/// Takes a handle out of another process.
pub(crate) fn fetch(number: Number, process: BorrowedHandle<'_>) -> io::Result<OwnedHandle> {
    let mut here: HANDLE = ptr::null_mut();
    // SAFETY: the process is open, whether or not it has such a handle; `here` is to write to.
    check(unsafe {
        DuplicateHandle(
            process.as_raw_handle(),
            ptr::without_provenance_mut(number as usize),
            GetCurrentProcess(),
            &raw mut here,
            0,
            0,
            DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE,
        )
    })?;
    // SAFETY: the system has just made it for us.
    unsafe { made(here) }
}

/// Closes a handle in another process, by way of this one: Wine does it in no other way.
pub(crate) fn close(number: Number, process: BorrowedHandle<'_>) {
    drop(fetch(number, process));
}

/// How many handles there are in all processes to what this one is of. Already another number when it is
/// known, unless it is one, and the handle is not copied meanwhile.
pub(crate) fn count(handle: BorrowedHandle<'_>) -> Option<u32> {
    query(handle).map(|found| found.HandleCount)
}

fn query(handle: BorrowedHandle<'_>) -> Option<PUBLIC_OBJECT_BASIC_INFORMATION> {
    let mut found = PUBLIC_OBJECT_BASIC_INFORMATION::default();
    let size = size_of_val(&found) as u32;
    // SAFETY: the handle is open; `found` has so many bytes to write to.
    let status = unsafe {
        NtQueryObject(
            handle.as_raw_handle(),
            ObjectBasicInformation,
            (&raw mut found).cast(),
            size,
            ptr::null_mut(),
        )
    };
    (status >= 0).then_some(found)
}

/// A new event, which stays set until it is reset; or, if `auto`, until it has ended one wait.
pub(crate) fn event(auto: bool) -> io::Result<OwnedHandle> {
    // SAFETY: no attributes and no name; the handle is new.
    unsafe { made(CreateEventW(ptr::null(), i32::from(!auto), 0, ptr::null())) }
}

/// Waits until it is signalled, at most so many milliseconds; says whether it is.
pub(crate) fn wait(handle: impl AsHandle, milliseconds: u32) -> bool {
    // SAFETY: the handle is open.
    let woken = unsafe { WaitForSingleObject(handle.as_handle().as_raw_handle(), milliseconds) };
    woken == WAIT_OBJECT_0
}

/// A time limit as the system has it, rounded up.
pub(crate) fn milliseconds(limit: Option<std::time::Duration>) -> u32 {
    match limit {
        None => INFINITE,
        Some(limit) => {
            let rounded = limit.as_nanos().div_ceil(1_000_000);
            u32::try_from(rounded).unwrap_or(INFINITE).min(INFINITE - 1)
        }
    }
}

/// Another handle of the same, with which no more can be done than that.
pub(crate) fn limited(handle: BorrowedHandle<'_>, access: u32) -> io::Result<OwnedHandle> {
    let mut another: HANDLE = ptr::null_mut();
    // SAFETY: the handle is open; `another` is to write to.
    check(unsafe {
        let own = GetCurrentProcess();
        DuplicateHandle(own, handle.as_raw_handle(), own, &raw mut another, access, 0, 0)
    })?;
    // SAFETY: the system has just made it for us.
    unsafe { made(another) }
}

/// What can be done with a handle.
pub(crate) fn access_of(handle: BorrowedHandle<'_>) -> io::Result<u32> {
    let found = query(handle).ok_or_else(|| io::Error::other("a handle that cannot be used"))?;
    Ok(found.GrantedAccess)
}
