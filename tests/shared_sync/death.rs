//! Processes that are killed at any moment, while they hold, wait, notify or are about to: the others go
//! on, and the books are right.
//!
//! The books are numbers in shared memory. Four processes work; again and again one of them is killed, and
//! another takes its place. Nobody may hang: after each death the work must go on.

use crate::support::watchdog::guarded_for;
use crate::support::{eventually, guarded};
use crate::{Books, add, books, factor, read, start, wait_until, write};
use concurrent_futures::process::{
    Barrier, Condition, Event, Lock, Process, RLock, Semaphore, WaitError,
};
use concurrent_futures::{BrokenBarrier, Exit};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::thread;
use std::time::Duration;

/// How many are killed in each test.
const KILLS: u64 = 50;

const WORKERS: usize = 4;

/// What has been done, in all books.
const DONE: usize = 0;

/// Any number below this.
fn random(below: u64) -> u64 {
    RandomState::new().build_hasher().finish() % below
}

/// Kills workers at random moments. Each time somebody must have done something since.
fn kill_again_and_again<A>(name: &str, f: fn(A), argument: &A, books: &Books)
where
    A: Clone + Serialize + DeserializeOwned + Send + 'static,
{
    let limit = Duration::from_secs(90) * factor() as u32;
    guarded_for(name, limit, || {
        let mut workers = [(); WORKERS].map(|()| start(f, argument.clone()));
        for _ in 0..KILLS * factor() {
            wait_until(books, DONE, read(books, DONE) + 10);
            thread::sleep(Duration::from_micros(random(3000)));
            let place = random(WORKERS as u64) as usize;
            kill(&workers[place]);
            workers[place] = start(f, argument.clone());
        }
        wait_until(books, DONE, read(books, DONE) + 10);
        workers.iter().for_each(kill);
    });
}

fn kill(worker: &Process) {
    worker.kill().expect("it has not ended by itself");
    assert_eq!(worker.join().unwrap(), Exit::Signal(9));
}

/// What is done under a lock: two numbers change, one after the other.
fn change(books: &Books) {
    write(books, 1, read(books, 1) + 1);
    if random(8) == 0 {
        thread::yield_now();
    }
    write(books, 2, read(books, 1));
    add(books, DONE, 1);
}

/// Whoever has the lock must find the two numbers equal, or be told.
fn check(books: &Books, told: bool) {
    if told {
        write(books, 2, read(books, 1));
    }
    if read(books, 1) != read(books, 2) {
        add(books, 3, 1);
    }
}

fn use_lock((lock, books): (Lock, Books)) {
    loop {
        let (guard, told) = match lock.lock() {
            Ok(guard) => (guard, false),
            Err(abandoned) => (abandoned.into_guard(), true),
        };
        check(&books, told);
        change(&books);
        drop(guard);
    }
}

/// SYN-20 (better): holders and waiters of a lock.
#[test]
fn lock() {
    let (lock, books) = (Lock::new().unwrap(), books());
    kill_again_and_again("lock", use_lock, &(lock.clone(), books.clone()), &books);
    let guard = lock.lock_timeout(Duration::from_secs(30));
    let told = guard.as_ref().is_err();
    check(&books, told);
    assert!(!matches!(guard, Ok(None)));
    assert_eq!(read(&books, 3), 0, "half done, and nobody was told");
}

fn use_rlock((lock, books): (RLock, Books)) {
    loop {
        let (outer, told) = match lock.lock() {
            Ok(guard) => (guard, false),
            Err(abandoned) => (abandoned.into_guard(), true),
        };
        let inner = lock.lock().expect("it is ours");
        check(&books, told);
        change(&books);
        drop(outer);
        drop(inner);
    }
}

/// SYN-20 (better): owners and waiters of a re-entrant lock.
#[test]
fn rlock() {
    let (lock, books) = (RLock::new().unwrap(), books());
    kill_again_and_again("rlock", use_rlock, &(lock, books.clone()), &books);
    assert_eq!(read(&books, 3), 0, "half done, and nobody was told");
}

const PERMITS: usize = 2;

fn use_semaphore((semaphore, books): (Semaphore, Books)) {
    loop {
        let permit = match random(3) {
            0 => semaphore.try_permit(),
            1 => semaphore.permit_timeout(Duration::from_micros(random(500))),
            _ => Some(semaphore.permit()),
        };
        if permit.is_some() {
            add(&books, DONE, 1);
        }
    }
}

