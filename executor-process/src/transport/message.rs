//! What is sent through the channels: everything that is not a task or an outcome.
//!
//! | channel            | made by | messages, in this order                                            |
//! |--------------------|---------|--------------------------------------------------------------------|
//! | one-shot server    | pool    | one [`Hello`]                                                      |
//! | to the worker      | worker  | one [`Welcome`] or refusal; then wake-ups and attachments          |
//! | to the pool        | pool    | ready or failed; then wake-ups and attachments; from the pool itself the worker's end |
//!
//! Each channel is made in the process that receives from it. A message of attachments is sent before
//! the task or outcome that it belongs to is published, and these carry its number, so the receiver
//! finds it in the channel when it needs it.

use super::memory::Location;
use crate::bootstrap::identity::Identity;
use executor_core::Exit;
use executor_core::PanicReport;
use ipc_channel::ipc::{IpcSender, IpcSharedMemory};
use serde::{Deserialize, Serialize};

/// The first message on the one-shot server.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Hello {
    /// From a worker that has started.
    Worker(Introduction),
    /// From the pool's own keeper: the process ended, or could not be started.
    Gone(String),
}

/// Who a worker is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Introduction {
    pub(crate) token: String,
    pub(crate) identity: Identity,
    pub(crate) sender: IpcSender<ToWorker>,
    /// Kept by the pool for as long as it lives, where the system does not end orphans itself.
    pub(crate) lifeline: Option<IpcSender<()>>,
}

/// From the pool.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToWorker {
    Welcome(Box<Welcome>),
    /// Not the worker that was expected; go.
    Refused,
    /// Look at the region.
    Wake,
    Attachments(Attachments),
}

/// All that a worker needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Welcome {
    pub(crate) region: Location,
    /// What the pool writes to and the worker reads.
    pub(crate) arguments: Location,
    /// The reverse.
    pub(crate) results: Location,
    pub(crate) sender: IpcSender<ToPool>,
    pub(crate) threads: usize,
    pub(crate) initializer: Option<Initializer>,
}

/// What a worker runs before its first task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Initializer {
    pub(crate) function: u64,
    pub(crate) trampoline: u64,
    pub(crate) argument: Vec<u8>,
    pub(crate) attachments: Vec<IpcSharedMemory>,
}

/// From a worker, or from the pool to its own reader.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToPool {
    /// The worker can be sent tasks.
    Ready,
    /// The initializer panicked.
    InitializerFailed(PanicReport),
    /// The worker cannot begin, for this reason.
    CannotServe(String),
    /// Look at the region.
    Wake,
    Attachments(Attachments),
    /// From the keeper: the process has ended. Nothing follows.
    Ended(ExitStatus),
}

/// What travels beside the bytes of one task or outcome.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Attachments {
    pub(crate) number: u32,
    pub(crate) blocks: Vec<IpcSharedMemory>,
}

/// [`Exit`], so that it can travel.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum ExitStatus {
    Code(i32),
    Signal(i32),
    Unknown,
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Code(code) => Self::Code(code),
            ExitStatus::Signal(signal) => Self::Signal(signal),
            ExitStatus::Unknown => Self::Unknown,
        }
    }
}

impl From<std::process::ExitStatus> for ExitStatus {
    fn from(status: std::process::ExitStatus) -> Self {
        #[cfg(unix)]
        if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
            return Self::Signal(signal);
        }
        status.code().map_or(Self::Unknown, Self::Code)
    }
}
