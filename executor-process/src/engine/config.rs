//! The settings of a pool, checked and in the form in which the engine uses them.

use crate::builder::OnWorkerDeath;
use crate::transport::message::Initializer;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) max_workers: usize,
    pub(crate) threads_per_worker: usize,
    pub(crate) max_tasks_per_child: Option<usize>,
    pub(crate) initializer: Option<Initializer>,
    pub(crate) on_death: OnWorkerDeath,
    /// Of tasks that have none of their own.
    pub(crate) deadline: Option<Duration>,
    pub(crate) start_timeout: Duration,
    pub(crate) capture_stderr: bool,
    pub(crate) process: Process,
}

/// How worker processes are started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Process {
    /// Instead of the program that is running.
    pub(crate) program: Option<PathBuf>,
    pub(crate) clear_environment: bool,
    /// Set, or removed if there is no value; in this order.
    pub(crate) environment: Vec<(OsString, Option<OsString>)>,
    pub(crate) directory: Option<PathBuf>,
}
