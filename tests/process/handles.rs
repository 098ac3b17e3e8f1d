//! Handles of what processes share, as parts of what travels through a pool.
//!
//! That nothing is kept of them anywhere is tested in `executor-process/src/engine/descriptors.rs`, where
//! the end of a pipe tells.

use crate::support::tasks::hold;
use crate::support::{Scratch, child, eventually, guarded, leak};
use crate::{builder, pool};
use concurrent_futures::process::{Event, Lock};
use concurrent_futures::{Executor, ProcessPoolExecutor, SharedBytes, TaskError, join_all};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Mutex;

#[derive(Debug, Serialize, Deserialize)]
enum Part {
    Lock(Lock),
    Named(BTreeMap<String, Option<Lock>>),
    Bytes(SharedBytes, Vec<u8>),
}

fn are_locked(parts: Vec<Part>) -> Vec<bool> {
    let locked = |part| match part {
        Part::Lock(lock) => vec![lock.is_locked()],
        Part::Named(locks) => locks.into_values().flatten().map(|lock| lock.is_locked()).collect(),
        Part::Bytes(bytes, plain) => vec![*bytes == plain],
    };
    parts.into_iter().flat_map(locked).collect()
}

/// Handles of several kinds, anywhere inside of an argument.
#[test]
fn anywhere_inside() {
    guarded("anywhere_inside", || {
        let pool = pool(2);
        let (held, free) = (Lock::new().unwrap(), Lock::new().unwrap());
        let _guard = held.lock().unwrap();
        for len in [10, 100_000] {
            let named = [("a", Some(held.clone())), ("b", None), ("c", Some(free.clone()))];
            let named = named.into_iter().map(|(name, lock)| (name.to_owned(), lock)).collect();
            let plain = vec![7; len];
            let parts = vec![
                Part::Lock(held.clone()),
                Part::Bytes(SharedBytes::new(&plain), plain),
                Part::Named(named),
                Part::Lock(free.clone()),
            ];
            let outcome = pool.submit(are_locked, parts).unwrap().result();
            assert_eq!(outcome, Ok(vec![true, true, true, false, false]));
        }
    });
}

/// As items of a map, and back as results; what a task has made is the same thing
/// here, and in another pool.
#[test]
fn made_by_tasks() {
    guarded("made_by_tasks", || {
        let make = |n: usize| {
            let lock = Lock::new().unwrap();
            if n.is_multiple_of(2) {
                lock.acquire().unwrap();
                lock.release().unwrap();
            }
            (n, lock)
        };
        let (pool, other) = (pool(2), pool(1));
        let made: Vec<_> = pool.map(make, 0..50).unwrap().map(Result::unwrap).collect();
        assert!(made.iter().enumerate().all(|(index, (n, _))| index == *n));
        let guard = made[17].1.lock().unwrap();
        let is_locked = |(n, lock): (usize, Lock)| (n, lock.is_locked());
        for pool in [&pool, &other] {
            for outcome in pool.map(is_locked, made.clone()).unwrap() {
                let (n, is_locked) = outcome.unwrap();
                assert_eq!(is_locked, n == 17);
            }
        }
        drop(guard);
    });
}

static KEPT: Mutex<Option<Event>> = Mutex::new(None);

/// The initializer of every worker is given the same event as the program has.
#[test]
fn for_the_initializer() {
    guarded("for_the_initializer", || {
        let event = Event::new().unwrap();
        let keep = |event: Event| *KEPT.lock().unwrap() = Some(event);
        let builder = builder(2).max_tasks_per_child(1).initializer(keep, event.clone());
        let pool = builder.build().unwrap();
        let wait = |()| KEPT.lock().unwrap().as_ref().unwrap().wait();
        let waiting: Vec<_> = (0..2).map(|_| pool.submit(wait, ()).unwrap()).collect();
        event.set();
        assert_eq!(join_all(waiting), [Ok(()), Ok(())]);
        event.clear();
        let set = |()| KEPT.lock().unwrap().as_ref().unwrap().set();
        pool.submit(set, ()).unwrap().result().unwrap();
        event.wait();
    });
}

