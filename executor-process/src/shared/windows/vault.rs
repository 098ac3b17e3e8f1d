//! The vault: a process that keeps handles which are on their way.
//!
//! It is this program, started again and stopped before its first instruction; it never runs. All that it is
//! good for is its table of handles. A process makes the vault before its first child, tells it to each, and
//! they tell it to theirs, so all processes of a program have the same one. It is in a job that the system ends
//! when the last handle of the job is closed: with the process that has made the vault, however that ends,
//! and with which all the others end.
//!
//! A message that has gone wild can so make somebody fetch a handle from the vault that was meant for
//! another, who then finds none; but nothing else.

use super::handle::{check, made};
use super::process::{open_for_handles, start_time};
use crate::shared::life::Stamp;
use once_cell::sync::OnceCell;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};
use std::ptr;
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
    SetInformationJobObject,
};
use windows_sys::Win32::System::Threading::{
    CREATE_SUSPENDED, CreateProcessW, DETACHED_PROCESS, PROCESS_INFORMATION, STARTUPINFOW,
    TerminateProcess,
};

static VAULT: OnceCell<Vault> = OnceCell::new();

#[derive(Debug)]
struct Vault {
    process: OwnedHandle,
    stamp: Stamp,
    /// Of the one who has made it, who has it for as long as it runs.
    _job: Option<OwnedHandle>,
}

/// The vault, to put handles into it, and to take them out.
///
/// # Errors
///
/// It cannot be made.
pub(crate) fn get() -> io::Result<BorrowedHandle<'static>> {
    Ok(VAULT.get_or_try_init(Vault::make)?.process.as_handle())
}

/// Which process it is, for those who [`adopt`] it.
pub(crate) fn stamp() -> io::Result<Stamp> {
    Ok(VAULT.get_or_try_init(Vault::make)?.stamp)
}

/// Makes the vault of the parent that of this process too.
///
/// # Errors
///
/// It is gone, as the parent then is.
pub(crate) fn adopt(stamp: Stamp) -> io::Result<()> {
    let process = open_for_handles(stamp.pid())?;
    if Stamp::new(stamp.pid(), start_time(process.as_handle())?) != stamp {
        return Err(io::Error::other("the process that keeps handles on their way is gone"));
    }
    let _there_was_none = VAULT.set(Vault { process, stamp, _job: None });
    Ok(())
}

impl Vault {
    fn make() -> io::Result<Self> {
        // SAFETY: no attributes and no name; the handle is new.
        let job = unsafe { made(CreateJobObjectW(ptr::null(), ptr::null()))? };
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        // SAFETY: `limits` is what this kind of information is, and has that size.
        check(unsafe {
            SetInformationJobObject(
                job.as_raw_handle(),
                JobObjectExtendedLimitInformation,
                (&raw const limits).cast(),
                size_of_val(&limits) as u32,
            )
        })?;
        let (process, pid) = start_nothing()?;
        // SAFETY: both are open.
        let assigned = check(unsafe {
            AssignProcessToJobObject(job.as_raw_handle(), process.as_raw_handle())
        });
        let started = assigned.and_then(|()| start_time(process.as_handle()));
        match started {
            Ok(started) => Ok(Self { process, stamp: Stamp::new(pid, started), _job: Some(job) }),
            Err(error) => {
                // SAFETY: it is open, and nobody else knows of it.
                unsafe { TerminateProcess(process.as_raw_handle(), 1) };
                Err(error)
            }
        }
    }
}

/// Starts this program, and stops it before it does anything.
fn start_nothing() -> io::Result<(OwnedHandle, u32)> {
    let program = std::env::current_exe()?;
    let program: Vec<u16> = program.as_os_str().encode_wide().chain([0]).collect();
    let mut line: Vec<u16> = "handles-on-their-way".encode_utf16().chain([0]).collect();
    let startup = STARTUPINFOW { cb: size_of::<STARTUPINFOW>() as u32, ..STARTUPINFOW::default() };
    let mut made_of = PROCESS_INFORMATION::default();
    // SAFETY: both texts end with a zero; the other pointers are null, or to what they should be to. It
    // inherits nothing.
    check(unsafe {
        CreateProcessW(
            program.as_ptr(),
            line.as_mut_ptr(),
            ptr::null(),
            ptr::null(),
            0,
            CREATE_SUSPENDED | DETACHED_PROCESS,
            ptr::null(),
            ptr::null(),
            &raw const startup,
            &raw mut made_of,
        )
    })?;
    // SAFETY: the system has just made both for us. The thread is not needed.
    unsafe {
        drop(made(made_of.hThread)?);
        Ok((made(made_of.hProcess)?, made_of.dwProcessId))
    }
}

#[cfg(test)]
mod tests {
    use super::super::handle::{count, event, fetch, park};
    use super::*;

    #[test]
    fn keeps_what_its_sender_has_dropped() {
        let vault = get().unwrap();
        let ours = event(false).unwrap();
        let another = ours.try_clone().unwrap();
        let number = park(ours.as_handle(), vault).unwrap();
        assert_eq!(count(another.as_handle()), Some(3));
        drop(ours);
        assert_eq!(count(another.as_handle()), Some(2));
        let back = fetch(number, vault).unwrap();
        assert_eq!(count(back.as_handle()), Some(2), "it is not in the vault any more");
        // There may be something else by that number: Wine has done some things in it before it was stopped.
        let _something_else = fetch(number, vault);
        assert_eq!(count(another.as_handle()), Some(2));
    }
}
