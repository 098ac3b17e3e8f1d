//! Tests: descriptors that travel with tasks, their outcomes, and initializers.
//!
//! They are ends of pipes. A pipe is at its end when no process has its other end any more, not even on
//! the way; so each of these tests shows that nothing was kept, wherever it has been.

use crate::ProcessPoolBuilder;
use crate::pool::ProcessPoolExecutor;
use crate::shared::descriptor::Descriptor;
use executor_core::{Executor, Future, TaskError, TaskOptions, join_all};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{read, write};
use serde::{Deserialize, Serialize};
use std::os::fd::OwnedFd;
use std::sync::Mutex;

fn builder(workers: usize) -> ProcessPoolBuilder {
    ProcessPoolExecutor::builder().max_workers(workers)
}

fn pool(workers: usize) -> ProcessPoolExecutor {
    builder(workers).build().unwrap()
}

/// An end of a pipe, inside of something.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct End {
    name: String,
    end: Descriptor,
}

fn ends() -> (End, End) {
    let (reader, writer) = std::io::pipe().unwrap(); // which programs that are started do not inherit
    let end = |name: &str, end: OwnedFd| End { name: name.to_owned(), end: end.into() };
    (end("reader", reader.into()), end("writer", writer.into()))
}

/// Waits for something in the pipe, or its end; fails if neither comes.
fn await_news(reader: &End) {
    let mut polled = [PollFd::new(&reader.end, PollFlags::IN)];
    let limit = Timespec { tv_sec: 45, tv_nsec: 0 };
    assert_eq!(poll(&mut polled, Some(&limit)).unwrap(), 1, "waited in vain");
}

/// All that comes out of the pipe, up to its end.
fn rest_of(reader: &End) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        await_news(reader);
        let mut bytes = [0; 1000];
        match read(&reader.end, &mut bytes).unwrap() {
            0 => return all,
            len => all.extend(&bytes[..len]),
        }
    }
}

fn one_byte(reader: &End) -> u8 {
    await_news(reader);
    let mut byte = [0];
    assert_eq!(read(&reader.end, &mut byte).unwrap(), 1, "the pipe has ended");
    byte[0]
}

/// The task: writes a byte.
fn say((writer, byte): (End, u8)) {
    assert_eq!(writer.name, "writer");
    assert_eq!(write(&writer.end, &[byte]).unwrap(), 1);
}

/// The task: says that it has begun, and waits for a byte, or the end.
fn hold((begun, gate): (End, End)) {
    write(&begun.end, b"!").unwrap();
    drop(begun);
    let mut byte = [0];
    let _or_the_end = read(&gate.end, &mut byte).unwrap();
}

/// A task that runs until the end that is returned is dropped.
fn busy(pool: &ProcessPoolExecutor) -> (Future<()>, End) {
    let (begun, begin) = ends();
    let (gate, opener) = ends();
    let future = pool.submit(hold, (begin, gate)).unwrap();
    assert_eq!(one_byte(&begun), b'!');
    (future, opener)
}

#[test]
fn there_and_back() {
    let pool = pool(1);
    let (reader, writer) = ends();
    let swap = |(some, list, other): (Option<End>, Vec<(u8, End)>, u8)| (list, other, some);
    let sent = (Some(reader), vec![(1, writer.clone()), (2, writer)], 3);
    let (list, other, reader) = pool.submit(swap, sent).unwrap().result().unwrap();
    assert_eq!(other, 3);
    let reader = reader.unwrap();
    for (byte, writer) in list {
        assert_eq!(pool.submit(say, (writer, byte)).unwrap().result(), Ok(()));
    }
    assert_eq!(rest_of(&reader), [1, 2]);
}

#[test]
fn made_by_a_task() {
    let pool = pool(2);
    let (reader, writer) = pool.submit(|()| ends(), ()).unwrap().result().unwrap();
    let results = pool.map(say, (0..100).map(|n| (writer.clone(), n)).collect::<Vec<_>>());
    assert!(results.unwrap().all(|outcome| outcome == Ok(())));
    drop(writer);
    let mut said = rest_of(&reader);
    said.sort_unstable();
    assert_eq!(said, (0..100).collect::<Vec<_>>());
}

