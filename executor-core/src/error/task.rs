//! [`TaskError`]: why a future has no value.

use super::PanicReport;
use crate::id::FutureId;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why a future ended without a value.
///
/// Errors that the task itself returns are not here: they are its value, a `Result`, which
/// [`PortableError`](super::PortableError) makes easy to carry anywhere.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TaskError {
    /// The task panicked. The report has the message, the place and, in this process, the payload.
    Panicked(PanicReport),
    /// The future was cancelled before the task was started.
    Cancelled,
    /// The task ran past its deadline, and the process that ran it was stopped.
    DeadlineExceeded,
    /// The process that ran the task was stopped by [`Future::kill`](crate::Future::kill).
    Killed,
    /// The [`Pool`](crate::Pool) was terminated before the task had ended.
    Terminated,
    /// The process that ran the task died. Other tasks are not affected.
    WorkerDied(Arc<WorkerDeath>),
    /// An argument or a result could not be encoded or decoded on its way between processes.
    Codec(Arc<CodecError>),
    /// The pool broke for good, for the reason given, before the task was started.
    PoolBroken(Arc<BrokenPool>),
    /// The pool was shut down before a lazily submitted item of a `map` came to it.
    ShutDown,
    /// The timeout of a `map` passed before this item was finished. A wait timed out, not the task.
    MapTimedOut,
    /// The executor or the promise was dropped without completing the task.
    Abandoned,
    /// The result was asked for inside a callback of the same future, which has it by reference.
    InCallback,
    /// The result was already handed out by an earlier poll of the same future.
    ResultTaken,
}

impl TaskError {
    /// The report, if the task panicked.
    pub fn panic(&self) -> Option<&PanicReport> {
        match self {
            Self::Panicked(report) => Some(report),
            _ => None,
        }
    }

    /// Whether the task was cancelled.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }

    /// The error of a task that an executor cannot send to a worker, for this reason.
    pub fn not_sent(reason: impl fmt::Display) -> Self {
        Self::codec("send the task", reason)
    }

    /// The error of a task whose result an executor cannot get from a worker, for this reason.
    pub fn not_received(reason: impl fmt::Display) -> Self {
        Self::codec("receive the result", reason)
    }

    pub(crate) fn not_portable() -> Self {
        Self::codec(
            "send the task",
            "it is a closure; use a function, or a closure that captures nothing",
        )
    }

    pub(crate) fn encoding_argument(reason: &impl fmt::Display) -> Self {
        Self::codec("encode the argument", reason)
    }

    pub(crate) fn decoding_argument(reason: &impl fmt::Display) -> Self {
        Self::codec("decode the argument in the worker", reason)
    }

    pub(crate) fn encoding_result(reason: &impl fmt::Display) -> Self {
        Self::codec("encode the result in the worker", reason)
    }

    pub(crate) fn decoding_result(reason: &impl fmt::Display) -> Self {
        Self::codec("decode the result", reason)
    }

    fn codec(operation: &'static str, reason: impl fmt::Display) -> Self {
        Self::Codec(Arc::new(CodecError { operation, reason: reason.to_string() }))
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(report) => write!(f, "the task {report}"),
            Self::Cancelled => write!(f, "the task was cancelled before it started"),
            Self::DeadlineExceeded => write!(f, "the task exceeded its deadline"),
            Self::Killed => write!(f, "the task was killed while it was running"),
            Self::Terminated => write!(f, "the pool was terminated before the task had ended"),
            Self::WorkerDied(death) => write!(f, "the worker running the task died: {death}"),
            Self::Codec(error) => {
                write!(f, "a value could not travel between processes: {error}")
            }
            Self::PoolBroken(broken) => {
                write!(f, "the pool broke before the task started: {broken}")
            }
            Self::ShutDown => write!(f, "the pool was shut down before this item was submitted"),
            Self::MapTimedOut => write!(f, "the map's timeout passed before this item finished"),
            Self::Abandoned => {
                write!(f, "the executor or promise was dropped without completing the task")
            }
            Self::InCallback => write!(
                f,
                "result() was called inside a callback of the same future; use the reference that \
                 the callback is given, or Future::shared"
            ),
            Self::ResultTaken => write!(f, "the result was already taken by an earlier poll"),
        }
    }
}

