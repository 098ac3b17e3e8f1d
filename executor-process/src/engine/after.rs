//! [`After`]: what is to be done when the pool's lock has been released.
//!
//! Under the lock nothing is done that could take time, block or run code of the user's: no message is
//! sent, no process killed, no future completed, no argument dropped. It is noted here instead, and
//! done by whoever held the lock.

use super::Shared;
use super::entry::{Entry, Work};
use super::link::Link;
use executor_core::TaskError;
use std::sync::Arc;

/// Nothing, most of the time; then it costs a comparison.
#[derive(Debug, Default)]
pub(crate) struct After(Option<Box<Notes>>);

#[derive(Debug, Default)]
struct Notes {
    wake: Vec<Arc<Link>>,
    kill: Vec<Arc<Link>>,
    terminate: Vec<Arc<Link>>,
    failed: Vec<(Entry, TaskError)>,
    cancelled: Vec<Entry>,
    announce: bool,
    alarm: bool,
}

impl After {
    fn notes(&mut self) -> &mut Notes {
        self.0.get_or_insert_default()
    }

    /// A worker to be woken: its bell has been rung.
    pub(crate) fn wake(&mut self, link: &Arc<Link>) {
        self.notes().wake.push(Arc::clone(link));
    }

    /// A worker to be killed.
    pub(crate) fn kill(&mut self, link: &Arc<Link>) {
        self.notes().kill.push(Arc::clone(link));
    }

    /// A worker to be asked to end.
    pub(crate) fn terminate(&mut self, link: &Arc<Link>) {
        self.notes().terminate.push(Arc::clone(link));
    }

    /// An entry that no worker has any more, to be failed.
    pub(crate) fn fail(&mut self, entry: Entry, error: TaskError) {
        if let Work::One(task) = &entry.work {
            task.unship(); // nobody need ask us about it, while the callbacks of others run
        }
        self.notes().failed.push((entry, error));
    }

    /// An entry that no worker has, to be ended as cancelled.
    pub(crate) fn cancel(&mut self, entry: Entry) {
        self.notes().cancelled.push(entry);
    }

    /// Somebody may be waiting for what has changed.
    pub(crate) fn announce(&mut self) {
        self.notes().announce = true;
    }

    /// The supervisor has something to do earlier than it knows.
    pub(crate) fn alarm(&mut self) {
        self.notes().alarm = true;
    }

    #[inline]
    pub(crate) fn run(self, shared: &Shared) {
        if let Some(notes) = self.0 {
            notes.run(shared);
        }
    }
}

impl Notes {
    #[cold]
    fn run(self, shared: &Shared) {
        for link in self.wake {
            link.wake_worker();
        }
        if self.alarm {
            shared.alarm.notify_one();
        }
        for link in self.terminate {
            link.terminate();
        }
        for link in self.kill {
            link.kill();
        }
        for (entry, error) in self.failed {
            entry.fail(&error);
        }
        for entry in self.cancelled {
            entry.cancel();
        }
        if self.announce {
            shared.changed.notify_all();
        }
    }
}
