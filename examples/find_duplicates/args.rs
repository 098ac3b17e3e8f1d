//! [`Args`]: the command line.

use crate::choice::Choice;
use clap::Parser;
use clap::builder::{PathBufValueParser, TypedValueParser};
use std::fs;
use std::io;
use std::path::PathBuf;

/// Find duplicate files below a directory, and what deleting them would save.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// The directory to search, with everything below it.
    #[arg(default_value = ".", value_parser = PathBufValueParser::new().try_map(readable))]
    pub(crate) directory: PathBuf,

    /// What hashes the files: `thread` or `process`, as many as suit the machine, `thread:N` or
    /// `process:N` for N of them, or `inline` for neither.
    #[arg(long, value_name = "KIND", default_value = "thread")]
    pub(crate) executor: Choice,

    /// Print the result as one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Refuses what is not a directory, or cannot be listed, as a mistake on the command line.
fn readable(directory: PathBuf) -> io::Result<PathBuf> {
    fs::read_dir(&directory)?;
    Ok(directory)
}
