//! Eight processes of four threads each, a million operations in all, and books that must be exact.

use crate::support::watchdog::guarded_for;
use crate::{Books, add, books, factor, join, read, start, subtract, write};
use concurrent_futures::process::{
    Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::thread;
use std::time::Duration;

const PROCESSES: usize = 8;
const THREADS: usize = 4;
const ALL: u64 = (PROCESSES * THREADS) as u64;

fn stress(name: &str, body: impl FnOnce()) {
    guarded_for(name, Duration::from_secs(120) * factor() as u32, body);
}

/// Runs it in all threads of all processes.
fn everywhere<A>(f: fn(A), argument: &A)
where
    A: Clone + Serialize + DeserializeOwned + Send + 'static,
{
    join([(); PROCESSES].map(|()| start(f, argument.clone())));
}

fn in_threads(body: impl Fn() + Sync) {
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(&body);
        }
    });
}

/// One more in each of two numbers, by two writes: for one at a time.
fn count(books: &Books) {
    let before = read(books, 0);
    assert_eq!(read(books, 1), before, "somebody else is here");
    write(books, 0, before + 1);
    write(books, 1, before + 1);
}

const LOCKED: u64 = 10_000;

fn use_lock((lock, books, times): (Lock, Books, u64)) {
    in_threads(|| {
        for turn in 0..times {
            match turn % 4 {
                0 => {
                    lock.acquire().unwrap();
                    count(&books);
                    lock.release().unwrap();
                }
                1 => {
                    if let Some(_guard) = lock.lock_timeout(Duration::from_micros(turn)).unwrap() {
                        count(&books);
                        continue;
                    }
                    let _guard = lock.lock().unwrap();
                    count(&books);
                }
                _ => {
                    let _guard = lock.lock().unwrap();
                    count(&books);
                }
            }
        }
    });
}

/// SYN-01, SYN-02: one at a time, and each as often as it should.
#[test]
fn lock() {
    stress("lock", || {
        let (lock, books, times) = (Lock::new().unwrap(), books(), LOCKED * factor());
        everywhere(use_lock, &(lock.clone(), books.clone(), times));
        assert_eq!(read(&books, 0), times * ALL);
        assert!(!lock.is_locked());
    });
}

fn use_rlock((lock, books, times): (RLock, Books, u64)) {
    in_threads(|| {
        for _ in 0..times / 2 {
            let _outer = lock.lock().unwrap();
            count(&books);
            let _inner = lock.lock().unwrap();
            assert_eq!(lock.depth(), 2);
            count(&books);
        }
    });
}

/// SYN-06: the same with a lock that is taken again.
#[test]
fn rlock() {
    stress("rlock", || {
        let (lock, books, times) = (RLock::new().unwrap(), books(), LOCKED / 2 * factor());
        everywhere(use_rlock, &(lock, books.clone(), times));
        assert_eq!(read(&books, 0), times * ALL);
    });
}

const PERMITS: u64 = 3;

fn use_semaphore((semaphore, books, times): (BoundedSemaphore, Books, u64)) {
    let visit = || {
        let inside = add(&books, 0, 1);
        assert!(inside <= PERMITS, "{inside} at once");
        subtract(&books, 0, 1);
        add(&books, 1, 1);
    };
    in_threads(|| {
        for turn in 0..times {
            if turn.is_multiple_of(3) {
                semaphore.acquire();
                visit();
                semaphore.release().unwrap();
            } else {
                let _permit = semaphore.permit();
                visit();
            }
        }
    });
}

/// SYN-08, SYN-10: never more than there are, none lost, none too many.
#[test]
fn semaphore() {
    stress("semaphore", || {
        let semaphore = BoundedSemaphore::new(PERMITS as usize).unwrap();
        let (books, times) = (books(), LOCKED * factor());
        everywhere(use_semaphore, &(semaphore.clone(), books.clone(), times));
        assert_eq!(read(&books, 1), times * ALL);
        assert_eq!(semaphore.available_permits(), PERMITS as usize);
        assert!(semaphore.release().is_err());
    });
}

fn send_signals((semaphore, _, times): (Semaphore, Books, u64)) {
    in_threads(|| (0..times).for_each(|_| semaphore.release()));
}

