//! The settings of a pool, checked and in the form in which the engine uses them.

use crate::bootstrap::program::Program;
use crate::builder::OnWorkerDeath;
use crate::transport::beside::Beside;
use crate::transport::message::Initializer;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) max_workers: usize,
    pub(crate) threads_per_worker: usize,
    /// How many this process may use.
    pub(crate) processors: usize,
    pub(crate) max_tasks_per_child: Option<usize>,
    pub(crate) initializer: Option<(Initializer, Beside)>,
    pub(crate) on_death: OnWorkerDeath,
    /// Of tasks that have none of their own.
    pub(crate) deadline: Option<Duration>,
    pub(crate) start_timeout: Duration,
    pub(crate) capture_stderr: bool,
    /// How worker processes are started.
    pub(crate) process: Program,
}
