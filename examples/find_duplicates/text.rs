//! [`write`]: the report for people, and what is said on standard error.

use crate::report::Report;
use indicatif::{BinaryBytes, HumanCount};
use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::path::Path;

/// Writes the groups, then what deleting would save.
pub(crate) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    for group in &report.groups {
        let (count, size) = (HumanCount(group.paths.len() as u64), BinaryBytes(group.size));
        writeln!(out, "{count} files of {size}:")?;
        for path in &group.paths {
            writeln!(out, "  {}", Shown(path))?;
        }
        writeln!(out)?;
    }
    let files = counted(report.files, "file");
    if report.groups.is_empty() {
        return writeln!(out, "No duplicates among {files}.");
    }
    let groups = counted(report.groups.len() as u64, "group");
    let (size, bytes) = (BinaryBytes(report.wasted()), HumanCount(report.wasted()));
    writeln!(out, "{groups} of duplicates among {files}.")?;
    writeln!(out, "Deleting all but one file of each would free {size} ({bytes} bytes).")
}

/// `1 file`, `2 files`.
fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", HumanCount(number))
}

/// Lists on standard error what could not be read, if anything.
pub(crate) fn complain_about_failures(report: &Report) {
    if report.failures.is_empty() {
        return;
    }
    complain(format_args!("could not read {}:\n", HumanCount(report.failures.len() as u64)));
    for failure in &report.failures {
        complain(format_args!("  {}: {}\n", Shown(&failure.path), failure.error));
    }
}

/// Prints to standard error. If nobody listens there, so be it; `eprint!` would panic.
pub(crate) fn complain(message: fmt::Arguments<'_>) {
    let _ = io::stderr().write_fmt(message);
}

/// A path on one line, and harmless to the terminal: control characters, and bytes that are no
/// character at all, are escaped.
struct Shown<'p>(&'p Path);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.as_os_str().as_encoded_bytes().utf8_chunks() {
            for c in chunk.valid().chars() {
                if c.is_control() { write!(f, "{}", c.escape_default())? } else { f.write_char(c)? }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}
