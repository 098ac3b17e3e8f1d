//! [`Program`]: how this program is started again.

use super::ticket::VARIABLE;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Child, Command};

/// What may be different from this process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    /// Instead of the program that is running.
    pub(crate) program: Option<PathBuf>,
    pub(crate) clear_environment: bool,
    /// Set, or removed if there is no value; in this order.
    pub(crate) environment: Vec<(OsString, Option<OsString>)>,
    pub(crate) directory: Option<PathBuf>,
}

impl Program {
    /// What starts it, with this ticket in its environment.
    pub(crate) fn command(&self, ticket: &str) -> Command {
        let mut command = Command::new(self.program.clone().unwrap_or_else(running_program));
        #[cfg(unix)]
        if self.program.is_none()
            && let Some(name) = std::env::args_os().next()
        {
            std::os::unix::process::CommandExt::arg0(&mut command, name); // for whoever lists processes
        }
        command.args(std::env::args_os().skip(1));
        if self.clear_environment {
            command.env_clear();
        }
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command.env(VARIABLE, ticket);
        #[cfg(windows)]
        std::os::windows::process::CommandExt::creation_flags(&mut command, creation_flags());
        command
    }
}

/// Starts a process, at the third attempt at the latest.
///
/// Under Wine one of some thousand new processes is gone before it has begun, and the error is one that Windows
/// does not give. Nothing of it has run, so another can be started in its place.
pub(crate) fn start(command: &mut Command) -> io::Result<Child> {
    #[cfg(windows)]
    for _ in 0..2 {
        use windows_sys::Win32::Foundation::ERROR_INTERNAL_ERROR;
        match command.spawn() {
            Err(error) if error.raw_os_error() == Some(ERROR_INTERNAL_ERROR as i32) => {}
            started => return started,
        }
    }
    command.spawn()
}

/// How a process is started on Windows: in a group of its own, so that Ctrl-C goes to the main program only,
/// and without a window.
///
/// A process that has a console shares it with those that it starts, and so what they print is seen. Only one
/// that has none would have the system open a window for each of them.
#[cfg(windows)]
fn creation_flags() -> u32 {
    use windows_sys::Win32::System::Console::GetConsoleCP;
    use windows_sys::Win32::System::Threading::{CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW};

    // SAFETY: it only asks; without a console it fails, and gives 0.
    let has_console = unsafe { GetConsoleCP() } != 0;
    CREATE_NEW_PROCESS_GROUP | if has_console { 0 } else { CREATE_NO_WINDOW }
}

/// The file that this process runs.
fn running_program() -> PathBuf {
    if cfg!(any(target_os = "linux", target_os = "android")) {
        // The very file, even if it has been replaced or removed since.
        let running = PathBuf::from("/proc/self/exe");
        if running.exists() {
            return running;
        }
    }
    // Where nobody tells (without `/proc`), by the name by which this one was started. A worker says what it is.
    let as_started = || std::env::args_os().next().map(PathBuf::from);
    std::env::current_exe().ok().or_else(as_started).unwrap_or_default()
}