/// An end that a task has closed is closed, while the task goes on.
#[test]
fn an_end_is_the_task_s_alone() {
    let close_and_wait = |(writer, gate): (End, End)| {
        drop(writer);
        await_news(&gate);
    };
    for threads in [1, 3] {
        let pool = builder(1).threads_per_worker(threads).build().unwrap();
        let (reader, writer) = ends();
        let (gate, opener) = ends();
        let running = pool.submit(close_and_wait, (writer, gate)).unwrap();
        assert!(rest_of(&reader).is_empty());
        assert!(!running.done());
        drop(opener);
        assert_eq!(running.result(), Ok(()));
        // Likewise of an item of a map.
        let (reader, writer) = ends();
        let (gate, opener) = ends();
        let mut running = pool.map(close_and_wait, [(writer, gate)]).unwrap();
        assert!(rest_of(&reader).is_empty());
        drop(opener);
        assert_eq!(running.next(), Some(Ok(())));
    }
}

/// What a worker was sent ahead of time, and will not run, it does not keep when it has nothing to do.
#[test]
fn nothing_is_kept_of_tasks_that_were_cancelled() {
    let pool = pool(1);
    for _ in 0..20 {
        let (running, opener) = busy(&pool);
        let (reader, writer) = ends();
        let ahead: Vec<_> =
            (0..5).map(|n| pool.submit(say, (writer.clone(), n)).unwrap()).collect();
        drop(writer);
        assert!(ahead.iter().all(Future::cancel));
        drop(opener);
        assert_eq!(running.result(), Ok(()));
        assert!(rest_of(&reader).is_empty(), "none of them has run");
    }
    assert_eq!(pool.stats().started, 1);
}

/// Tasks go to another worker when the one that they were sent to does not come to them.
#[test]
fn sent_to_another_worker() {
    let pool = pool(2);
    for _ in 0..20 {
        let (first, first_opener) = busy(&pool);
        let (second, second_opener) = busy(&pool);
        let (reader, writer) = ends();
        let ahead: Vec<_> =
            (0..10).map(|n| pool.submit(say, (writer.clone(), n)).unwrap()).collect();
        drop((writer, second_opener));
        assert_eq!(second.result(), Ok(()));
        assert!(join_all(ahead).into_iter().all(|outcome| outcome == Ok(())));
        drop(first_opener); // which may have been given some of them
        assert_eq!(first.result(), Ok(()));
        let mut said = rest_of(&reader);
        said.sort_unstable();
        assert_eq!(said, (0..10).collect::<Vec<_>>());
    }
}

/// More than may be unread at a time, each with a pipe of its own, through workers of several threads.
#[test]
fn more_than_the_window() {
    for (workers, threads) in [(1, 1), (2, 1), (1, 4), (2, 4)] {
        let pool = builder(workers).threads_per_worker(threads).build().unwrap();
        for _ in 0..20 {
            let (readers, tasks): (Vec<_>, Vec<_>) = (0..100)
                .map(|n| {
                    let (reader, writer) = ends();
                    (reader, pool.submit(say, (writer, n)).unwrap())
                })
                .unzip();
            assert!(join_all(tasks).into_iter().all(|outcome| outcome == Ok(())));
            for (n, reader) in (0..).zip(readers) {
                assert_eq!(rest_of(&reader), [n]);
            }
        }
    }
}

/// Results with descriptors, from all threads of a worker at once, while nobody looks at them.
#[test]
fn results_of_many_threads() {
    fn make(n: u8) -> (u8, End) {
        let (reader, writer) = ends();
        write(&writer.end, &[n]).unwrap();
        (n, reader)
    }
    let pool = builder(2).threads_per_worker(4).build().unwrap();
    for _ in 0..5 {
        let futures: Vec<_> = (0..200).map(|n| pool.submit(make, n).unwrap()).collect();
        for outcome in join_all(futures) {
            let (n, reader) = outcome.unwrap();
            assert_eq!(rest_of(&reader), [n]);
        }
    }
    for outcome in pool.map(make, 0..200).unwrap() {
        let (n, reader) = outcome.unwrap();
        assert_eq!(rest_of(&reader), [n]);
    }
}

