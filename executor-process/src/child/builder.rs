//! [`ProcessBuilder`]: a process with other settings than the default ones.

use super::error::StartError;
use super::own::Identification;
use super::process::Process;
use super::state::{Child, Plan};
use super::stream::Stream;
use super::target::{FunctionAndArgument, IntoExitCode};
use crate::bootstrap::program::Program;
use executor_core::Portable;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

/// Settings for a [`Process`], made by [`Process::builder`].
///
/// ```
/// use executor_process::{Process, Stream};
/// use std::io::Read;
///
/// fn report(variable: String) {
///     let name = executor_process::current_process().name().to_string();
///     println!("{name}: {}", std::env::var(variable).unwrap());
/// }
///
/// let process = Process::builder()
///     .name("reporter")
///     .env("LEVEL", "11")
///     .stdout(Stream::Piped)
///     .start(report, "LEVEL".to_string())?;
/// let mut text = String::new();
/// process.take_stdout().unwrap().read_to_string(&mut text)?;
/// assert_eq!(text, "reporter: 11\n");
/// process.join()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until `build` or `start`"]
pub struct ProcessBuilder {
    name: Option<String>,
    daemon: bool,
    program: Program,
    stdin: Stream,
    stdout: Stream,
    stderr: Stream,
}

impl Default for ProcessBuilder {
    fn default() -> Self {
        Self {
            name: None,
            daemon: false,
            program: Program::default(),
            stdin: Stream::Null,
            stdout: Stream::Inherit,
            stderr: Stream::Inherit,
        }
    }
}

impl ProcessBuilder {
    /// A name, for people. It need not be unique.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Whether it is a daemon: it is ended, instead of waited for, when this program ends, and can have
    /// no children. The default is not.
    ///
    /// Pools in a daemon work: their workers end with it. In Python the default is inherited, which comes to
    /// the same, since daemons have no children to inherit it.
    pub fn daemon(mut self, daemon: bool) -> Self {
        self.daemon = daemon;
        self
    }

    /// Sets an environment variable for it.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.program.environment.push((name.into(), Some(value.into())));
        self
    }

    /// Removes an environment variable for it.
    pub fn env_remove(mut self, name: impl Into<OsString>) -> Self {
        self.program.environment.push((name.into(), None));
        self
    }

    /// Starts it with no environment variables but those set by [`env`](Self::env) afterwards.
    pub fn env_clear(mut self) -> Self {
        self.program.clear_environment = true;
        self.program.environment.clear();
        self
    }

    /// Its working directory. The default is this process's.
    pub fn current_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.program.directory = Some(directory.into());
        self
    }

    /// Its standard input. The default is an empty one.
    pub fn stdin(mut self, stream: impl Into<Stream>) -> Self {
        self.stdin = stream.into();
        self
    }

    /// Its standard output. The default is this process's.
    pub fn stdout(mut self, stream: impl Into<Stream>) -> Self {
        self.stdout = stream.into();
        self
    }

    /// Its standard error. The default is this process's.
    pub fn stderr(mut self, stream: impl Into<Stream>) -> Self {
        self.stderr = stream.into();
        self
    }

    /// The program that it is, instead of the one that is running.
    ///
    /// It must be the same build, under whatever name; [`join`](Process::join) reports one that is not.
    /// Python's `multiprocessing.set_executable`.
    pub fn program(mut self, path: impl Into<PathBuf>) -> Self {
        self.program.program = Some(path.into());
        self
    }

    /// A process that will call `f(argument)`. It is not started yet.
    pub fn build<A: Portable, R: IntoExitCode + 'static>(
        self,
        f: fn(A) -> R,
        argument: A,
    ) -> Process {
        let Self { name, daemon, program, stdin, stdout, stderr } = self;
        let target = Box::new(FunctionAndArgument { function: f, argument });
        let plan = Plan { target, program, stdin, stdout, stderr };
        let identification = Identification::next(name, daemon);
        Process::from_child(Arc::new(Child::new(identification, plan)))
    }

    /// A process that calls `f(argument)`, started at once.
    ///
    /// # Errors
    ///
    /// Those of [`Process::start`]. The argument is lost.
    pub fn start<A: Portable, R: IntoExitCode + 'static>(
        self,
        f: fn(A) -> R,
        argument: A,
    ) -> Result<Process, StartError> {
        let process = self.build(f, argument);
        process.start()?;
        Ok(process)
    }
}