impl Error for TaskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::WorkerDied(death) => Some(&**death),
            Self::Codec(error) => Some(&**error),
            Self::PoolBroken(broken) => Some(&**broken),
            _ => None,
        }
    }
}

/// How a worker process ended. The cause inside [`TaskError::WorkerDied`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerDeath {
    /// The worker's process id.
    pub pid: u32,
    /// How it ended.
    pub exit: Exit,
    /// The task it was running.
    pub task: Option<FutureId>,
    /// The last lines that it wrote to stderr, if the pool captures them; empty otherwise.
    pub stderr: String,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By exiting with this code.
    Code(i32),
    /// By this signal (Unix).
    Signal(i32),
    /// In a way the system did not tell.
    Unknown,
}

impl Exit {
    /// Whether it ended by itself with code 0.
    pub fn is_success(&self) -> bool {
        *self == Self::Code(0)
    }

    /// The name of the signal, such as `SIGSEGV`, if it ended by one with the same number everywhere.
    pub fn signal_name(&self) -> Option<&'static str> {
        let Self::Signal(number) = self else { return None };
        Some(match number {
            1 => "SIGHUP",
            2 => "SIGINT",
            3 => "SIGQUIT",
            4 => "SIGILL",
            5 => "SIGTRAP",
            6 => "SIGABRT",
            8 => "SIGFPE",
            9 => "SIGKILL",
            11 => "SIGSEGV",
            13 => "SIGPIPE",
            14 => "SIGALRM",
            15 => "SIGTERM",
            #[cfg(any(target_os = "linux", target_os = "android"))]
            7 => "SIGBUS",
            #[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
            10 => "SIGBUS",
            _ => return None,
        })
    }
}

/// As the end of a sentence: `exited with code 3`, `was killed by SIGSEGV`.
impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.signal_name()) {
            (Self::Code(code), _) => write!(f, "exited with code {code}"),
            (Self::Signal(_), Some(name)) => write!(f, "was killed by {name}"),
            (Self::Signal(signal), None) => write!(f, "was killed by signal {signal}"),
            (Self::Unknown, _) => write!(f, "ended in an unknown way"),
        }
    }
}

impl WorkerDeath {
    /// The end of a worker that was running nothing and has said nothing.
    pub fn new(pid: u32, exit: Exit) -> Self {
        Self { pid, exit, task: None, stderr: String::new() }
    }
}

impl fmt::Display for WorkerDeath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} {}", self.pid, self.exit)?;
        if let Some(task) = self.task {
            write!(f, " while running task {task}")?;
        }
        if self.exit == Exit::Signal(9) {
            // Not said by the system; the usual reason that is not the user's own doing.
            write!(f, " (perhaps by the system, because memory ran out)")?;
        }
        if !self.stderr.is_empty() {
            write!(f, "; the last it wrote to stderr:\n{}", self.stderr.trim_end())?;
        }
        Ok(())
    }
}

impl Error for WorkerDeath {}

/// A value that did not make it from one process to another. The cause inside [`TaskError::Codec`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecError {
    operation: &'static str,
    reason: String,
}

impl CodecError {
    /// One that happened while something, such as `send the item`, was attempted.
    pub fn new(operation: &'static str, reason: impl Into<String>) -> Self {
        Self { operation, reason: reason.into() }
    }

    /// What was attempted, such as `encode the argument`.
    pub fn operation(&self) -> &str {
        self.operation
    }

    /// Why it failed, in the words of the format or of the panic.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}: {}", self.operation, self.reason)
    }
}

impl Error for CodecError {}

/// Why a pool broke. The cause inside [`TaskError::PoolBroken`] and
/// [`SubmitError::Broken`](super::SubmitError::Broken).
#[derive(Clone, Debug, PartialEq)]
pub struct BrokenPool {
    reason: String,
    panic: Option<PanicReport>,
}

impl BrokenPool {
    /// A pool that broke for a reason in words.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), panic: None }
    }

    /// A pool that broke because its own part called `what` panicked.
    pub fn from_panic(what: &str, report: PanicReport) -> Self {
        Self { reason: format!("{what} {report}"), panic: Some(report) }
    }

    /// The reason, in words.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The panic that broke it, if one did.
    pub fn panic(&self) -> Option<&PanicReport> {
        self.panic.as_ref()
    }
}

impl fmt::Display for BrokenPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl Error for BrokenPool {}
