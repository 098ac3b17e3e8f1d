//! [`Scratch`]: a directory that lives as long as one test.

use super::{GateKeeper, Journal};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

/// A temporary directory with gates and journals in it.
///
/// Make it before the pool, so that it is removed after the pool's last task has ended.
pub(crate) struct Scratch {
    directory: TempDir,
    names: AtomicUsize,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        let directory = TempDir::with_prefix(Self::prefix()).expect("a temporary directory");
        Self { directory, names: AtomicUsize::new(0) }
    }

    /// How many there are of this process.
    pub(crate) fn count() -> usize {
        let entries = std::fs::read_dir(std::env::temp_dir()).expect("a directory");
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.filter(|name| name.starts_with(&Self::prefix())).count()
    }

    fn prefix() -> String {
        format!("concurrent-futures-{}-", std::process::id())
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A new gate, closed. Make it after the pool: see [`GateKeeper`].
    pub(crate) fn gate(&self) -> GateKeeper {
        GateKeeper::new(self.fresh("gate"))
    }

    /// A new journal, empty.
    pub(crate) fn journal(&self) -> Journal {
        Journal::new(self.fresh("journal"))
    }

    fn fresh(&self, kind: &str) -> PathBuf {
        let number = self.names.fetch_add(1, Ordering::Relaxed);
        self.directory.path().join(format!("{kind}-{number}"))
    }
}
