//! [`Report`]: what the search has found, in an order that does not depend on who was faster.

use crate::hash::Digest;
use std::cmp::Reverse;
use std::path::PathBuf;

/// The result of the whole program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// The largest saving first, then by path.
    pub(crate) groups: Vec<Group>,
    /// How many files were looked at.
    pub(crate) files: u64,
    /// What could not be read, by path.
    pub(crate) failures: Vec<Failure>,
}

/// Files with the same contents, two at least.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// The size of each.
    pub(crate) size: u64,
    /// The hash of the contents.
    pub(crate) hash: Digest,
    /// Sorted.
    pub(crate) paths: Vec<PathBuf>,
}

/// A file or directory that could not be read, and why.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Failure {
    /// What.
    pub(crate) path: PathBuf,
    /// Why.
    pub(crate) error: String,
}

impl Report {
    /// Puts everything in order.
    pub(crate) fn new(files: u64, mut groups: Vec<Group>, mut failures: Vec<Failure>) -> Self {
        groups.sort_unstable_by(|a, b| {
            (Reverse(a.wasted()), &a.paths).cmp(&(Reverse(b.wasted()), &b.paths))
        });
        failures.sort_unstable();
        Self { groups, files, failures }
    }

    /// How many bytes would be free if one file of each group were kept.
    pub(crate) fn wasted(&self) -> u64 {
        self.groups.iter().map(Group::wasted).sum()
    }
}

impl Group {
    /// The files at `paths` all have this size and hash.
    pub(crate) fn new(size: u64, hash: Digest, mut paths: Vec<PathBuf>) -> Self {
        paths.sort_unstable();
        Self { size, hash, paths }
    }

    /// How many bytes would be free if one file were kept.
    pub(crate) fn wasted(&self) -> u64 {
        self.size * (self.paths.len() as u64 - 1)
    }
}
