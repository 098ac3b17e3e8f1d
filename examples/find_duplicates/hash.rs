//! [`hash`]: what the workers do, one file at a time.
//!
//! A plain function whose argument and result can be serialised, so it runs on any executor: in
//! this thread, in another, or in another process.

use crate::portable_path::PortablePath;
use concurrent_futures::PortableError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How much of a file [`Part::Head`] is.
pub(crate) const HEAD: u64 = 16 * 1024;

/// How much of a file to hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Part {
    /// The first [`HEAD`] bytes, or all of a file that is no larger.
    Head,
    /// All of it.
    Whole,
}

impl Part {
    /// How many bytes this is of a file of `size` bytes.
    pub(crate) fn length(self, size: u64) -> u64 {
        match self {
            Self::Head => size.min(HEAD),
            Self::Whole => size,
        }
    }
}

/// One task: the file and what to hash of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    path: PortablePath,
    /// The size it had when it was found.
    size: u64,
    part: Part,
}

impl Job {
    /// Hash this `part` of the file at `path`, which has `size` bytes.
    pub(crate) fn new(path: &Path, size: u64, part: Part) -> Self {
        Self { path: path.into(), size, part }
    }
}

/// Hashes a file, or the head of it.
///
/// # Errors
///
/// Why the file could not be read, or that it no longer has the size by which it was grouped.
pub(crate) fn hash(job: Job) -> Result<Digest, PortableError> {
    let expected = job.part.length(job.size);
    // Where the file should end, try to read on.
    let limit = if expected == job.size { expected.saturating_add(1) } else { expected };
    let file = File::open(PathBuf::from(job.path))?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file.take(limit))?;
    if hasher.count() != expected {
        return Err(PortableError::msg("its size changed during the search"));
    }
    Ok(Digest(*hasher.finalize().as_bytes()))
}

/// A BLAKE3 hash: files that agree in it are taken to have the same contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    /// The hash of an empty file, for which none need be opened.
    pub(crate) fn of_nothing() -> Self {
        Self(*blake3::hash(b"").as_bytes())
    }
}

/// In hexadecimal, as `b3sum` prints it.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
