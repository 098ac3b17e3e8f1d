//! What goes wrong with shared memory.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// There are no such items in an array, or bytes in a block. Nothing was read or written.
///
/// Python's `IndexError`, or `ValueError` for slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    /// The first that was asked for.
    pub start: usize,
    /// How many were asked for.
    pub count: usize,
    /// How many there are in all.
    pub len: usize,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { start, count, len } = self;
        write!(f, "{count} from index {start} on are not in a range of {len}")
    }
}

impl Error for OutOfRange {}

/// Why a named block of shared memory could not be created, opened or unlinked.
#[derive(Debug)]
#[non_exhaustive]
pub enum SharedMemoryError {
    /// There is a block of that name, and somebody uses it. Python's `FileExistsError`.
    AlreadyExists {
        /// The name.
        name: String,
    },
    /// There is no block of that name: it was never created, it was unlinked, or all that used it have
    /// ended. Python's `FileNotFoundError`.
    NotFound {
        /// The name.
        name: String,
    },
    /// That cannot be a name. Python's `ValueError`.
    InvalidName {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A block of no bytes. Python's `ValueError`.
    ZeroSize,
    /// The directory in which names are kept is not safe: it can be changed by others.
    UnsafeDirectory {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// What is kept under that name is not what this library has written, or was damaged.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Somebody uses a block of that name, but does not let this process at it.
    Unreachable {
        /// The name.
        name: String,
        /// What the system says.
        error: io::Error,
    },
    /// The system gave no memory, no descriptor or no file.
    System(io::Error),
}

impl fmt::Display for SharedMemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyExists { name } => {
                write!(f, "there is a block of shared memory called {name:?} already")
            }
            Self::NotFound { name } => write!(
                f,
                "there is no block of shared memory called {name:?}, or nobody has it any more"
            ),
            Self::InvalidName { name, reason } => {
                write!(f, "{name:?} cannot be the name of a block of shared memory: {reason}")
            }
            Self::ZeroSize => f.write_str("a block of shared memory has at least one byte"),
            Self::UnsafeDirectory { path, reason } => write!(
                f,
                "the names of shared memory cannot be kept in {}: {reason}; remove it if it is not \
                 needed for anything else",
                path.display()
            ),
            Self::Damaged { path, reason } => write!(
                f,
                "{} does not say where shared memory is: {reason}; remove it if it is not needed \
                 for anything else",
                path.display()
            ),
            Self::Unreachable { name, .. } => write!(
                f,
                "the processes that have the shared memory {name:?} do not let this one at it"
            ),
            Self::System(_) => f.write_str("the system has no shared memory to give"),
        }
    }
}

impl Error for SharedMemoryError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreachable { error, .. } | Self::System(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for SharedMemoryError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

#[cfg(unix)]
impl From<rustix::io::Errno> for SharedMemoryError {
    fn from(error: rustix::io::Errno) -> Self {
        Self::System(error.into())
    }
}
