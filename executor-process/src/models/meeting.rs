//! All go on together, or all are told why not.

use super::world::{self, LIVES, process};
use super::{explore, explore_deaths};
use crate::sync::meeting::Meeting;
use executor_core::BrokenBarrier;
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

type Outcome = Result<usize, BrokenBarrier>;

const NO_ACTION: Option<fn()> = None;

fn party(
    number: u64,
    steps: usize,
    meeting: &Arc<Meeting>,
    limit: Option<Duration>,
) -> thread::JoinHandle<Option<Outcome>> {
    let meeting = Arc::clone(meeting);
    thread::spawn(move || process(number, steps, || meeting.wait(limit, NO_ACTION)))
}

#[test]
fn two_rounds() {
    explore("two_rounds", || {
        let meeting = Arc::new(Meeting::new(2));
        let arrived = Arc::new(AtomicUsize::new(0));
        let rounds = |meeting: &Meeting, arrived: &AtomicUsize| {
            [1, 2].map(|round| {
                arrived.fetch_add(1, SeqCst);
                let index = meeting.wait(None, NO_ACTION).unwrap();
                assert!(arrived.load(SeqCst) >= 2 * round, "gone on alone");
                index
            })
        };
        let other = {
            let (meeting, arrived) = (Arc::clone(&meeting), Arc::clone(&arrived));
            thread::spawn(move || process(2, LIVES, || rounds(&meeting, &arrived)))
        };
        let ours = rounds(&meeting, &arrived);
        let theirs = other.join().unwrap().unwrap();
        for round in [0, 1] {
            assert_eq!(ours[round] + theirs[round], 1);
        }
        assert_eq!(meeting.arrived(), 0);
    });
}

#[test]
fn the_action_comes_first() {
    explore("the_action_comes_first", || {
        let meeting = Arc::new(Meeting::new(2));
        let acted = Arc::new(UnsafeCell::new(0));
        let wait = |meeting: &Meeting, acted: &UnsafeCell<u32>| {
            // SAFETY: loom checks that nobody else accesses it meanwhile.
            let act = || acted.with_mut(|acted| unsafe { *acted += 1 });
            meeting.wait(None, Some(act)).unwrap();
            // SAFETY: as above.
            assert_eq!(acted.with(|acted| unsafe { *acted }), 1);
        };
        let other = {
            let (meeting, acted) = (Arc::clone(&meeting), Arc::clone(&acted));
            thread::spawn(move || process(2, LIVES, || wait(&meeting, &acted)))
        };
        wait(&meeting, &acted);
        other.join().unwrap();
    });
}

#[test]
fn all_or_nobody_in_time() {
    explore("all_or_nobody_in_time", || {
        let meeting = Arc::new(Meeting::new(2));
        let patient = party(2, LIVES, &meeting, None);
        let impatient = party(3, LIVES, &meeting, Some(Duration::from_secs(9)));
        world::grow_late();
        let outcomes = [patient, impatient].map(|party| party.join().unwrap().unwrap());
        if meeting.is_broken() {
            assert_eq!(outcomes, [Err(BrokenBarrier::TimedOut); 2]);
        } else {
            assert_eq!(outcomes.iter().flatten().sum::<usize>(), 1);
        }
    });
}

#[test]
fn aborted() {
    explore("aborted", || {
        let meeting = Arc::new(Meeting::new(2));
        let parties = [2, 3].map(|number| party(number, LIVES, &meeting, None));
        meeting.abort();
        let outcomes = parties.map(|party| party.join().unwrap().unwrap());
        assert!(meeting.is_broken());
        let aborted = outcomes == [Err(BrokenBarrier::Aborted); 2];
        assert!(aborted || outcomes.iter().flatten().sum::<usize>() == 1, "{outcomes:?}");
    });
}

#[test]
fn reset() {
    explore("reset", || {
        let meeting = Arc::new(Meeting::new(2));
        let first = party(2, LIVES, &meeting, None);
        meeting.reset();
        // Either that was before it came, and it waits for us, or it has been told.
        let second = party(3, LIVES, &meeting, Some(Duration::from_secs(9)));
        match first.join().unwrap().unwrap() {
            Err(error) => {
                assert_eq!(error, BrokenBarrier::Reset);
                world::grow_late();
                assert_eq!(second.join().unwrap().unwrap(), Err(BrokenBarrier::TimedOut));
            }
            Ok(index) => assert_eq!(second.join().unwrap().unwrap(), Ok(1 - index)),
        }
    });
}

#[test]
fn a_party_dies() {
    explore_deaths("a_party_dies", 40, |steps| {
        let meeting = Arc::new(Meeting::new(2));
        let victim = party(2, steps, &meeting, None);
        let other = party(3, LIVES, &meeting, None);
        let died = victim.join().unwrap().is_none();
        if died && !meeting.has_dead() && !meeting.is_ending() {
            // It was not there, or it was and the other has been told: then this changes nothing.
            meeting.abort();
        }
        let outcome = other.join().unwrap().unwrap();
        assert!(died || outcome.is_ok(), "{outcome:?}");
        assert_ne!(outcome, Err(BrokenBarrier::TimedOut));
    });
}

#[test]
fn who_aborts_dies() {
    explore_deaths("who_aborts_dies", 24, |steps| {
        let meeting = Arc::new(Meeting::new(2));
        let other = party(3, LIVES, &meeting, None);
        let victim = {
            let meeting = Arc::clone(&meeting);
            thread::spawn(move || process(2, steps, || meeting.abort()))
        };
        let died = victim.join().unwrap().is_none();
        if !meeting.is_ending() {
            // Does nothing if the abort is over.
            meeting.abort();
        }
        let outcome = other.join().unwrap().unwrap();
        assert_eq!(outcome, Err(BrokenBarrier::Aborted), "died: {died}");
    });
}
