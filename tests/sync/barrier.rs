//! Rows SYN-16 to SYN-19: barriers.

use crate::asleep::asleep;
use crate::support::{eventually, guarded};
use concurrent_futures::sync::{Barrier, BrokenBarrier, ZeroParties};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(20);

/// SYN-16: nobody is no party, and one is no reason to wait.
#[test]
fn few_parties() {
    guarded("few_parties", || {
        assert_eq!(Barrier::new(0).unwrap_err(), ZeroParties);
        assert_eq!(ZeroParties.to_string(), "a barrier needs at least one party");
        static ALONE: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(1).unwrap());
        assert_eq!((ALONE.parties(), ALONE.n_waiting()), (1, 0));
        for _ in 0..3 {
            assert_eq!(ALONE.wait(), Ok(0));
        }
        assert_eq!(ALONE.wait_timeout(Duration::ZERO), Ok(0));
        assert!(!ALONE.is_broken());
    });
}

/// SYN-16, SYN-17: in lockstep for many rounds, each number once a round, and the action once, before
/// anybody goes on.
#[test]
fn rounds_in_lockstep() {
    guarded("rounds_in_lockstep", || {
        for (parties, rounds) in [(5, 10), (2, 1000), (8, 100)] {
            let actions = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&actions);
            let barrier = Barrier::new(parties).unwrap().with_action(move || {
                count.fetch_add(1, Ordering::Relaxed);
            });
            let arrived = AtomicUsize::new(0);
            let numbers: Vec<_> = (0..rounds).map(|_| AtomicUsize::new(0)).collect();
            thread::scope(|scope| {
                for _ in 0..parties {
                    scope.spawn(|| {
                        for (round, numbers) in numbers.iter().enumerate() {
                            arrived.fetch_add(1, Ordering::Relaxed);
                            let number = barrier.wait().unwrap();
                            numbers.fetch_add(1 << (4 * number), Ordering::Relaxed);
                            // All have come to this round, and this thread not yet to the next.
                            let arrived = arrived.load(Ordering::Relaxed);
                            assert!(arrived >= (round + 1) * parties);
                            assert!(arrived < (round + 2) * parties);
                            let actions = actions.load(Ordering::Relaxed);
                            assert!((round + 1..=round + 2).contains(&actions));
                        }
                    });
                }
            });
            assert_eq!(actions.load(Ordering::Relaxed), rounds);
            let one_each: usize = (0..parties).map(|number| 1 << (4 * number)).sum();
            assert!(numbers.into_iter().all(|numbers| numbers.into_inner() == one_each));
            assert!(!barrier.is_broken());
            assert_eq!(barrier.n_waiting(), 0);
        }
    });
}

/// SYN-18: a timeout, of the wait or of the barrier, breaks it for all, and it stays broken.
#[test]
fn timeouts_break_it() {
    guarded("timeouts_break_it", || {
        for own in [true, false] {
            let barrier = Barrier::new(3).unwrap();
            let barrier = Arc::new(if own { barrier } else { barrier.with_timeout(SHORT) });
            let other = Arc::clone(&barrier);
            let other = asleep(move || other.wait_timeout(Duration::MAX));
            let outcome = if own { barrier.wait_timeout(SHORT) } else { barrier.wait() };
            assert_eq!(outcome, Err(BrokenBarrier::TimedOut));
            assert_eq!(other.join().unwrap(), Err(BrokenBarrier::TimedOut));
            assert!(barrier.is_broken());
            assert_eq!(barrier.wait(), Err(BrokenBarrier::TimedOut));
            assert_eq!(barrier.n_waiting(), 0);
            barrier.reset();
            assert!(!barrier.is_broken());
        }
    });
}

/// SYN-18: so does `abort`; `reset` lets those who wait go, and makes it usable again.
#[test]
#[cfg(target_os = "linux")] // where it is known that they sleep
fn abort_and_reset() {
    guarded("abort_and_reset", || {
        let barrier = Arc::new(Barrier::new(3).unwrap());
        let two_wait = || {
            [(); 2].map(|()| {
                let barrier = Arc::clone(&barrier);
                asleep(move || barrier.wait())
            })
        };
        let waiters = two_wait();
        assert_eq!(barrier.n_waiting(), 2);
        barrier.abort();
        barrier.abort();
        assert_eq!(waiters.map(|waiter| waiter.join().unwrap()), [Err(BrokenBarrier::Aborted); 2]);
        assert!(barrier.is_broken());
        assert_eq!(barrier.wait(), Err(BrokenBarrier::Aborted));

        barrier.reset();
        assert!(!barrier.is_broken());
        let waiters = two_wait();
        barrier.reset();
        assert_eq!(waiters.map(|waiter| waiter.join().unwrap()), [Err(BrokenBarrier::Reset); 2]);
        assert!(!barrier.is_broken());

        let waiters = two_wait();
        let last = barrier.wait().unwrap();
        let numbers = waiters.map(|waiter| waiter.join().unwrap().unwrap());
        assert_eq!(last + numbers[0] + numbers[1], 3); // 0, 1 and 2
        barrier.reset();
        barrier.abort();
        assert!(barrier.is_broken());
    });
}