/// Tasks of two pools, one of them in a worker of the other, meet at an event.
#[test]
fn through_two_pools() {
    guarded("through_two_pools", || {
        let pool = pool(1);
        let (there, back) = (Event::new().unwrap(), Event::new().unwrap());
        let pass_on = |events: (Event, Event)| {
            let inner = crate::pool(1);
            let answer = |(there, back): (Event, Event)| {
                there.wait();
                back.set();
            };
            inner.submit(answer, events).unwrap().result().unwrap();
        };
        let future = pool.submit(pass_on, (there.clone(), back.clone())).unwrap();
        there.set();
        back.wait();
        assert_eq!(future.result(), Ok(()));
    });
}

/// Thousands of tasks with handles at once, with workers of one and of four threads.
#[test]
fn thousands_in_flight() {
    guarded("thousands_in_flight", || {
        for threads in [1, 4] {
            let pool = builder(2).threads_per_worker(threads).build().unwrap();
            let buffers: Vec<_> = (0..50).map(|n| SharedBytes::new(&[n; 100])).collect();
            let first = |buffers: Vec<SharedBytes>| {
                buffers.iter().map(|bytes| bytes[0]).collect::<Vec<_>>()
            };
            let choice = |n: usize| n % 40..n % 40 + n % 7 + 1;
            let futures: Vec<_> = (0..5000)
                .map(|n| pool.submit(first, buffers[choice(n)].to_vec()).unwrap())
                .collect();
            for (n, future) in futures.into_iter().enumerate() {
                let expected = choice(n).map(|n| n as u8).collect();
                assert_eq!(future.result(), Ok(expected));
            }
        }
    });
}

fn limit_descriptors(number: u64) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(number), maximum }).unwrap();
}

/// BRK-05 (an extra): a worker that has no descriptor left for what comes fails that task, and says so; so
/// does the program with a result. What comes after is in order.
#[test]
fn too_many_for_a_process() {
    guarded("too_many_for_a_process", || {
        child::run(&mut child::program("handles::play_too_many_for_a_process"));
    });
}

#[test]
fn play_too_many_for_a_process() {
    if !child::is_program() {
        return;
    }
    let pool = builder(1).initializer(limit_descriptors, 64).build().unwrap();
    let first =
        |buffers: Vec<SharedBytes>| buffers.iter().map(|bytes| bytes[0]).collect::<Vec<_>>();
    let buffers: Vec<_> = (0..100).map(|n| SharedBytes::new(&[n])).collect();
    for _ in 0..10 {
        let futures: Vec<_> =
            [100, 5, 80, 7, 1].map(|n| pool.submit(first, buffers[..n].to_vec()).unwrap()).into();
        for (n, outcome) in [100, 5, 80, 7, 1].into_iter().zip(join_all(futures)) {
            match outcome {
                Ok(numbers) => assert_eq!(numbers, (0..n).collect::<Vec<_>>()),
                Err(error) => {
                    assert!(n >= 80 && matches!(error, TaskError::Codec(_)), "{error}");
                    assert!(error.to_string().contains("no descriptor left"), "{error}");
                }
            }
        }
        // Of several items only those that have them.
        let len = |n| if n == 11 { 90 } else { n };
        let lists: Vec<_> = (0..20).map(|n| buffers[..len(n)].to_vec()).collect();
        for (n, outcome) in pool.map(first, lists).unwrap().enumerate() {
            assert_eq!(outcome.is_err(), n == 11, "{n}: {outcome:?}");
        }
    }
    drop(buffers);
    // Results: few at a time in the worker, too many in the program.
    let make = |n: u8| (0..20).map(|_| SharedBytes::new(&[n])).collect::<Vec<_>>();
    limit_descriptors(leak::descriptors() as u64 + 30);
    let mut kept = Vec::new();
    for n in 0..5 {
        match pool.submit(make, n).unwrap().result() {
            Ok(buffers) => kept.push(buffers),
            Err(error) => {
                assert!(error.to_string().contains("no descriptor left"), "{error}");
                kept.clear();
            }
        }
    }
    assert!(kept.iter().flatten().all(|bytes| bytes[0] >= 2), "{kept:?}");
    assert!(!kept.is_empty());
    assert_eq!(pool.stats().started, 1);
}

/// BRK-05 (an extra): with few descriptors for everybody, and more tasks with handles than could be on
/// their way at a time, all of them get theirs.
#[test]
fn few_descriptors() {
    guarded("few_descriptors", || {
        child::run(&mut child::program("handles::play_few_descriptors"));
    });
}

