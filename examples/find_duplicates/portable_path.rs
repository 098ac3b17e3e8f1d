//! [`PortablePath`]: any path, in a form that can be sent to a worker.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A path as the system's own code units: bytes on Unix, 16 bits each on Windows.
///
/// Arguments of tasks are serialised if the worker is another process, and serde refuses a
/// `PathBuf` that is not Unicode. File names need not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PortablePath(Vec<system::Unit>);

impl From<&Path> for PortablePath {
    fn from(path: &Path) -> Self {
        Self(system::units(path.as_os_str()))
    }
}

impl From<PortablePath> for PathBuf {
    fn from(path: PortablePath) -> Self {
        system::text(path.0).into()
    }
}

#[cfg(unix)]
mod system {
    //! Bytes.

    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    pub(super) type Unit = u8;

    pub(super) fn units(text: &OsStr) -> Vec<Unit> {
        text.as_bytes().to_vec()
    }

    pub(super) fn text(units: Vec<Unit>) -> OsString {
        OsString::from_vec(units)
    }
}

#[cfg(windows)]
mod system {
    //! UTF-16, not necessarily well-formed.

    use std::ffi::{OsStr, OsString};
    use std::os::windows::ffi::{OsStrExt, OsStringExt};

    pub(super) type Unit = u16;

    pub(super) fn units(text: &OsStr) -> Vec<Unit> {
        text.encode_wide().collect()
    }

    #[expect(clippy::needless_pass_by_value, reason = "as on Unix, where it is consumed")]
    pub(super) fn text(units: Vec<Unit>) -> OsString {
        OsString::from_wide(&units)
    }
}