fn count_signals((semaphore, books, times): (Semaphore, Books, u64)) {
    in_threads(|| {
        for _ in 0..times {
            semaphore.acquire();
            add(&books, 0, 1);
        }
    });
}

/// SYN-09: no signal is lost between half of the processes and the others.
#[test]
fn signals() {
    stress("signals", || {
        let semaphore = Semaphore::new(0).unwrap();
        let (books, times) = (books(), LOCKED / 2 * factor());
        let argument = (semaphore.clone(), books.clone(), times);
        let receivers = [(); PROCESSES / 2].map(|()| start(count_signals, argument.clone()));
        let senders = [(); PROCESSES / 2].map(|()| start(send_signals, argument.clone()));
        join(senders.into_iter().chain(receivers));
        assert_eq!(read(&books, 0), times * ALL / 2);
        assert_eq!(semaphore.available_permits(), 0);
    });
}

const ROOM: u64 = 5;

/// Puts things and takes things, of which there are never more than there is room for.
fn pass_things((conditions, books, times): ([Condition<Lock>; 2], Books, u64)) {
    let [not_empty, not_full] = &conditions;
    in_threads(|| {
        let is_putting = add(&books, 2, 1).is_multiple_of(2);
        for _ in 0..times {
            let _guard = not_empty.lock().unwrap();
            if is_putting {
                not_full.wait_while(|| read(&books, 0) == ROOM).unwrap();
                write(&books, 0, read(&books, 0) + 1);
                not_empty.notify_one().unwrap();
            } else {
                not_empty.wait_for(|| read(&books, 0) > 0).unwrap();
                write(&books, 0, read(&books, 0) - 1);
                write(&books, 1, read(&books, 1) + 1);
                not_full.notify_one().unwrap();
            }
        }
    });
}

/// SYN-14: two conditions on one lock, and whoever is notified is one who needs it.
#[test]
fn condition() {
    stress("condition", || {
        let lock = Lock::new().unwrap();
        let conditions = [(); 2].map(|()| Condition::with_lock(lock.clone()).unwrap());
        let (books, times) = (books(), LOCKED / 20 * factor());
        everywhere(pass_things, &(conditions, books.clone(), times));
        assert_eq!((read(&books, 0), read(&books, 1)), (0, times * ALL / 2));
    });
}

fn keep_in_step((barrier, books, times): (Barrier, Books, u64)) {
    in_threads(|| {
        for round in 1..=times {
            add(&books, 0, 1);
            let index = barrier.wait().unwrap() as u64;
            assert!(read(&books, 0) >= round * ALL, "gone on alone");
            add(&books, 1, index);
            add(&books, 2, index * index);
        }
    });
}

/// SYN-16, SYN-17: all together, and each index once.
#[test]
fn barrier() {
    stress("barrier", || {
        let (barrier, books, times) =
            (Barrier::new(ALL as usize).unwrap(), books(), LOCKED / 50 * factor());
        everywhere(keep_in_step, &(barrier, books.clone(), times));
        assert_eq!(read(&books, 1), times * (0..ALL).sum::<u64>());
        assert_eq!(read(&books, 2), times * (0..ALL).map(|index| index * index).sum::<u64>());
    });
}

/// Each thread waits for a flag and sets the next one, so one thing goes round.
fn pass_on((events, books, times): (Vec<Event>, Books, u64)) {
    in_threads(|| {
        let number = add(&books, 0, 1) as usize - 1;
        let [mine, next] = [number, number + 1].map(|number| &events[number % events.len()]);
        for _ in 0..times {
            mine.wait();
            mine.clear();
            write(&books, 1, read(&books, 1) + 1);
            next.set();
        }
    });
}

/// SYN-11: no set is lost.
#[test]
fn event() {
    stress("event", || {
        let events: Vec<_> = (0..ALL).map(|_| Event::new().unwrap()).collect();
        let (books, times) = (books(), LOCKED / 100 * factor());
        events[0].set();
        everywhere(pass_on, &(events, books.clone(), times));
        assert_eq!(read(&books, 1), times * ALL);
    });
}