/// SYN-18: a panic of the action breaks it; it goes on in the thread that ran the action.
#[test]
fn a_panicking_action_breaks_it() {
    guarded("a_panicking_action_breaks_it", || {
        let action = || resume_unwind(Box::new("on purpose"));
        let barrier = Arc::new(Barrier::new(2).unwrap().with_action(action));
        for _ in 0..2 {
            let other = Arc::clone(&barrier);
            let other = asleep(move || other.wait());
            eventually("the other to come", || barrier.n_waiting() == 1);
            let outcome = catch_unwind(AssertUnwindSafe(|| barrier.wait()));
            assert_eq!(outcome.unwrap_err().downcast_ref(), Some(&"on purpose"));
            assert_eq!(other.join().unwrap(), Err(BrokenBarrier::ActionPanicked));
            assert_eq!(barrier.wait(), Err(BrokenBarrier::ActionPanicked));
            barrier.reset();
        }
    });
}

/// SYN-17, SYN-18: while the action runs all are there: nobody times out, others are not let in, and
/// `abort` still breaks the round.
#[test]
fn while_the_action_runs() {
    guarded("while_the_action_runs", || {
        for abort in [false, true] {
            let (begun, begin) = std::sync::mpsc::channel();
            let (go_on, gate) = std::sync::mpsc::channel::<()>();
            let gate = std::sync::Mutex::new(gate);
            let action = move || {
                begun.send(()).unwrap();
                gate.lock().unwrap().recv().unwrap();
            };
            let barrier = Arc::new(Barrier::new(2).unwrap().with_action(action));
            let party = |timeout| {
                let barrier = Arc::clone(&barrier);
                move || barrier.wait_timeout(timeout)
            };
            let patience = Duration::from_millis(300);
            let (first, last) = loop {
                let first = thread::spawn(party(patience));
                eventually("the first to come", || barrier.n_waiting() == 1 || barrier.is_broken());
                let last = thread::spawn(party(Duration::MAX));
                eventually("the last to come", || barrier.n_waiting() == 2 || barrier.is_broken());
                if !barrier.is_broken() {
                    break (first, last);
                }
                // The machine is so slow that the last was late.
                assert!(first.join().unwrap().is_err() && last.join().unwrap().is_err());
                barrier.reset();
            };
            begin.recv().unwrap();
            let late = asleep(party(Duration::MAX));
            thread::sleep(patience); // now the first's time has passed
            assert!(!first.is_finished() && !barrier.is_broken());
            assert_eq!(barrier.n_waiting(), 2);
            if abort {
                barrier.abort();
                assert_eq!(first.join().unwrap(), Err(BrokenBarrier::Aborted));
                assert_eq!(late.join().unwrap(), Err(BrokenBarrier::Aborted));
                go_on.send(()).unwrap();
                assert_eq!(last.join().unwrap(), Err(BrokenBarrier::Aborted));
            } else {
                go_on.send(()).unwrap();
                assert_eq!((first.join().unwrap(), last.join().unwrap()), (Ok(0), Ok(1)));
                eventually("the late one to be let in", || barrier.n_waiting() == 1);
                go_on.send(()).unwrap();
                assert_eq!((barrier.wait(), late.join().unwrap()), (Ok(1), Ok(0)));
            }
        }
    });
}

/// SYN-19: `Debug` shows the state, and the errors say why.
#[test]
fn texts() {
    let barrier = Barrier::new(2).unwrap();
    let text = "Barrier { n_waiting: 0, parties: 2, broken: None, .. }";
    assert_eq!(format!("{barrier:?}"), text);
    barrier.abort();
    let text = "Barrier { n_waiting: 0, parties: 2, broken: Some(Aborted), .. }";
    assert_eq!(format!("{barrier:?}"), text);
    let texts = [
        (BrokenBarrier::TimedOut, "the barrier is broken: not everybody came in time"),
        (BrokenBarrier::Aborted, "the barrier is broken: it was aborted"),
        (BrokenBarrier::Reset, "the barrier was reset during the wait"),
        (BrokenBarrier::ActionPanicked, "the barrier is broken: its action panicked"),
    ];
    for (error, text) in texts {
        assert_eq!(error.to_string(), text);
    }
}
