//! [`Journal`]: what tasks did, in the order they did it, in whatever process.

use super::eventually;
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

/// A file to which each entry is appended by one write.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Journal {
    path: PathBuf,
}

impl Journal {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Adds one line.
    ///
    /// Under a lock: not every system keeps two writers that append from each other's bytes (Wine
    /// loses a line now and then).
    pub(crate) fn append(&self, entry: impl Display) {
        let mut file = File::options().append(true).create(true).open(&self.path).expect("journal");
        file.lock().expect("nobody holds the lock for long");
        file.write_all(format!("{entry}\n").as_bytes()).expect("room for a line");
    }

    /// The lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        match fs::read_to_string(&self.path) {
            Ok(text) => text.lines().map(str::to_owned).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => panic!("the journal cannot be read: {error}"),
        }
    }

    /// The lines so far, sorted: for entries whose order is anybody's guess.
    pub(crate) fn sorted_numbers(&self) -> Vec<u64> {
        let mut numbers: Vec<u64> =
            self.lines().iter().map(|line| line.parse().expect("a number")).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Blocks until there are `count` lines.
    pub(crate) fn wait_for(&self, count: usize) {
        eventually("entries in a journal", || self.lines().len() >= count);
    }
}
