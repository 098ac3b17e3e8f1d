//! Publishing an outcome: callbacks, DONE, and everybody who waits for it.

use super::RawTask;
use crate::panics;
use crate::park;
use crate::state::{DONE, FINISHING, INTEREST, LISTENERS, PHASE, REF, WAITERS, is_last, phase};
use crate::sync::thread_local_const;
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

impl RawTask {
    /// Publishes the outcome that the caller has stored, and gives up its right to the slot.
    ///
    /// `flags`: FAILED or nothing. `release`: give up the caller's reference in the same step.
    pub(crate) fn finish(self, release: bool, flags: u32) {
        let mut dropped = false;
        let mut state = self.state().load(Relaxed);
        loop {
            if state & LISTENERS != 0 {
                return self.finish_with_listeners(release, flags, dropped);
            }
            if state & INTEREST == 0 && !dropped {
                // SAFETY: the slot is still ours, holds the outcome, and nobody will ask for it.
                unsafe { (self.header().vtable.drop_outcome)(self.0) };
                dropped = true;
            }
            let mut next = (state & !(PHASE | WAITERS)) | DONE | flags;
            if release {
                next = next.wrapping_sub(REF); // a pinned count means nothing
            }
            match self.state().compare_exchange_weak(state, next, AcqRel, Relaxed) {
                Ok(_) => break,
                Err(actual) => state = actual,
            }
        }
        if state & WAITERS != 0 {
            park::unpark_all(self.key());
        }
        if release && is_last(state) {
            self.dealloc();
        }
    }

    /// [`finish`](Self::finish) when there are callbacks to run or listeners to tell.
    #[cold]
    fn finish_with_listeners(self, release: bool, flags: u32, mut dropped: bool) {
        let mut state = self.state().load(Relaxed);
        while let Err(actual) = self.state().compare_exchange_weak(
            state,
            (state & !PHASE) | FINISHING | flags,
            AcqRel,
            Relaxed,
        ) {
            state = actual;
        }
        let extra = self.extra().expect("LISTENERS is set only with the list in place");
        let frame = FinishingFrame::enter(self);
        let notify = loop {
            let mut listeners = extra.listeners.lock();
            let callbacks = std::mem::take(&mut listeners.callbacks);
            if !callbacks.is_empty() {
                drop(listeners); // no lock is held while user code runs
                for callback in callbacks {
                    panics::contain("a done callback", || callback(self.slot_ptr()));
                }
                continue;
            }
            state = self.state().load(Acquire);
            if state & INTEREST == 0 && !dropped {
                drop(listeners);
                // SAFETY: the slot is ours and holds the outcome; the typed handle is gone, so no
                // callback can be added any more and nobody will ask for the outcome.
                unsafe { (self.header().vtable.drop_outcome)(self.0) };
                dropped = true;
                continue;
            }
            // Under the lock, so that whoever adds a listener sees either the list or DONE.
            let next = (state & !(PHASE | WAITERS)) | DONE;
            if self.state().compare_exchange(state, next, AcqRel, Relaxed).is_ok() {
                break std::mem::take(&mut listeners.notify);
            }
        };
        drop(frame);
        // From here on the outcome belongs to the future's owner (invariant 5). The cell itself is
        // kept alive by the caller's reference.
        if state & WAITERS != 0 {
            park::unpark_all(self.key());
        }
        for (_, listener) in notify {
            listener.notify();
        }
        if release {
            self.drop_ref();
        }
    }

    /// Whether this thread is running a callback of this very task.
    pub(crate) fn is_finishing_here(&self) -> bool {
        phase(self.load()) == FINISHING && FinishingFrame::holds(*self)
    }

    /// Whether waiting would return at once.
    pub(crate) fn is_ready(&self) -> bool {
        phase(self.load()) == DONE || self.is_finishing_here()
    }
}

/// One entry of this thread's stack of tasks whose callbacks are running.
struct FinishingFrame {
    task: RawTask,
    outer: *const FinishingFrame,
}

thread_local_const! {
    /// The innermost frame.
    static FINISHING_HERE: Cell<*const FinishingFrame> = Cell::new(ptr::null());
}

impl FinishingFrame {
    /// Boxed, so that its address holds while the guard moves.
    fn enter(task: RawTask) -> Box<Self> {
        let frame = Box::new(Self { task, outer: FINISHING_HERE.with(Cell::get) });
        FINISHING_HERE.with(|top| top.set(&*frame));
        frame
    }

    fn holds(task: RawTask) -> bool {
        let mut frame = FINISHING_HERE.with(Cell::get);
        // SAFETY: every frame in the list is on this thread's call stack: its guard takes it off
        // the list before it is freed, in reverse order of entering.
        while let Some(entry) = unsafe { frame.as_ref() } {
            if entry.task == task {
                return true;
            }
            frame = entry.outer;
        }
        false
    }
}

impl Drop for FinishingFrame {
    fn drop(&mut self) {
        FINISHING_HERE.with(|top| top.set(self.outer));
    }
}
