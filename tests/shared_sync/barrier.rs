//! `Barrier`.

use crate::support::{eventually, guarded};
use crate::{Books, LONG, SHORT, add, books, join, read, start, wait_until, write};
use concurrent_futures::BrokenBarrier;
use concurrent_futures::process::Barrier;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// SYN-16: nobody and too many are refused; one alone never waits.
#[test]
fn parties() {
    guarded("parties", || {
        for parties in [0, Barrier::MAX_PARTIES + 1] {
            assert_eq!(Barrier::new(parties).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        let barrier = Barrier::new(1).unwrap();
        assert_eq!((barrier.parties(), barrier.n_waiting()), (1, 0));
        for _ in 0..3 {
            assert_eq!(barrier.wait(), Ok(0));
        }
    });
}

const ROUNDS: u64 = 1000;

fn keep_in_step((barrier, books): (Barrier, Books)) {
    for round in 1..=ROUNDS {
        add(&books, 0, 1);
        let index = barrier.wait().unwrap();
        assert!(read(&books, 0) >= round * 4, "gone on alone");
        add(&books, 1, 1 << (8 * index));
        barrier.wait().unwrap();
        assert_eq!(read(&books, 0), round * 4);
        if index == 0 {
            assert_eq!(read(&books, 1), 0x01010101, "each index once");
            write(&books, 1, 0);
        }
        barrier.wait().unwrap();
    }
}

/// SYN-16, SYN-17: a thousand rounds, processes and threads, each index once in each.
#[test]
fn in_step() {
    guarded("in_step", || {
        let (barrier, books) = (Barrier::new(4).unwrap(), books());
        let argument = || (barrier.clone(), books.clone());
        let processes = [(); 2].map(|()| start(keep_in_step, argument()));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| keep_in_step(argument()));
            }
        });
        join(processes);
        assert_eq!((barrier.is_broken(), barrier.n_waiting()), (false, 0));
    });
}

static ACTED: AtomicU64 = AtomicU64::new(0);

fn act() {
    ACTED.fetch_add(1, Ordering::SeqCst);
}

fn wait_and_tell((barrier, books): (Barrier, Books)) {
    barrier.wait().unwrap();
    add(&books, 0, ACTED.load(Ordering::SeqCst));
}

/// SYN-17: the action is run once, by the last to arrive, in whatever process, and before all others go on.
#[test]
fn action() {
    guarded("action", || {
        let barrier = Barrier::new(3).unwrap().with_action(act).unwrap();
        let books = books();
        let others = [(); 2].map(|()| start(wait_and_tell, (barrier.clone(), books.clone())));
        eventually("the others to wait", || barrier.n_waiting() == 2);
        assert_eq!(barrier.wait(), Ok(2));
        assert_eq!(ACTED.load(Ordering::SeqCst), 1, "it was our turn");
        join(others);
        assert_eq!(read(&books, 0), 0, "and nobody else's");
    });
}

fn panics() {
    panic!("on purpose");
}

fn expect_panicked(barrier: Barrier) {
    assert_eq!(barrier.wait(), Err(BrokenBarrier::ActionPanicked));
}

/// SYN-17: an action that panics breaks the barrier, and panics where it ran.
#[test]
fn action_panics() {
    guarded("action_panics", || {
        let barrier = Barrier::new(2).unwrap().with_action(panics).unwrap();
        let other = start(expect_panicked, barrier.clone());
        eventually("the other to wait", || barrier.n_waiting() == 1);
        let panic = catch_unwind(AssertUnwindSafe(|| barrier.wait()));
        assert!(panic.is_err());
        join([other]);
        assert!(barrier.is_broken());
    });
}

fn expect_aborted(barrier: Barrier) {
    assert_eq!(barrier.wait(), Err(BrokenBarrier::Aborted));
}

fn expect_reset(barrier: Barrier) {
    assert_eq!(barrier.wait(), Err(BrokenBarrier::Reset));
}

fn expect_timeout(barrier: Barrier) {
    assert_eq!(barrier.wait_timeout(LONG), Err(BrokenBarrier::TimedOut));
}

/// SYN-18: an abort and a timeout break it for all, and it stays broken; a reset fails those who wait and
/// makes it as new.
#[test]
fn broken() {
    guarded("broken", || {
        let barrier = Barrier::new(3).unwrap();
        let waiting = |f: fn(Barrier), count: usize| {
            let process = start(f, barrier.clone());
            eventually("it to wait", || barrier.n_waiting() == count);
            process
        };
        let other = waiting(expect_aborted, 1);
        barrier.abort();
        join([other]);
        assert!(barrier.is_broken());
        assert_eq!(barrier.wait(), Err(BrokenBarrier::Aborted));
        barrier.reset();
        assert!(!barrier.is_broken());
        let others = [waiting(expect_reset, 1), waiting(expect_reset, 2)];
        barrier.reset();
        join(others);
        assert!(!barrier.is_broken());
        let other = waiting(expect_timeout, 1);
        assert_eq!(barrier.wait_timeout(SHORT), Err(BrokenBarrier::TimedOut));
        join([other]);
        assert!(barrier.is_broken());
    });
}

fn expect_timeout_of_its_own(barrier: Barrier) {
    assert_eq!(barrier.wait(), Err(BrokenBarrier::TimedOut));
}

/// SYN-18: the timeout of the barrier itself goes with it.
#[test]
fn its_own_timeout() {
    guarded("its_own_timeout", || {
        let barrier = Barrier::new(2).unwrap().with_timeout(SHORT);
        join([start(expect_timeout_of_its_own, barrier.clone())]);
        assert_eq!(barrier.wait(), Err(BrokenBarrier::TimedOut));
    });
}

fn wait_for_ever((barrier, books): (Barrier, Books)) {
    add(&books, 0, 1);
    let _outcome = barrier.wait();
}

/// SYN-18, SYN-20 (better): a process that dies in the barrier breaks it for the others.
#[test]
fn a_party_dies() {
    guarded("a_party_dies", || {
        let (barrier, books) = (Barrier::new(3).unwrap(), books());
        let victim = start(wait_for_ever, (barrier.clone(), books.clone()));
        wait_until(&books, 0, 1);
        eventually("it to wait", || barrier.n_waiting() == 1);
        let waiter = {
            let barrier = barrier.clone();
            thread::spawn(move || barrier.wait())
        };
        eventually("both to wait", || barrier.n_waiting() == 2);
        victim.kill().unwrap();
        assert_eq!(waiter.join().unwrap(), Err(BrokenBarrier::PartyDied));
        assert!(barrier.is_broken());
        barrier.reset();
        assert_eq!(barrier.wait_timeout(SHORT), Err(BrokenBarrier::TimedOut));
    });
}

/// SYN-19: what is printed tells the state.
#[test]
fn shown() {
    guarded("shown", || {
        let barrier = Barrier::new(2).unwrap();
        assert_eq!(format!("{barrier:?}"), "Barrier { waiting: 0, parties: 2, broken: false }");
        barrier.abort();
        assert_eq!(format!("{barrier:?}"), "Barrier { waiting: 0, parties: 2, broken: true }");
    });
}
