//! Joins: who runs the second half, `join/job.rs` and `join/mailbox.rs`.
//!
//! The task, its state word and the waiting are those that ship; a thread plays the worker that has
//! got the task. That two threads touch the closure or the result at the same time, or one of them too
//! early, is seen by loom's cells; a result that does not come is a deadlock.

use super::explore;
use crate::join::{Job, Link};
use executor_core::Task;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;
use std::sync::Arc;

/// What becomes of the task of a half that was offered.
fn offer_and_settle(name: &str, fate: fn(Task)) {
    explore(name, move || {
        let calls = Arc::new(AtomicUsize::new(0));
        let called = Arc::clone(&calls);
        let job = Job::new(move || called.fetch_add(1, SeqCst) + 7);
        // SAFETY: the job stays where it is until it is settled, a few lines below.
        let task = unsafe { Link::offer(job.link(), true, |half, _| half.run()) };
        let worker = thread::spawn(move || fate(task));
        // SAFETY: as above.
        unsafe { &*job.link() }.settle();
        // SAFETY: settled.
        assert_eq!(unsafe { job.finish() }, 7);
        assert_eq!(calls.load(SeqCst), 1);
        worker.join().unwrap();
    });
}

#[test]
fn a_half_is_run_once() {
    offer_and_settle("a_half_is_run_once", |task| {
        task.run();
    });
}

#[test]
fn a_half_that_others_cancel_is_run_once() {
    offer_and_settle("a_half_that_others_cancel_is_run_once", |task| {
        task.cancel();
    });
}

#[test]
fn a_half_that_is_refused_is_run_once() {
    offer_and_settle("a_half_that_is_refused_is_run_once", drop);
}

#[test]
fn a_half_that_is_cancelled_and_started_is_run_once() {
    offer_and_settle("a_half_that_is_cancelled_and_started_is_run_once", |task| {
        let reference = task.reference();
        let canceller = thread::spawn(move || reference.cancel());
        task.run();
        canceller.join().unwrap();
    });
}

/// The worker gives a part of the half back to who waits for it, if that is wanted by then.
#[test]
fn who_waits_is_helped_out() {
    explore("who_waits_is_helped_out", || {
        let job = Job::new(|| 7);
        // SAFETY: the job stays where it is until it is settled, a few lines below.
        let task = unsafe {
            Link::offer(job.link(), true, |half, mailbox| {
                let part = Job::new(|| 8);
                let given = mailbox.is_wanted();
                if given {
                    // SAFETY: likewise.
                    mailbox.give(Link::offer(part.link(), false, |half, _| half.run()));
                    (*part.link()).settle();
                }
                // SAFETY: settled, or never offered.
                assert_eq!(part.finish(), 8);
                half.run();
            })
        };
        let worker = thread::spawn(move || {
            task.run();
        });
        // SAFETY: as above.
        unsafe { &*job.link() }.settle();
        // SAFETY: settled.
        assert_eq!(unsafe { job.finish() }, 7);
        worker.join().unwrap();
    });
}
