//! The same result by other means: reads every file, and compares contents rather than hashes.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

/// What there is to find below a directory.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Expected {
    /// Each sorted.
    pub(crate) groups: BTreeSet<Vec<PathBuf>>,
    pub(crate) wasted: u64,
    pub(crate) files: u64,
}

impl Expected {
    /// Finds it.
    pub(crate) fn compute(directory: &Path) -> Self {
        let mut names = BTreeMap::new();
        list(directory, &mut names);
        let mut by_contents: BTreeMap<Vec<u8>, Vec<PathBuf>> = BTreeMap::new();
        for mut same_file in names.into_values() {
            same_file.sort();
            let path = same_file.swap_remove(0);
            by_contents.entry(fs::read(&path).unwrap()).or_default().push(path);
        }
        let mut found = Self::default();
        for (contents, mut paths) in by_contents {
            found.files += paths.len() as u64;
            if paths.len() > 1 {
                paths.sort();
                found.wasted += (contents.len() * (paths.len() - 1)) as u64;
                found.groups.insert(paths);
            }
        }
        found
    }
}

/// Collects all names of each regular file.
fn list(directory: &Path, names: &mut BTreeMap<(u64, u64), Vec<PathBuf>>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_dir() {
            list(&path, names);
        } else if metadata.is_file() {
            let unique = names.len() as u64;
            names.entry(identity(&metadata, unique)).or_default().push(path);
        }
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata, _: u64) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata, unique: u64) -> (u64, u64) {
    (0, unique)
}

/// What the program has printed with `--json`, and whether that is in order.
#[derive(Debug)]
pub(crate) struct Reported {
    pub(crate) found: Expected,
    pub(crate) errors: Vec<(PathBuf, String)>,
}

impl Reported {
    /// Parses the document.
    pub(crate) fn parse(json: &str) -> Self {
        assert_eq!(json.find('\n'), Some(json.len() - 1), "one line");
        let document: Value = serde_json::from_str(json).unwrap();
        let mut groups = Vec::new();
        let mut hashes = BTreeSet::new();
        for group in array(&document["groups"]) {
            let names = array(&group["paths"]);
            let paths: Vec<PathBuf> = match group.get("path_bytes") {
                None => names.iter().map(|name| text(name).into()).collect(),
                Some(bytes) => array(bytes).iter().map(from_hex).collect(),
            };
            assert!(paths.is_sorted() && paths.len() > 1, "{group}");
            let lossy: Vec<_> = paths.iter().map(|path| path.to_string_lossy()).collect();
            assert_eq!(lossy, names.iter().map(text).collect::<Vec<_>>());
            assert!(hashes.insert(text(&group["hash"])), "a second group of {group}");

            let size = group["size"].as_u64().unwrap();
            for path in &paths {
                assert_eq!(fs::metadata(path).unwrap().len(), size, "{}", path.display());
            }
            groups.push((std::cmp::Reverse(size * (paths.len() as u64 - 1)), paths));
        }
        assert!(groups.is_sorted(), "the largest saving comes first");
        let found = Expected {
            groups: groups.into_iter().map(|(_, paths)| paths).collect(),
            wasted: document["wasted_bytes"].as_u64().unwrap(),
            files: document["files"].as_u64().unwrap(),
        };
        let errors = array(&document["errors"]).iter();
        let errors =
            errors.map(|error| (text(&error["path"]).into(), text(&error["error"]).into()));
        Self { found, errors: errors.collect() }
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The path with these bytes.
fn from_hex(value: &Value) -> PathBuf {
    let digits = text(value).as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    path_from_bytes(digits.map(byte).collect()).into()
}

#[cfg(unix)]
fn path_from_bytes(bytes: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

#[cfg(not(unix))]
fn path_from_bytes(bytes: Vec<u8>) -> OsString {
    String::from_utf8(bytes).unwrap().into() // the tree has no other names here
}