/// SYN-20 (better): holders and waiters of a semaphore. Not one permit is lost, nor is there one too many.
#[test]
fn semaphore() {
    let (semaphore, books) = (Semaphore::new(PERMITS).unwrap(), books());
    kill_again_and_again("semaphore", use_semaphore, &(semaphore.clone(), books.clone()), &books);
    let permits = [(); PERMITS].map(|()| semaphore.try_permit());
    assert!(permits.iter().all(Option::is_some), "{semaphore:?}");
    assert!(semaphore.try_permit().is_none(), "{semaphore:?}");
    drop(permits);
    assert_eq!(semaphore.available_permits(), PERMITS);
}

/// Passes things on: adds one if there is none, and takes it if there is one.
fn use_condition((condition, books): (Condition, Books)) {
    let has_thing = || read(&books, 1) > 0;
    let is_putting = add(&books, 4, 1).is_multiple_of(2);
    loop {
        let _guard = condition.lock().unwrap_or_else(|abandoned| {
            let guard = abandoned.into_guard();
            // Whoever died may have been the only one who would have notified.
            condition.notify_all().expect("it is ours");
            guard
        });
        match condition.wait_for(|| has_thing() != is_putting) {
            Ok(()) => {}
            Err(WaitError::Abandoned) => {
                condition.as_lock().clear_abandoned();
                condition.notify_all().expect("it is ours");
                continue;
            }
            Err(error) => panic!("{error}"),
        }
        write(&books, 1, u64::from(is_putting));
        add(&books, DONE, 1);
        condition.notify_all().expect("it is ours");
    }
}

/// SYN-20 (better): those who wait for a condition, and those who notify.
#[test]
fn condition() {
    let (condition, books) = (Condition::new().unwrap(), books());
    let argument = (condition.clone(), books.clone());
    // Whoever is killed may be the last who puts, or the last who takes; these two stay.
    let stay = [(); 2].map(|()| start(use_condition, argument.clone()));
    wait_until(&books, 4, 2);
    kill_again_and_again("condition", use_condition, &argument, &books);
    stay.iter().for_each(kill);
}

fn use_barrier((barrier, books): (Barrier, Books)) {
    loop {
        match barrier.wait() {
            Ok(0) => _ = add(&books, DONE, 10),
            Ok(_) | Err(BrokenBarrier::Reset) => {}
            Err(BrokenBarrier::PartyDied) => barrier.reset(),
            Err(error) => panic!("{error}"),
        }
    }
}

/// SYN-20 (better): parties of a barrier.
#[test]
fn barrier() {
    let (barrier, books) = (Barrier::new(WORKERS).unwrap(), books());
    kill_again_and_again("barrier", use_barrier, &(barrier, books.clone()), &books);
}

fn use_event(([mine, next], books): ([Event; 2], Books)) {
    loop {
        mine.wait();
        mine.clear();
        add(&books, DONE, 10);
        next.set();
    }
}

/// SYN-20 (better): one who sets an event may die before or after, and those who wait may die. The
/// parent starts the ball again, which it would not have to if it could know.
#[test]
fn event() {
    let (events, books) = ([(); 2].map(|()| Event::new().unwrap()), books());
    let [one, two] = events.clone();
    let other_way = ([two, one], books.clone());
    let stay = start(use_event, other_way);
    let (over, watch) = std::sync::mpsc::channel::<()>();
    let starter = events.clone();
    let starter = thread::spawn(move || {
        while watch.recv_timeout(Duration::from_millis(5)).is_err() {
            starter.iter().for_each(Event::set);
            if watch.try_recv() == Err(std::sync::mpsc::TryRecvError::Disconnected) {
                break;
            }
        }
    });
    kill_again_and_again("event", use_event, &(events, books.clone()), &books);
    kill(&stay);
    drop(over);
    starter.join().unwrap();
}

fn use_permit_once((semaphore, books): (Semaphore, Books)) {
    let _permit = semaphore.permit();
    add(&books, DONE, 1);
    loop {
        thread::park();
    }
}

/// SYN-20 (better): more processes have held permits than can at the same time.
#[test]
fn seats_are_used_again() {
    guarded("seats_are_used_again", || {
        let (semaphore, books) = (Semaphore::new(1).unwrap(), books());
        for turn in 1..=20 {
            let holder = start(use_permit_once, (semaphore.clone(), books.clone()));
            wait_until(&books, DONE, turn);
            kill(&holder);
        }
        eventually("the permit to come back", || semaphore.try_permit().is_some());
        assert_eq!(semaphore.available_permits(), 1);
    });
}
