//! Barriers: `sync/barrier.rs`. A party that is not let go is a deadlock, which loom reports.

use super::explore;
use crate::sync::{Barrier, BrokenBarrier};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;

#[test]
fn barrier_rounds_follow_each_other() {
    explore("barrier_rounds_follow_each_other", || {
        let actions = Arc::new(AtomicUsize::new(0));
        let barrier = {
            let actions = Arc::clone(&actions);
            let count = move || {
                actions.fetch_add(1, SeqCst);
            };
            Barrier::new(2).unwrap().with_action(count)
        };
        let barrier = Arc::new(barrier);
        let two_rounds = |barrier: &Barrier, actions: &AtomicUsize| {
            [1, 2].map(|round| {
                let index = barrier.wait().unwrap();
                // Once before anybody goes on; the other party may be a round ahead.
                assert!((round..=2).contains(&actions.load(SeqCst)));
                index
            })
        };
        let other = {
            let (barrier, actions) = (Arc::clone(&barrier), Arc::clone(&actions));
            thread::spawn(move || two_rounds(&barrier, &actions))
        };
        let here = two_rounds(&barrier, &actions);
        let there = other.join().unwrap();
        assert_eq!([here[0] + there[0], here[1] + there[1]], [1, 1]);
        assert_eq!(actions.load(SeqCst), 2);
    });
}

#[test]
fn barrier_more_threads_than_parties() {
    explore("barrier_more_threads_than_parties", || {
        let barrier = Arc::new(Barrier::new(1).unwrap().with_action(thread::yield_now));
        let others = [(); 2].map(|()| {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || barrier.wait())
        });
        assert_eq!(barrier.wait(), Ok(0));
        assert_eq!(others.map(|other| other.join().unwrap()), [Ok(0), Ok(0)]);
    });
}

#[test]
fn barrier_abort_is_the_same_for_all() {
    explore("barrier_abort_is_the_same_for_all", || {
        let barrier = Arc::new(Barrier::new(2).unwrap());
        let parties = [(); 2].map(|()| {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || barrier.wait().map(drop))
        });
        barrier.abort();
        let outcomes = parties.map(|party| party.join().unwrap());
        assert_eq!(outcomes[0], outcomes[1]);
        assert!(matches!(outcomes[0], Ok(()) | Err(BrokenBarrier::Aborted)));
        assert_eq!(barrier.wait(), Err(BrokenBarrier::Aborted));
    });
}

#[test]
fn barrier_reset_starts_anew() {
    explore("barrier_reset_starts_anew", || {
        let barrier = Arc::new(Barrier::new(2).unwrap());
        let twice = {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || (barrier.wait(), barrier.wait().map(drop)))
        };
        while barrier.n_waiting() == 0 {
            thread::yield_now();
        }
        barrier.reset();
        // The other party may not even have woken up.
        assert!(barrier.wait().is_ok());
        assert_eq!(twice.join().unwrap(), (Err(BrokenBarrier::Reset), Ok(())));
    });
}
