//! The end of the program: daemons are ended, the others waited for.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::{exit, note_thread, prepare};
#[cfg(windows)]
pub(super) use windows::{exit, note_thread, prepare};

use super::keeper;
use super::signal::Signal;
use super::state::Child;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a daemon may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(1);

/// Called by `exit`, be it from the end of `main` or by somebody's call, in the thread that called it. The
/// thread-local variables of that thread are gone, so what is used here does not need them: locks and
/// condition variables make do without, and nothing is printed. All other threads go on, unless
/// `windows.rs` says otherwise.
fn leave() {
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
        let _it_may_have_ended = daemon.signal(Signal::Terminate);
    }
    let deadline = Instant::now() + GRACE;
    for daemon in daemons {
        if let Ok(None) = daemon.join(Some(deadline)) {
            let _it_may_have_ended = daemon.signal(Signal::Kill);
        }
    }
    for daemon in daemons {
        let _however_it_ended = daemon.join(None);
    }
}
