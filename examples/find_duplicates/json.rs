//! [`write`]: the report for machines.
//!
//! ```json
//! {
//!   "groups": [{"size": 5, "hash": "ea8f…", "paths": ["a/x", "b/y"]}],
//!   "wasted_bytes": 5,
//!   "files": 17,
//!   "errors": [{"path": "c", "error": "Permission denied (os error 13)"}]
//! }
//! ```
//!
//! JSON is Unicode, file names need not be. Where one is not, its `path` has replacement
//! characters, and next to it stands `path_bytes`, which has the true name in hexadecimal: its
//! bytes, on Windows in the encoding called WTF-8. Next to `paths` that is a list again, of all the
//! names of the group.

use crate::report::{Failure, Group, Report};
use serde::Serialize;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

/// Writes the report as one line of JSON.
pub(crate) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let document = Document {
        groups: report.groups.iter().map(JsonGroup::of).collect(),
        wasted_bytes: report.wasted(),
        files: report.files,
        errors: report.failures.iter().map(JsonError::of).collect(),
    };
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

/// The whole output.
#[derive(Serialize)]
struct Document<'r> {
    groups: Vec<JsonGroup<'r>>,
    wasted_bytes: u64,
    files: u64,
    errors: Vec<JsonError<'r>>,
}

/// A [`Group`] in the output.
#[derive(Serialize)]
struct JsonGroup<'r> {
    size: u64,
    hash: String,
    paths: Vec<Cow<'r, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<Vec<String>>,
}

impl<'r> JsonGroup<'r> {
    fn of(group: &'r Group) -> Self {
        let paths = &group.paths;
        let unicode = paths.iter().all(|path| path.to_str().is_some());
        Self {
            size: group.size,
            hash: group.hash.to_string(),
            paths: paths.iter().map(|path| path.to_string_lossy()).collect(),
            path_bytes: (!unicode).then(|| paths.iter().map(|path| hex(path)).collect()),
        }
    }
}

/// A [`Failure`] in the output.
#[derive(Serialize)]
struct JsonError<'r> {
    path: Cow<'r, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    error: &'r str,
}

impl<'r> JsonError<'r> {
    fn of(failure: &'r Failure) -> Self {
        let path = &failure.path;
        Self {
            path: path.to_string_lossy(),
            path_bytes: path.to_str().is_none().then(|| hex(path)),
            error: &failure.error,
        }
    }
}

/// The true name, in a form that JSON can hold.
fn hex(path: &Path) -> String {
    let mut text = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    text
}
