//! Waiting until everything is marked done.

use crate::support::guarded;
use crate::{end, start};
use concurrent_futures::process::{JoinableQueue, Queue};
use concurrent_futures::{NotJoined, TooManyDone};
use serde::{Deserialize, Serialize};
use std::thread;
use std::time::Duration;

fn consume((tasks, done): (JoinableQueue<Option<u32>>, Queue<u32>)) {
    loop {
        let task = tasks.get().unwrap();
        if let Some(number) = task {
            done.put(number).unwrap();
        }
        tasks.task_done().unwrap();
        if task.is_none() {
            return;
        }
    }
}

/// QUE-04, S14: `join` returns when the four consumers have marked every item, and not before; one
/// mark too many is refused.
#[test]
fn join_waits_for_every_mark() {
    guarded("join_waits_for_every_mark", || {
        let (tasks, done) = (JoinableQueue::bounded(5).unwrap(), Queue::new().unwrap());
        let consumers = [(); 4].map(|()| start(consume, (tasks.clone(), done.clone())));
        for round in 1..=20 {
            for number in 0..10 {
                tasks.put(Some(number)).unwrap();
            }
            tasks.join();
            assert_eq!((done.len(), tasks.unfinished()), (10 * round, 0));
            assert_eq!(tasks.task_done(), Err(TooManyDone));
        }
        for _ in &consumers {
            tasks.put(None).unwrap();
        }
        tasks.join();
        consumers.iter().for_each(end);
        assert_eq!(tasks.task_done(), Err(TooManyDone));
    });
}

/// QUE-04: what was not marked is told, by number.
#[test]
fn join_says_what_is_open() {
    guarded("join_says_what_is_open", || {
        let tasks = JoinableQueue::new().unwrap();
        tasks.join();
        tasks.join_timeout(Duration::ZERO).unwrap();
        (0..3).for_each(|number| tasks.put(number).unwrap());
        let timeout = Duration::from_millis(20);
        assert_eq!(tasks.join_timeout(timeout), Err(NotJoined::new(3)));
        tasks.get().unwrap();
        assert_eq!(tasks.join_timeout(timeout), Err(NotJoined::new(3)), "got is not done");
        tasks.task_done().unwrap();
        thread::scope(|scope| {
            let joiners = [(); 3].map(|()| scope.spawn(|| tasks.join()));
            assert_eq!(tasks.shutdown_now(), [1, 2]);
            for joiner in joiners {
                joiner.join().unwrap();
            }
        });
        assert!(tasks.put(4).is_err());
        assert_eq!(tasks.unfinished(), 0);
    });
}

/// What does not decode.
#[derive(Serialize)]
struct Unreadable;

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("makes no sense"))
    }
}

/// QUE-04: the guard marks its item whichever way its scope is left.
#[test]
fn a_guard_marks() {
    guarded("a_guard_marks", || {
        let tasks = JoinableQueue::new().unwrap();
        (0..3).for_each(|number| tasks.put(number).unwrap());
        let mut task = tasks.get_task().unwrap();
        *task += 7;
        assert_eq!((*task, tasks.unfinished(), format!("{task:?}")), (7, 3, "TaskGuard(7)".into()));
        drop(task);
        assert_eq!(tasks.unfinished(), 2);
        let panicked = thread::scope(|scope| {
            scope
                .spawn(|| {
                    let _task = tasks.get_task().unwrap();
                    std::panic::resume_unwind(Box::new("on the way"));
                })
                .join()
        });
        assert!(panicked.is_err());
        assert_eq!(tasks.unfinished(), 1);
        // Marked by hand as well: the guard adds nothing.
        let task = tasks.get_task().unwrap();
        tasks.task_done().unwrap();
        drop(task);
        assert_eq!(tasks.unfinished(), 0);
        tasks.join();

        let tasks = JoinableQueue::new().unwrap();
        tasks.put(Unreadable).unwrap();
        assert!(tasks.get_task().is_err());
        tasks.join();
    });
}
