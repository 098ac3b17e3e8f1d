//! [`install`]: Ctrl-C.

use crate::progress::Progress;
use crate::text;
use std::process;

/// What shells report for a program ended by Ctrl-C: 128 and the number of the signal.
const INTERRUPTED: i32 = 130;

/// From now on, Ctrl-C tidies the terminal and ends the program.
///
/// It does so from the thread that is told of it, whatever the others are doing. They could notice
/// a flag or a cancelled future only between two files, and a file can be huge, or on a disk that
/// does not answer. The program only reads, so there is nothing to be left half done.
///
/// # Errors
///
/// The system's, if it does not let us.
pub(crate) fn install(progress: &Progress) -> Result<(), ctrlc::Error> {
    let progress = progress.clone();
    ctrlc::set_handler(move || {
        progress.end();
        text::complain(format_args!("interrupted\n"));
        process::exit(INTERRUPTED);
    })
}
