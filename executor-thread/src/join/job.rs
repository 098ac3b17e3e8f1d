//! [`Job`]: the second half of a `join`, in the frame of that `join`.

use super::mailbox::{Closing, Mailbox};
use crate::primitives::UnsafeCell;
use executor_core::{Future, Task};
use std::cell::Cell;
use std::mem::{self, ManuallyDrop};
use std::panic::resume_unwind;
use std::process::abort;
use std::ptr;
use std::sync::Arc;
use std::thread;

/// A closure, and later what has come of it.
///
/// `repr(C)`: it begins with the link, by which it is known where its types are not.
#[repr(C)]
pub(crate) struct Job<B, R> {
    link: Link,
    slot: UnsafeCell<Slot<B, R>>,
}

/// The part of a job that is the same for all of them.
pub(crate) struct Link {
    /// The job that was pushed after this one. For the thread that pushed it only.
    pub(super) younger: Cell<*const Link>,
    /// What is left here of a job that was offered. For the thread that pushed it only.
    offer: Cell<Option<Offer>>,
    /// Runs the closure of the job that this is the link of.
    run: unsafe fn(*const Link),
}

enum Slot<B, R> {
    /// Nobody has called the closure.
    Waiting(B),
    /// It is being called.
    Empty,
    /// It was called.
    Over(thread::Result<R>),
}

/// This thread's end of a job that is, or was, with the pool.
struct Offer {
    future: Future<()>,
    mailbox: Arc<Mailbox>,
    /// Its task goes to the pool's queue.
    queued: bool,
}

impl Link {
    /// The link of no job, for the beginning of a list.
    pub(super) fn of_none() -> Self {
        Self::new(|_| unreachable!("not the link of a job"))
    }

    #[inline(always)]
    fn new(run: unsafe fn(*const Link)) -> Self {
        Self { younger: Cell::new(ptr::null()), offer: Cell::new(None), run }
    }

    /// Makes a task of a job, for the pool's queue or not. Run, it calls `around` with the half to run.
    ///
    /// The link knows of the task before anybody can have the task itself.
    ///
    /// # Safety
    ///
    /// `link` came from [`Job::link`] in this thread. Until [`settle`](Self::settle) has returned, that
    /// job stays where it is, and what `around` borrows lives.
    pub(crate) unsafe fn offer<'a>(
        link: *const Self,
        queued: bool,
        around: impl FnOnce(Half, &Arc<Mailbox>) + Send + 'a,
    ) -> Task {
        let half = Half(link);
        let mailbox = Arc::new(Mailbox::new());
        let closing = Closing(Arc::clone(&mailbox));
        // SAFETY: `settle` returns when the task is over, and the caller keeps the borrowed until then.
        let (task, future) = unsafe { Task::new_scoped(move || around(half, &closing.0)) };
        // SAFETY: the job is there, as the caller vouches, and this field is for this thread only.
        unsafe { &(*link).offer }.set(Some(Offer { future, mailbox, queued }));
        task
    }

    /// Ends what [`offer`](Self::offer) began: takes the job back if nobody has started it, or waits
    /// for its end, doing meanwhile what its mailbox brings. Says whether it has left a cancelled task
    /// in the queue.
    ///
    /// Afterwards nobody but this thread can reach the job. Never unwinds.
    pub(crate) fn settle(&self) -> bool {
        let Some(Offer { future, mailbox, queued }) = self.offer.take() else {
            return true; // no memory for the task: a panic came in between
        };
        let bomb = AbortOnDrop;
        let taken_back = future.cancel();
        if !taken_back {
            while let Some(task) = mailbox.next() {
                task.run();
            }
        }
        // The only condition that counts. It may also be somebody else who is just cancelling it.
        future.wait();
        mem::forget(bomb);
        taken_back && queued
    }
}

/// Instead of a panic that would leave a job behind which a worker still has.
struct AbortOnDrop;

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        abort();
    }
}

