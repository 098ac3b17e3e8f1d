//! The end of the program: daemons are ended, the others waited for.

use super::keeper;
use super::state::Child;
use rustix::process::Signal;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a daemon may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(1);

/// Sees to it that children are seen to when this process ends.
pub(super) fn prepare() -> io::Result<()> {
    // SAFETY: `leave` is there until the process ends, and does not unwind.
    match unsafe { libc::atexit(leave) } {
        0 => Ok(()),
        _ => Err(io::ErrorKind::OutOfMemory.into()),
    }
}

/// Called by `exit`, be it from the end of `main` or by somebody's call, in the thread that called it. The
/// thread-local variables of that thread are gone, so what is used here does not need them: locks and
/// condition variables make do without, and nothing is printed. All other threads go on.
extern "C" fn leave() {
    let Some(children) = keeper::end() else { return };
    let (daemons, others): (Vec<_>, Vec<_>) =
        children.into_iter().partition(|child| child.identification.daemon);
    end(&daemons);
    for child in others {
        let _however_it_ended = child.join(None);
    }
}

fn end(daemons: &[Arc<Child>]) {
    for daemon in daemons {
        let _it_may_have_ended = daemon.signal(Signal::TERM);
    }
    let deadline = Instant::now() + GRACE;
    for daemon in daemons {
        if let Ok(None) = daemon.join(Some(deadline)) {
            let _it_may_have_ended = daemon.signal(Signal::KILL);
        }
    }
    for daemon in daemons {
        let _however_it_ended = daemon.join(None);
    }
}
