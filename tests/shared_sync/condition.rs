//! `Condition`.

use crate::support::{eventually, guarded};
use crate::{Books, LONG, SHORT, add, books, join, read, start, wait_until, write};
use concurrent_futures::process::{Condition, Lock, Lockable, NotHeld, WaitError};
use std::thread;
use std::time::Duration;

/// What is printed of the number of waiters.
fn waiters<L: Lockable>(condition: &Condition<L>) -> usize {
    let shown = format!("{condition:?}");
    let number = shown.rsplit_once("waiters: ").expect("shown").1.trim_end_matches(" }");
    number.parse().expect("a number")
}

/// SYN-13: its own lock is re-entrant; another can be given, also to several; who waits or notifies has it.
#[test]
fn locks() {
    guarded("locks", || {
        let condition = Condition::new().unwrap();
        let guard = condition.lock().unwrap();
        assert!(condition.try_lock().unwrap().is_some());
        assert!(condition.lock_timeout(LONG).unwrap().is_some());
        assert_eq!(condition.notify_one(), Ok(0));
        thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(condition.notify_all(), Err(NotHeld));
                assert_eq!(condition.wait(), Err(WaitError::NotHeld));
                assert_eq!(condition.wait_for(|| true), Err(WaitError::NotHeld));
            });
        });
        drop(guard);
        assert_eq!(condition.notify_one(), Err(NotHeld));
        let lock = Lock::new().unwrap();
        let [one, two] = [(); 2].map(|()| Condition::with_lock(lock.clone()).unwrap());
        let _guard = one.lock().unwrap();
        assert_eq!(two.notify_one(), Ok(0));
        assert_eq!(two.as_lock().is_locked(), one.as_lock().is_locked());
    });
}

fn wait_once((condition, books): (Condition, Books)) {
    let _outer = condition.lock().unwrap();
    let _inner = condition.lock().unwrap(); // both are let go of meanwhile
    add(&books, 0, 1);
    condition.wait().unwrap();
    assert_eq!(condition.as_lock().depth(), 2);
    write(&books, 1, read(&books, 1) + 1);
}

/// SYN-14: exactly so many go on, threads and processes; a surplus is not kept.
#[test]
fn notified_exactly() {
    guarded("notified_exactly", || {
        let (condition, books) = (Condition::new().unwrap(), books());
        let argument = || (condition.clone(), books.clone());
        let notify = |count| {
            let _guard = condition.lock().unwrap();
            condition.notify(count).unwrap()
        };
        assert_eq!(notify(3), 0, "nobody is there, and nothing is kept");
        let processes = [(); 3].map(|()| start(wait_once, argument()));
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| wait_once(argument()));
            }
            eventually("all to wait", || waiters(&condition) == 6);
            let mut gone_on = 0;
            for count in [1, 2] {
                assert_eq!(notify(count), count);
                gone_on += count as u64;
                wait_until(&books, 1, gone_on);
                thread::sleep(SHORT);
                assert_eq!(read(&books, 1), gone_on);
                assert_eq!(waiters(&condition), 6 - gone_on as usize);
            }
            assert_eq!(notify(usize::MAX), 3);
        });
        join(processes);
        assert_eq!(read(&books, 1), 6);
    });
}

/// SYN-14: whoever has waited longest is the first to go on.
#[test]
fn in_order() {
    guarded("in_order", || {
        let condition = Condition::with_lock(Lock::new().unwrap()).unwrap();
        let order = std::sync::Mutex::new(Vec::new());
        thread::scope(|scope| {
            for number in 0..4 {
                let (condition, order) = (&condition, &order);
                scope.spawn(move || {
                    let _guard = condition.lock().unwrap();
                    condition.wait().unwrap();
                    order.lock().unwrap().push(number);
                });
                eventually("it to wait", || waiters(condition) == number + 1);
            }
            for number in 0..4 {
                let guard = condition.lock().unwrap();
                assert_eq!(condition.notify_one(), Ok(1));
                drop(guard);
                eventually("it to go on", || order.lock().unwrap().len() == number + 1);
            }
        });
        assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3]);
    });
}

fn count_up((condition, books): (Condition<Lock>, Books)) {
    for _ in 0..4 {
        let _guard = condition.lock().unwrap();
        add(&books, 0, 1);
        condition.notify_one().unwrap();
    }
}

/// SYN-15: whether it was notified, and the last answer of the predicate, within one time limit.
#[test]
fn answers() {
    guarded("answers", || {
        let condition = Condition::with_lock(Lock::new().unwrap()).unwrap();
        let books = books();
        let _guard = condition.lock().unwrap();
        assert_eq!(condition.wait_timeout(SHORT), Ok(false));
        assert_eq!(condition.wait_timeout(Duration::ZERO), Ok(false));
        let mut asked = 0;
        let mut never = || {
            asked += 1;
            false
        };
        assert_eq!(condition.wait_for_timeout(&mut never, SHORT), Ok(false));
        assert_eq!(asked, 2);
        assert_eq!(condition.wait_while_timeout(|| true, SHORT), Ok(false));
        let process = start(count_up, (condition.clone(), books.clone()));
        condition.wait_for(|| read(&books, 0) == 4).unwrap();
        assert_eq!(condition.wait_for_timeout(|| true, Duration::ZERO), Ok(true));
        condition.wait_while(|| read(&books, 0) < 4).unwrap();
        drop(_guard);
        join([process]);
        let process = start(count_up, (condition.clone(), books.clone()));
        let _guard = condition.lock().unwrap();
        assert_eq!(condition.wait_for_timeout(|| read(&books, 0) == 8, LONG), Ok(true));
        drop(_guard);
        join([process]);
    });
}

fn wait_in_vain((condition, books): (Condition, Books)) {
    let _guard = condition.lock().unwrap();
    add(&books, 0, 1);
    condition.wait().unwrap();
}

fn hold_and_stay((condition, books): (Condition, Books)) {
    condition.as_lock().acquire().unwrap();
    add(&books, 0, 1);
    loop {
        thread::park();
    }
}

/// SYN-14, SYN-20 (better): a notification is not for the dead, however early they came.
#[test]
fn a_waiter_dies() {
    guarded("a_waiter_dies", || {
        let (condition, books) = (Condition::new().unwrap(), books());
        let argument = || (condition.clone(), books.clone());
        let victim = start(wait_in_vain, argument());
        eventually("it to wait", || waiters(&condition) == 1);
        let other = start(wait_once, argument());
        eventually("both to wait", || waiters(&condition) == 2);
        victim.kill().unwrap();
        victim.join().unwrap();
        let guard = condition.lock().unwrap();
        assert_eq!(condition.notify(2), Ok(1));
        drop(guard);
        join([other]);
        assert_eq!(waiters(&condition), 0);
    });
}

/// SYN-20 (better): if whoever would notify dies with the lock, one who waits is told.
#[test]
fn a_notifier_dies() {
    guarded("a_notifier_dies", || {
        let (condition, books) = (Condition::new().unwrap(), books());
        let waiter = {
            let condition = condition.clone();
            thread::spawn(move || {
                let _guard = condition.lock().unwrap();
                let error = condition.wait().unwrap_err();
                condition.as_lock().clear_abandoned();
                error
            })
        };
        eventually("it to wait", || waiters(&condition) == 1);
        let victim = start(hold_and_stay, (condition.clone(), books.clone()));
        wait_until(&books, 0, 1);
        victim.kill().unwrap();
        assert_eq!(waiter.join().unwrap(), WaitError::Abandoned);
        let _guard = condition.lock().expect("all is well");
        assert_eq!(waiters(&condition), 0);
    });
}
