//! What a worker thread tells the core about itself: the hook for helping and for accounting.
//!
//! A pool whose workers may wait for tasks of the same pool implements [`Worker`] and runs its
//! worker loop inside [`enter`]. Then `Future::result`, `wait`, `as_completed` and `Map`, called
//! inside a task, run the awaited task on the spot if nobody has started it, instead of blocking a
//! worker that may be the only one. Nothing but the awaited task is ever run that way: running
//! arbitrary queued work under a lock that the waiting task holds is a known deadlock.

use crate::id::ExecutorId;
use crate::sync::thread_local_const;
use std::cell::Cell;
use std::fmt;

/// How a body ended, told to a worker just before its outcome is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It returned.
    Completed,
    /// It panicked.
    Failed,
}

/// A thread that runs the tasks of one executor.
pub trait Worker {
    /// The executor this thread works for: its tasks are the ones this thread may help with.
    fn executor(&self) -> ExecutorId;

    /// An awaited task is about to be run inside this thread's current one.
    fn helping(&self) {}

    /// That task has ended; nobody has seen its outcome yet.
    fn helped(&self, ending: Ending) {
        let _ = ending;
    }

    /// Called between the items of a `map`, where the thread holds no lock of the user's.
    ///
    /// The pool may run more urgent work here. `false` asks the map to start no more items, because
    /// the pool was told to cancel what is pending.
    fn between_items(&self) -> bool {
        true
    }
}

/// The lifetime of the reference is erased; [`enter`] restores what was there before it ends.
type Current = Option<*const dyn Worker>;

thread_local_const! {
    static CURRENT: Cell<Current> = Cell::new(None);
}

/// Runs `f` with `worker` as the current thread's worker.
pub fn enter<R>(worker: &dyn Worker, f: impl FnOnce() -> R) -> R {
    struct Restore(Current);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.with(|current| current.set(self.0));
        }
    }
    // SAFETY: only the lifetime changes. The pointer is used by `with_current` on this thread
    // during `f`, while the borrow lasts; `Restore` removes it even if `f` unwinds.
    let erased: *const dyn Worker =
        unsafe { std::mem::transmute::<&dyn Worker, &'static dyn Worker>(worker) };
    let _restore = Restore(CURRENT.with(|current| current.replace(Some(erased))));
    f()
}

/// The executor whose worker this thread is, if any.
pub fn current_executor() -> Option<ExecutorId> {
    with_current(|worker| worker.map(Worker::executor))
}

/// Gives `f` the current worker, if this thread is one.
#[inline]
pub(crate) fn with_current<R>(f: impl FnOnce(Option<&dyn Worker>) -> R) -> R {
    let current = CURRENT.with(Cell::get);
    // SAFETY: `enter` keeps the pointee borrowed for as long as the pointer is in `CURRENT`, and
    // the reference does not leave `f`.
    f(current.map(|worker| unsafe { &*worker }))
}

impl fmt::Debug for dyn Worker + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("executor", &self.executor()).finish()
    }
}
