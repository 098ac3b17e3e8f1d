//! How a process has ended, as the system says it.

use executor_core::Exit;
use std::process::ExitStatus;

/// The code, or the signal where there are such.
pub(crate) fn exit_of(status: ExitStatus) -> Exit {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Exit::Signal(signal);
    }
    status.code().map_or(Exit::Unknown, Exit::Code)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn code_or_signal() {
        let from = |raw| exit_of(ExitStatus::from_raw(raw));
        assert_eq!(from(0), Exit::Code(0));
        assert_eq!(from(3 << 8), Exit::Code(3));
        assert_eq!(from(9), Exit::Signal(9));
        assert_eq!(from(0x13 << 8 | 0x7f), Exit::Unknown, "stopped, which is no end");
    }
}
