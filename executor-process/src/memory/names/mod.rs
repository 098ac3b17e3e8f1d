//! The names of shared memory: who has the memory of that name.
//!
//! The memory of a block has no name of its own (on Linux; see below), so that the kernel frees it with its
//! last user, however that one ends. A name is a small file beside, which tells where the memory is:
//!
//! | what                                                | file             |
//! |-----------------------------------------------------|------------------|
//! | what can be a name                                  | `name.rs`        |
//! | the directory, its lock, and its files              | `directory.rs`   |
//! | what a file says: an id, and who has the memory     | `entry.rs`       |
//! | getting the memory from one who has it              | `holder.rs`      |
//! | where there is no such memory: files are the memory | `files.rs`       |
//! | where the system keeps names                        | `windows.rs`     |
//!
//! # The directory
//!
//! One per user and system of process numbers, in memory itself (`/dev/shm`), with access for that user
//! only. It is refused if it is anything else. All that is done with names is done under its lock, which
//! the kernel releases if the process dies. It goes when the last name has gone.
//!
//! # The files
//!
//! A file has the random id of the memory, 128 bits, and a line for each *holder*: a process, and the number
//! of its descriptor. It is written beside and then renamed, so there is always a whole one. It is only
//! a hint: whoever follows it opens `/proc/<process>/fd/<descriptor>`, and believes it if that is memory
//! sealed against shrinking, with the id in it. So numbers that were given to others do no harm.
//!
//! | who                | does under the lock                                                          |
//! |--------------------|------------------------------------------------------------------------------|
//! | `create`           | fails if a holder answers; otherwise writes a file with itself as the holder  |
//! | `open`             | asks the holders until one answers, and adds itself; if all are gone, removes the file |
//! | a handle that came | adds itself, if the file has its id; writes the file, if it was lost on the way |
//! | the last handle of a process, dropped | removes itself, if the file has its id, and the file if that was the last holder |
//! | `unlink`           | removes the file, if it has its id, and marks the memory, so that no handle writes it again |
//! | `create`, at times | removes all files whose holders are gone                                     |
//!
//! # Invariants
//!
//! - A name leads to its memory, or nowhere; never to other memory: the id. `tests/shared_memory/races.rs`,
//!   `tests/shared_memory/noise.rs`.
//! - While one holder lives the name leads to it. A holder is gone only if the system says that there is no
//!   such process or descriptor, or what is there is something else; if it says anything else, such as
//!   that this process has no descriptor left, nothing is removed. `holder::tests`. (A handle that is on its
//!   way is no holder: if all others go meanwhile, so does the name, until it arrives.)
//! - A process that is killed holds nothing up. Its line is passed over by the next who opens.
//!   `tests/shared_memory/killed.rs`.
//! - A file that this library has not written is left alone, and is an error. `tests/shared_memory/noise.rs`.
//!
//! A holder that ends without dropping its handles, killed or not, leaves a file of some hundred bytes, but
//! no memory, until the next sweep.
//!
//! # Elsewhere
//!
//! Where memory cannot be had from a process by its number, the file is the memory, and each user has a
//! shared lock on it. Who can get the exclusive one is the last user, or finds that there is none, and
//! removes the file. If all users are killed, the memory stays until the next sweep.
//!
//! On Windows there is no directory: `windows.rs`.

#[cfg(all(any(test, fuzzing), target_os = "linux", not(loom)))]
mod fuzzed;
mod name;

#[cfg(unix)]
mod directory;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod entry;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod holder;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod holders;
#[cfg(any(target_os = "linux", target_os = "android"))]
use holders as way;

#[cfg(all(unix, any(not(any(target_os = "linux", target_os = "android")), test)))]
mod files;
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
use files as way;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as way;

#[cfg(all(any(test, fuzzing), target_os = "linux", not(loom)))]
pub use fuzzed::names;

#[cfg(unix)]
pub(super) use directory::Directory;
pub(super) use name::Name;
pub(super) use way::{Presence, claim, find, join, leave, sweep, unlink};
#[cfg(windows)]
pub(super) use windows::Directory;