/// A task that is retried is sent its descriptors again; one that is not leaves none behind.
#[test]
fn when_the_worker_dies() {
    let say_and_die = |(writer, byte): (End, u8)| -> () {
        write(&writer.end, &[byte]).unwrap();
        std::process::abort();
    };
    let pool = pool(2);
    for retries in [0, 2] {
        let (reader, writer) = ends();
        let options = TaskOptions::new().with_retries(retries);
        let dying = pool.submit_with(say_and_die, (writer.clone(), 7), options).unwrap();
        let others: Vec<_> =
            (0..10).map(|_| pool.submit(say, (writer.clone(), 1)).unwrap()).collect();
        drop(writer);
        assert!(matches!(dying.result(), Err(TaskError::WorkerDied(_))));
        assert!(join_all(others).into_iter().all(|outcome| outcome == Ok(())));
        let said = rest_of(&reader);
        assert_eq!(said.iter().filter(|&&byte| byte == 7).count(), 1 + retries as usize);
        assert_eq!(said.iter().filter(|&&byte| byte == 1).count(), 10);
    }
}

/// What is on its way to a worker that is killed goes to the next.
#[test]
fn when_the_worker_is_killed() {
    let pool = pool(1);
    for _ in 0..5 {
        let (running, opener) = busy(&pool);
        let (reader, writer) = ends();
        let behind: Vec<_> =
            (0..20).map(|n| pool.submit(say, (writer.clone(), n)).unwrap()).collect();
        drop(writer);
        assert!(running.kill());
        assert_eq!(running.result(), Err(TaskError::Killed));
        assert!(join_all(behind).into_iter().all(|outcome| outcome == Ok(())));
        assert_eq!(rest_of(&reader), (0..20).collect::<Vec<_>>());
        drop(opener);
    }
}

static KEPT: Mutex<Option<End>> = Mutex::new(None);

/// Every worker is given what the initializer has, those that come later too.
#[test]
fn for_the_initializer() {
    let (reader, writer) = ends();
    let keep = |end| *KEPT.lock().unwrap() = Some(end);
    let pool = builder(2).max_tasks_per_child(1).initializer(keep, writer).build().unwrap();
    let say = |byte: u8| {
        let kept = KEPT.lock().unwrap();
        write(&kept.as_ref().unwrap().end, &[byte]).unwrap();
    };
    for n in 0..5 {
        assert_eq!(pool.submit(say, n).unwrap().result(), Ok(()));
    }
    drop(pool);
    assert_eq!(rest_of(&reader), [0, 1, 2, 3, 4]);
}

/// Values that do not decode have had their descriptors all the same.
#[test]
fn of_values_that_do_not_arrive() {
    #[derive(Clone, Debug, Serialize)]
    struct Unwelcome(End);

    impl<'de> Deserialize<'de> for Unwelcome {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            End::deserialize(deserializer)?;
            Err(serde::de::Error::custom("on purpose"))
        }
    }
    let pool = pool(1);
    for n in 0..50 {
        let (reader, writer) = ends();
        let outcome = pool.submit(drop, Unwelcome(writer)).unwrap().result();
        assert!(matches!(outcome, Err(TaskError::Codec(_))));
        assert!(rest_of(&reader).is_empty());
        let outcome = pool.submit(Unwelcome, ends().1).unwrap().result();
        assert!(matches!(outcome, Err(TaskError::Codec(_))));
        // The next ones come as they should.
        let (reader, writer) = ends();
        assert_eq!(pool.submit(say, (writer, n)).unwrap().result(), Ok(()));
        assert_eq!(rest_of(&reader), [n]);
    }
}

/// Nothing else arrives in a worker: its standard input is empty, and programs that it starts have none of
/// its descriptors.
#[test]
fn the_line_is_put_away() {
    let look = |()| {
        let input = std::fs::read_link("/proc/self/fd/0").unwrap();
        let listed = std::process::Command::new("ls").args(["-l", "/proc/self/fd"]).output();
        (input, String::from_utf8(listed.unwrap().stdout).unwrap())
    };
    if !cfg!(target_os = "linux") {
        return;
    }
    let (input, of_a_program) = pool(1).submit(look, ()).unwrap().result().unwrap();
    assert_eq!(input, std::path::Path::new("/dev/null"));
    assert!(!of_a_program.contains("socket:"), "{of_a_program}");
}
