//! Not outliving the parent, however that ends.
//!
//! | system         | what ends a process that was started here when its parent dies              | noticed by the process itself |
//! |----------------|-----------------------------------------------------------------------------|-------------------------------|
//! | Linux, Android | the kernel sends `SIGKILL`, which the child asks for when it begins          | at once, if it was too late to ask |
//! | Windows        | the kernel ends all processes of a job when the last handle of that is closed; the parent has the only one | a thread waits for the parent |
//! | other Unix     |                                                                             | a thread waits for the end of a channel to the parent |
//!
//! On Windows a child is put into the job when it has started. Should the parent be killed between the two, or
//! the system refuse, as it may inside of other jobs, the child's own thread is enough, so long as the child
//! gets to run any. Processes that a child starts are not in the job: they are the child's affair.
//!
//! Tests: `tests/process/signals.rs`, `tests/process/windows.rs`.

pub(crate) use system::{die_with, spawn};

#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
    use shared_child::SharedChild;
    use std::io;
    use std::process::Command;

    /// Starts a process that will call [`die_with`].
    pub(crate) fn spawn(command: &mut Command) -> io::Result<SharedChild> {
        SharedChild::spawn(command)
    }

    /// Has the system kill this process when its parent, the process with this number, dies.
    ///
    /// The system goes by the *thread* that started us, so whoever starts a process that calls this keeps
    /// the thread alive for as long.
    pub(crate) fn die_with(parent: u32) {
        use rustix::process::{Signal, getppid, set_parent_process_death_signal};

        let _old_kernels_excepted = set_parent_process_death_signal(Some(Signal::KILL));
        // It may have died before.
        let now = getppid().map_or(0, |pid| pid.as_raw_nonzero().get().unsigned_abs());
        if now != parent && now != 0 {
            std::process::exit(crate::worker::EXIT_ORPHANED);
        }
    }
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
mod system {
    use shared_child::SharedChild;
    use std::io;
    use std::process::Command;

    /// Starts a process that will call [`die_with`].
    pub(crate) fn spawn(command: &mut Command) -> io::Result<SharedChild> {
        SharedChild::spawn(command)
    }

    /// A connection to the parent tells when it is gone.
    pub(crate) fn die_with(_parent: u32) {}
}

#[cfg(windows)]
mod system {
    use crate::bootstrap::program;
    use once_cell::sync::OnceCell;
    use shared_child::SharedChild;
    use std::io;
    use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
    use std::process::{Child, Command};
    use std::thread;
    use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, HANDLE};
    use windows_sys::Win32::System::JobObjects::{
        AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
        JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
        JobObjectExtendedLimitInformation, SetInformationJobObject,
    };
    use windows_sys::Win32::System::Threading::{
        GetCurrentProcess, INFINITE, OpenProcess, PROCESS_SYNCHRONIZE, TerminateProcess,
        WaitForSingleObject,
    };

    /// Starts a process that will call [`die_with`].
    pub(crate) fn spawn(command: &mut Command) -> io::Result<SharedChild> {
        let child = program::start(command)?;
        let _it_notices_by_itself = put_into_job(&child);
        SharedChild::new(child)
    }

    fn put_into_job(child: &Child) -> io::Result<()> {
        let job = job()?.as_raw_handle();
        // SAFETY: two handles that are open, of a job and of a process.
        match unsafe { AssignProcessToJobObject(job, child.as_raw_handle()) } {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

    /// The job of all processes that this one starts. Nobody else has a handle of it, and ours is closed by the
    /// system when this process has ended.
    fn job() -> io::Result<&'static OwnedHandle> {
        static JOB: OnceCell<OwnedHandle> = OnceCell::new();
        JOB.get_or_try_init(|| {
            // SAFETY: neither attributes, so that no child inherits it, nor a name.
            let job = unsafe { CreateJobObjectW(std::ptr::null(), std::ptr::null()) };
            let job = owned(job)?;
            let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
            limits.BasicLimitInformation.LimitFlags =
                JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
            // SAFETY: the job is open, and this is the structure for this kind of information.
            let set = unsafe {
                SetInformationJobObject(
                    job.as_raw_handle(),
                    JobObjectExtendedLimitInformation,
                    (&raw const limits).cast(),
                    size_of_val(&limits) as u32,
                )
            };
            if set == 0 { Err(io::Error::last_os_error()) } else { Ok(job) }
        })
    }

    /// What a function has returned that gives a handle, or null.
    fn owned(handle: HANDLE) -> io::Result<OwnedHandle> {
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it is open, and nobody but the caller, who has just been given it, has it.
        Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
    }

    /// Ends this process when its parent, the process with this number, dies.
    ///
    /// The number may be that of another process by now. Then the parent is gone, and so is whatever this
    /// process is about to connect to.
    pub(crate) fn die_with(parent: u32) {
        // SAFETY: any number may be asked for.
        let parent = match owned(unsafe { OpenProcess(PROCESS_SYNCHRONIZE, 0, parent) }) {
            Ok(parent) => parent,
            Err(error) if error.raw_os_error() == Some(ERROR_INVALID_PARAMETER as i32) => {
                std::process::exit(crate::worker::EXIT_ORPHANED)
            }
            Err(_it_is_not_for_us_to_look_at) => return,
        };
        let wait = move || {
            // SAFETY: the handle is open, and allows waiting.
            unsafe { WaitForSingleObject(parent.as_raw_handle(), INFINITE) };
            // At once. To exit would be to wait for the children of this process, which wait for its end.
            // SAFETY: no pointers are passed.
            unsafe { TerminateProcess(GetCurrentProcess(), crate::worker::EXIT_ORPHANED as u32) };
        };
        let _the_job_is_left = thread::Builder::new().name("orphan".to_owned()).spawn(wait);
    }
}
