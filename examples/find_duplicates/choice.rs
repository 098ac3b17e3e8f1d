//! [`Choice`]: which executor to use, as said on the command line.

use concurrent_futures::{Executor, InlineExecutor, ProcessPoolExecutor, ThreadPoolExecutor};
use std::error::Error;
use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

/// The executor that the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// No workers: everything happens in the main thread.
    Inline,
    /// A pool of threads, as many as suit the machine.
    Thread,
    /// A pool of this many threads.
    Threads(NonZeroUsize),
    /// A pool of processes, as many as suit the machine.
    Process,
    /// A pool of this many processes.
    Processes(NonZeroUsize),
}

impl Choice {
    /// Makes the executor. The one place that a new kind of executor has to be added to.
    pub(crate) fn build(self) -> Result<Box<dyn Executor>, Box<dyn Error>> {
        Ok(match self {
            Self::Inline => Box::new(InlineExecutor::new()),
            Self::Thread => Box::new(ThreadPoolExecutor::new()?),
            Self::Threads(n) => {
                Box::new(ThreadPoolExecutor::builder().max_workers(n.get()).build()?)
            }
            Self::Process => Box::new(ProcessPoolExecutor::new()?),
            Self::Processes(n) => {
                Box::new(ProcessPoolExecutor::builder().max_workers(n.get()).build()?)
            }
        })
    }
}

impl FromStr for Choice {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        match text.split_once(':') {
            None if text == "inline" => Ok(Self::Inline),
            None if text == "thread" => Ok(Self::Thread),
            None if text == "process" => Ok(Self::Process),
            Some(("thread", n)) => n.parse().map(Self::Threads).map_err(|_| UnknownChoice),
            Some(("process", n)) => n.parse().map(Self::Processes).map_err(|_| UnknownChoice),
            _ => Err(UnknownChoice),
        }
    }
}

/// A text that names no executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownChoice;

impl fmt::Display for UnknownChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "expected `thread`, `thread:N`, `process` or `process:N` with N of at least 1, or `inline`",
        )
    }
}

impl Error for UnknownChoice {}
