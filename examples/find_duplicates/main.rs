//! Finds duplicate files below a directory.
//!
//! ```text
//! cargo run --release --example find_duplicates -- ~/Pictures
//! cargo run --release --example find_duplicates -- --executor thread:8 --json . > duplicates.json
//! cargo run --release --example find_duplicates -- --executor process:2 .
//! ```
//!
//! Files of the same size are compared by a hash of their first 16 KiB, and those that still agree
//! by a hash of their contents. The hashing is done on a `Box<dyn Executor>` that the command line
//! chooses; nothing else in the program knows which one it is.
//!
//! | step                                         | file                   |
//! |----------------------------------------------|------------------------|
//! | the command line                             | `args.rs`, `choice.rs` |
//! | walk, group by size                          | `walk.rs`              |
//! | which files to hash, and how much of each    | `search.rs`            |
//! | hash many files, with a bounded number in flight | `stage.rs`         |
//! | hash one file: what the workers run          | `hash.rs`              |
//! | an argument that can travel: any path        | `portable_path.rs`     |
//! | what was found                               | `report.rs`            |
//! | for people, for machines                     | `text.rs`, `json.rs`   |
//! | meanwhile                                    | `progress.rs`, `interrupt.rs` |
//!
//! # What counts as a duplicate
//!
//! Regular files with the same contents. Empty files are all alike; they are a group like any
//! other, which wastes nothing. Symbolic links are neither followed nor counted. On Unix, a file
//! with several names (hard links) is one file, shown under the first of them, since deleting one
//! name frees nothing.
//!
//! # Exit codes
//!
//! | code | meaning                                                                      |
//! |------|------------------------------------------------------------------------------|
//! | 0    | done; files that could not be read, if any, are listed on standard error     |
//! | 1    | the system failed us: no threads or processes to be had, nowhere to write the result      |
//! | 2    | the command line makes no sense, or the directory is not there               |
//! | 130  | interrupted by Ctrl-C                                                        |

mod args;
mod choice;
mod hash;
mod interrupt;
mod json;
mod portable_path;
mod progress;
mod report;
mod search;
mod stage;
mod text;
mod walk;

use args::Args;
use clap::Parser;
use concurrent_futures::Shutdown;
use indicatif::ProgressDrawTarget;
use progress::Progress;
use std::error::Error;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    concurrent_futures::init();
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            text::complain(format_args!("error: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

/// The whole program, after the command line was understood.
fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let progress = Progress::new(ProgressDrawTarget::stderr());
    interrupt::install(&progress)?;

    let pool = args.executor.build()?;
    let survey = walk::survey(&args.directory, &progress);
    let report = search::search(&pool, survey, &progress);
    progress.end();
    let report = report?;
    pool.shutdown(Shutdown::wait());

    let mut out = BufWriter::new(io::stdout().lock());
    let write = if args.json { json::write } else { text::write };
    match write(&mut out, &report).and_then(|()| out.flush()) {
        // Whoever reads our output has seen enough: `find_duplicates | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        written => written?,
    }
    text::complain_about_failures(&report);
    Ok(())
}
