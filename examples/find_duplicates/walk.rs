//! [`survey`]: which files there are, by size.

use crate::progress::Progress;
use crate::report::Failure;
use std::collections::{BTreeMap, HashMap};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// What a walk through a directory has found.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// The regular files, each under one name.
    pub(crate) by_size: BTreeMap<u64, Vec<PathBuf>>,
    /// How many there are.
    pub(crate) files: u64,
    /// What could not be looked at.
    pub(crate) failures: Vec<Failure>,
}

/// Lists everything below `root`. Opens no file, and follows no symbolic link but `root` itself.
pub(crate) fn survey(root: &Path, progress: &Progress) -> Survey {
    let spinner = progress.walking();
    let mut survey = Survey::default();
    let mut linked: HashMap<Identity, (u64, PathBuf)> = HashMap::new();
    for entry in WalkDir::new(root) {
        match entry.and_then(regular_file) {
            Ok(None) => {}
            Ok(Some((path, metadata))) => match identity(&metadata) {
                None => survey.add(metadata.len(), path),
                Some(identity) => {
                    let first = linked.entry(identity).or_insert((metadata.len(), path.clone()));
                    if path < first.1 {
                        first.1 = path;
                    }
                }
            },
            Err(error) => survey.failures.push(failure(root, &error)),
        }
        spinner.set_position(survey.files);
    }
    for (size, path) in linked.into_values() {
        survey.add(size, path);
    }
    survey
}

impl Survey {
    /// Another file.
    fn add(&mut self, size: u64, path: PathBuf) {
        self.by_size.entry(size).or_default().push(path);
        self.files += 1;
    }
}

/// The entry's path and metadata, if it is a regular file.
fn regular_file(entry: DirEntry) -> walkdir::Result<Option<(PathBuf, Metadata)>> {
    if !entry.file_type().is_file() {
        return Ok(None);
    }
    let metadata = entry.metadata()?;
    Ok(Some((entry.into_path(), metadata)))
}

/// What to report of an error; it is about `root` if it does not say.
fn failure(root: &Path, error: &walkdir::Error) -> Failure {
    let path = error.path().unwrap_or(root).to_path_buf();
    let text = match error.io_error() {
        Some(io) => io.to_string(), // without the path, which we have
        None => error.to_string(),
    };
    Failure { path, error: text }
}

/// By which a file is the same under all its names: device and inode.
type Identity = (u64, u64);

/// The identity, if the file has more than one name.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    (metadata.nlink() > 1).then(|| (metadata.dev(), metadata.ino()))
}

/// Not known here; every name counts as a file.
#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<Identity> {
    None
}