/// The right and the duty to run a job.
pub(crate) struct Half(*const Link);

// SAFETY: all that can be done with the pointer is to call `run`. That takes a closure out of the job
// which is `Send`, and puts a result there which is `Send`: `Job::new` demands both.
unsafe impl Send for Half {}

impl Half {
    /// Calls the closure and keeps what comes of it, a panic included. Never unwinds.
    pub(crate) fn run(self) {
        // SAFETY: made by `Link::offer` alone, once for each task. The caller of that keeps the job in
        // place until the task is over, and so beyond this call, in which the task is running. `run`
        // does not change, and is the one for the job's types.
        unsafe { ((*self.0).run)(self.0) }
    }
}

impl<B: FnOnce() -> R + Send, R: Send> Job<B, R> {
    /// A job whose content is taken out by [`call`](Self::call) or [`finish`](Self::finish), and
    /// leaks otherwise.
    #[inline(always)]
    pub(crate) fn new(closure: B) -> ManuallyDrop<Self> {
        let slot = UnsafeCell::new(Slot::Waiting(closure));
        ManuallyDrop::new(Self { link: Link::new(Self::run), slot })
    }

    /// The address of the link, with which all of the job can be reached.
    #[inline(always)]
    pub(crate) fn link(&self) -> *const Link {
        ptr::from_ref(self).cast()
    }

    /// # Safety
    ///
    /// `link` came from `link()` of a job of this type, which stays where it is during the call, in
    /// which nobody else touches the slot.
    unsafe fn run(link: *const Link) {
        // SAFETY: the caller vouches for the job. The reference is to the slot alone: its thread goes
        // on using the link.
        let slot = unsafe { &(*link.cast::<Self>()).slot };
        // SAFETY: nobody else touches the slot.
        let content = slot.with_mut(|slot| unsafe { mem::replace(&mut *slot, Slot::Empty) });
        let Slot::Waiting(closure) = content else { unreachable!("a task is run once") };
        let result = catch(closure);
        // SAFETY: as before. Nothing is overwritten but `Empty`.
        slot.with_mut(|slot| unsafe { slot.write(Slot::Over(result)) });
    }

    /// Calls the closure of a job that was never offered.
    ///
    /// # Safety
    ///
    /// As for [`finish`](Self::finish).
    #[inline(always)]
    pub(crate) unsafe fn call(&self) -> R {
        // Only the closure is read, not the whole slot: it often is in registers anyhow.
        let closure = self.slot.with_mut(|slot| {
            // SAFETY: the slot is only ours.
            let Slot::Waiting(closure) = (unsafe { &*slot }) else {
                unreachable!("it was never offered")
            };
            // SAFETY: nobody reads the slot after this, and it is not dropped.
            unsafe { ptr::read(closure) }
        });
        closure()
    }

    /// What the closure has returned. Calls it if nobody has done so.
    ///
    /// # Safety
    ///
    /// The job was never offered, or was settled. Neither this nor `call` has been called before.
    pub(crate) unsafe fn finish(&self) -> R {
        // SAFETY: the slot is only ours. Nobody reads it after this, and it is not dropped.
        match self.slot.with_mut(|slot| unsafe { ptr::read(slot) }) {
            Slot::Waiting(closure) => closure(),
            Slot::Over(Ok(value)) => value,
            Slot::Over(Err(panic)) => resume_unwind(panic),
            Slot::Empty => unreachable!("whoever runs it puts its result here"),
        }
    }
}

/// Calls a closure, and returns its panic if it panics.
///
/// Who catches has to see to it that nobody comes upon something half changed: `join` goes on with the
/// panic as soon as both halves are over.
#[inline(always)]
pub(super) fn catch<T>(f: impl FnOnce() -> T) -> thread::Result<T> {
    #[cfg(not(loom))]
    return std::panic::catch_unwind(std::panic::AssertUnwindSafe(f));
    #[cfg(loom)]
    return Ok(f()); // what loom reports must not be contained
}
