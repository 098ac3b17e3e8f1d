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

#[derive(Debug, Default)]
pub(crate) struct After {
    /// Workers to be woken: their bells have been rung.
    pub(crate) wake: Vec<Arc<Link>>,
    pub(crate) kill: Vec<Arc<Link>>,
    pub(crate) terminate: Vec<Arc<Link>>,
    failed: Vec<(Entry, TaskError)>,
    pub(crate) cancelled: Vec<Entry>,
    /// Somebody may be waiting for what has changed.
    pub(crate) announce: bool,
    /// The supervisor has something to do earlier than it knows.
    pub(crate) alarm: bool,
}

impl After {
    /// Notes an entry that no worker has any more, to be failed.
    pub(crate) fn fail(&mut self, entry: Entry, error: TaskError) {
        if let Work::One(task) = &entry.work {
            task.unship(); // nobody need ask us about it, while the callbacks of others run
        }
        self.failed.push((entry, error));
    }

    #[inline]
    pub(crate) fn run(self, shared: &Shared) {
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