#[test]
fn play_few_descriptors() {
    if !child::is_program() {
        return;
    }
    limit_descriptors(64);
    let pool = pool(2);
    let buffers: Vec<_> = (0..20).map(|n| SharedBytes::new(&[n; 10])).collect();
    let first =
        |buffers: Vec<SharedBytes>| buffers.iter().map(|bytes| bytes[0]).collect::<Vec<_>>();
    let futures: Vec<_> = (0..2000)
        .map(|n| {
            let (begin, len) = (n % 15, n % 5 + 1);
            pool.submit(first, buffers[begin..begin + len].to_vec()).unwrap()
        })
        .collect();
    for (n, outcome) in join_all(futures).into_iter().enumerate() {
        let (begin, len) = ((n % 15) as u8, (n % 5) as u8 + 1);
        assert_eq!(outcome, Ok((begin..begin + len).collect()));
    }
    drop(buffers);
    let make = |n: u8| (0..3).map(|_| SharedBytes::new(&[n; 10])).collect::<Vec<_>>();
    for (n, outcome) in (0..200).zip(pool.map(make, 0..200).unwrap()) {
        // Of those that nobody has looked at, as many as there is room for are here.
        match outcome {
            Ok(buffers) => assert!(buffers.iter().all(|bytes| **bytes == [n; 10])),
            Err(error) => assert!(error.to_string().contains("no descriptor left"), "{error}"),
        }
    }
    assert_eq!(pool.submit(make, 3).unwrap().result().map(|made| made.len()), Ok(3));
    assert_eq!(pool.stats().died, 0);
}

/// However tasks with handles end, there are as many descriptors afterwards as before,
/// here and in the workers.
#[test]
fn no_descriptor_is_lost() {
    guarded("no_descriptor_is_lost", || {
        child::run(&mut child::program("handles::play_no_descriptor_is_lost"));
    });
}

#[test]
fn play_no_descriptor_is_lost() {
    if !child::is_program() {
        return;
    }
    let in_a_worker = |pool: &ProcessPoolExecutor| {
        let count = |()| std::fs::read_dir("/proc/self/fd").unwrap().count();
        pool.submit(count, ()).unwrap().result().unwrap()
    };
    drop(pool(1).submit(|lock: Lock| lock, Lock::new().unwrap()).unwrap().result());
    let before = leak::descriptors();
    for _ in 0..3 {
        let pool = pool(1);
        let in_worker = in_a_worker(&pool);
        let here = leak::descriptors();
        for round in 0..20 {
            let buffers: Vec<_> = (0..5).map(|n| SharedBytes::new(&[n])).collect();
            let scratch = Scratch::new();
            let gate = scratch.gate();
            let busy = pool.submit(hold, (gate.gate(), 1)).unwrap();
            let work = |(buffers, n): (Vec<SharedBytes>, usize)| match n % 4 {
                0 => panic!("on purpose"),
                1 => Some(buffers),
                _ => None,
            };
            let futures: Vec<_> =
                (0..40).map(|n| pool.submit(work, (buffers.clone(), n)).unwrap()).collect();
            let cancelled = futures[round..].iter().step_by(7).filter(|future| future.cancel());
            assert!(cancelled.count() > 0);
            gate.open();
            busy.result().unwrap();
            for outcome in join_all(futures) {
                match outcome {
                    Ok(buffers) => assert!(buffers.is_none_or(|buffers| buffers.len() == 5)),
                    Err(TaskError::Cancelled | TaskError::Panicked(_)) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        }
        assert_eq!(in_a_worker(&pool), in_worker);
        // One that the worker was started with may not have been closed yet when it had its first result.
        let now = leak::descriptors();
        assert!(now <= here, "{here} descriptors have become {now}");
        let dying = |(_, code): (Vec<SharedBytes>, i32)| crate::exit(code);
        let buffers = vec![SharedBytes::new(&[1]); 3];
        assert!(pool.submit(dying, (buffers, 1)).unwrap().result().is_err());
        assert_eq!(in_a_worker(&pool), in_worker);
    }
    eventually("the descriptors of the last pool to go", || leak::descriptors() == before);
}
