//! Who this process is among those of the program: [`current_process`], [`parent_process`].

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix::Watched;
#[cfg(windows)]
use windows::Watched;

use super::sentinel::ready;
use crate::shared::courier::Courier;
use crate::shared::descriptor::BorrowedDescriptor;
use once_cell::sync::OnceCell;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What tells processes apart for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identification {
    pub(super) name: String,
    /// `2` for the second process made, `2:1` for the first that is made in it; empty for the main one.
    pub(super) number: String,
    pub(super) daemon: bool,
}

impl Identification {
    /// That of the next process to be made here, with the default name if none is given.
    pub(super) fn next(name: Option<String>, daemon: bool) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
        let number = match &*own().identification.number {
            "" => count.to_string(),
            parent => format!("{parent}:{count}"),
        };
        let name = name.unwrap_or_else(|| format!("Process-{number}"));
        Self { name, number, daemon }
    }
}

/// This process.
#[derive(Debug)]
struct Own {
    identification: Identification,
    parent: Option<Parent>,
}

static OWN: OnceCell<Own> = OnceCell::new();

fn own() -> &'static Own {
    OWN.get_or_init(|| Own::named("MainProcess", None))
}

impl Own {
    fn named(name: &str, parent: Option<Parent>) -> Self {
        let (name, number) = (name.to_owned(), String::new());
        Self { identification: Identification { name, number, daemon: false }, parent }
    }
}

/// Makes this process a child of the one that the line leads to.
pub(super) fn be_child(identification: Identification, parent: u32, name: String, line: Courier) {
    let parent =
        Parent { pid: parent, name: Some(name), watched: Watched::new(parent, Some(line)) };
    let _nobody_has_asked_yet = OWN.set(Own { identification, parent: Some(parent) });
}

/// Makes this process a worker of a pool in the process with this number.
pub(crate) fn be_worker(parent: u32) {
    let parent = Parent { pid: parent, name: None, watched: Watched::new(parent, None) };
    let _nobody_has_asked_yet = OWN.set(Own::named("Worker", Some(parent)));
}

/// The process that this is called in.
///
/// ```
/// let current = executor_process::current_process();
/// assert_eq!((current.name(), current.pid()), ("MainProcess", std::process::id()));
/// assert!(!current.is_daemon());
/// ```
///
/// Python's `multiprocessing.current_process()`. It is a type of its own, since a process can neither
/// start nor join itself, is alive whenever it asks, and has no exit code.
pub fn current_process() -> CurrentProcess {
    CurrentProcess(&own().identification)
}

/// What a process is to itself: see [`current_process`].
#[derive(Clone, Copy)]
pub struct CurrentProcess(&'static Identification);

impl CurrentProcess {
    /// The process id.
    pub fn pid(&self) -> u32 {
        std::process::id()
    }

    /// The name: that of the [`Process`](super::Process) if it is one, `MainProcess` in the program that the
    /// user has started, and `Worker` in a worker of a pool.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether it is a daemon, which ends with its parent and has no children.
    pub fn is_daemon(&self) -> bool {
        self.0.daemon
    }
}

impl fmt::Debug for CurrentProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentProcess")
            .field("name", &self.name())
            .field("pid", &self.pid())
            .field("daemon", &self.is_daemon())
            .finish()
    }
}

/// The process that has started this one as a [`Process`](super::Process) or as a worker of a pool; `None`
/// in the program that the user has started.
///
/// ```
/// assert!(executor_process::parent_process().is_none());
/// ```
///
/// Python's `multiprocessing.parent_process()`.
pub fn parent_process() -> Option<ParentProcess> {
    own().parent.as_ref().map(ParentProcess)
}

#[derive(Debug)]
struct Parent {
    pid: u32,
    name: Option<String>,
    watched: Watched,
}

/// The parent of this process: see [`parent_process`].
///
/// A child does not outlive its parent: on Linux it is killed with it, elsewhere it ends as soon as it
/// notices. So these are mostly of use to a child that has told the system otherwise.
#[derive(Clone, Copy)]
pub struct ParentProcess(&'static Parent);

/// How often to look where nothing tells.
const PAUSE: Duration = Duration::from_millis(10);

impl ParentProcess {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.0.pid
    }

    /// Its name; `None` in a worker of a pool, which is not told.
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Whether it has not ended yet.
    pub fn is_alive(&self) -> bool {
        self.0.watched.is_alive(self.0.pid)
    }

    /// A descriptor that is ready for reading when it has ended, or on Windows a handle that is signalled
    /// then, as [`Sentinel`](super::Sentinel) is for a child; `None` where the system has nothing of the kind.
    pub fn sentinel(&self) -> Option<BorrowedDescriptor<'static>> {
        self.0.watched.sentinel(self.0.pid)
    }

    /// Blocks until it has ended.
    pub fn join(&self) {
        while !self.join_timeout(Duration::MAX) {}
    }

    /// Blocks until it has ended, at most so long. Returns whether it has.
    pub fn join_timeout(&self, timeout: Duration) -> bool {
        let deadline = Instant::now().checked_add(timeout);
        if let Some(sentinel) = self.sentinel()
            && !ready(sentinel, Some(timeout))
        {
            return false;
        }
        // The sentinel may be a moment ahead of the system's other books.
        while self.is_alive() {
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return false;
            }
            thread::sleep(PAUSE.min(timeout));
        }
        true
    }
}

impl fmt::Debug for ParentProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParentProcess")
            .field("name", &self.name())
            .field("pid", &self.pid())
            .finish_non_exhaustive()
    }
}
