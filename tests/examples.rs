//! Runs the programs in `examples/` and looks at what they print.
//!
//! They are built along with the tests by `cargo test`; when only this file is asked for, by
//! `cargo build --examples`.

mod support;

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use support::{child, guarded};

/// Where cargo puts the examples: beside the directory that this test is in.
fn path(example: &str) -> PathBuf {
    let test = env::current_exe().expect("the path of this test");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("target/<profile>/deps");
    profile.join("examples").join(format!("{example}{}", env::consts::EXE_SUFFIX))
}

/// What an example prints.
fn output_of(example: &str) -> Vec<String> {
    output_with(example, &[])
}

/// What an example prints that is given these arguments.
fn output_with(example: &str, arguments: &[&str]) -> Vec<String> {
    let path = path(example);
    assert!(path.exists(), "{} is missing: run `cargo build --examples` first", path.display());
    let output = child::run(Command::new(path).args(arguments).stdin(Stdio::null()));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// `[1, 4, 9, ...]`, as `Debug` shows it.
fn squares(count: u64) -> String {
    format!("{:?}", (1..=count).map(|n| n * n).collect::<Vec<_>>())
}

/// S01, SUB-01: results in the order submitted, and at most as many workers as allowed.
#[test]
fn submit_squares() {
    guarded("submit_squares", || {
        let lines = output_of("submit_squares");
        assert_eq!(lines[0], format!("threads: {}", squares(16)));
        let workers = &lines[2..];
        assert!((1..=4).contains(&workers.len()), "{workers:?}");
        assert_eq!(lines[1], format!("16 tasks on {} of 4 workers:", workers.len()));
    });
}

/// S02: strictly one after another.
#[test]
fn sequential() {
    guarded("sequential", || {
        let lines = output_of("sequential");
        for (line, n) in lines.iter().zip(1..=10) {
            assert_eq!(*line, format!("threads: {n} squared is {}", n * n));
        }
        assert_eq!(lines[10..], ["0 of 10 tasks began before the one before had ended"]);
    });
}

/// S03, FUT-04, FUT-08: each callback once, here, with its result.
#[test]
fn callbacks() {
    guarded("callbacks", || {
        let lines = output_of("callbacks");
        for (line, n) in lines.iter().zip(1..=12) {
            assert_eq!(*line, format!("threads: {n} squared is {}, called back here", n * n));
        }
        assert_eq!(lines[12..], ["12 callbacks for 12 tasks"]);
    });
}

/// S04, MAP-01, MAP-02: in order, and all of it, read or not.
#[test]
fn map_squares() {
    guarded("map_squares", || {
        let lines = output_of("map_squares");
        let first = format!("threads: {}", squares(11));
        assert_eq!(lines, [first.as_str(), "11 of 11 unread items were worked on"]);
    });
}

/// S05, THR-01, THR-04, SUB-05: sizes, names, and the refusal of zero.
#[test]
fn pool_sizes() {
    guarded("pool_sizes", || {
        let processors = thread::available_parallelism().unwrap().get();
        let lines = output_of("pool_sizes");
        let sizes = format!("{processors} processors: {} threads by default", 5 * processors);
        assert_eq!(lines[0], sizes);
        let refusal = "a pool without workers is refused: max_workers must be at least 1";
        assert_eq!(lines[1..], [refusal, "a thread of a pool with a prefix: crawler_0"]);
    });
}

/// A newcomer's program on processes: results, a crash that costs one task, a deadline, a kill.
#[test]
fn processes() {
    guarded("processes", || {
        let lines = output_of("processes");
        let crashed = lines[2].strip_prefix("a task crashed: its process ").expect("a crash");
        assert!(!crashed.is_empty(), "{lines:?}");
        #[cfg(target_os = "linux")]
        assert!(crashed.contains("SIGABRT"), "{crashed}");
        let others = lines.iter().enumerate().filter(|(index, _)| *index != 2);
        let expected = [
            "1229 primes below 10,000",
            "[4, 25, 168] below 10, 100 and 1,000",
            "the others: [0, 0, 1, 2, 2, 3, 3, 4, 4, 4]",
            "a task with a deadline: the task exceeded its deadline",
            "a task that was stopped: the task was killed while it was running",
            "and still 25 primes below 100",
        ];
        assert_eq!(others.map(|(_, line)| line.as_str()).collect::<Vec<_>>(), expected);
    });
}

/// The same answer from threads, in this process, and from processes.
#[test]
fn same_program() {
    guarded("same_program", || {
        let answer = "from 77031 it takes 350 steps, more than from any other number to 100,000";
        let elsewhere = |count| format!("{count} of 10 tasks ran in another process");
        assert_eq!(output_with("same_program", &["threads"]), [answer, &elsewhere(0)]);
        assert_eq!(output_with("same_program", &["processes"]), [answer, &elsewhere(10)]);
    });
}

/// S06, POOL-01, POOL-23, POOL-25: the same pool of processes and of threads.
#[test]
fn pool() {
    guarded("pool", || {
        let both = [
            "apply: 42",
            "apply_async: ready at once? false",
            "apply_async: Ok(true), 7",
            "callback: half of 10 is 5",
            "map: [1, 2, 3]",
            "map_async: [10, 20, 30]",
            "starmap: [2, 12, 30]",
            "imap: [0, 1, 2, 3, 4]",
            "imap_unordered, sorted: [1, 2, 3]",
            "join: the pool is still open: call close or terminate before join",
            "after close: cannot submit after shutdown",
            "the last result is there: true",
            "error_callback: the pool was terminated before the task had ended",
            "terminate: Err(Terminated)",
        ];
        assert_eq!(output_with("pool", &["threads"]), both);
        let lines = output_of("pool");
        assert_eq!(lines[..2], ["a worker was prepared by us", "a crash costs one call"]);
        assert_eq!(lines[2..], both);
    });
}

/// S17, TQ-01, TQ-02, TQ-04, TQ-05: the orders, full and empty, the end, and nothing lost or doubled.
#[test]
fn queues() {
    guarded("queues", || {
        let expected = [
            "put [3, 1, 2]",
            "first in, first out: [3, 1, 2]",
            "last in, first out: [2, 1, 3]",
            "smallest first: [1, 2, 3]",
            "ties in the order put: doctor, school, bread, milk, tea",
            "3 of 3 items, full: true",
            "no room for d now",
            "no room for d in time",
            "got a, b, c, empty: true",
            "nothing there now",
            "nothing came in time",
            "cannot put: the queue was shut down",
            "late is given back",
            "still there: last",
            "cannot get: the queue was shut down and nothing is left in it",
            "20 items through a queue of 3, in order: true",
            "never more than 3 in it: true",
            "10 of 10 items are done when join returns",
            "once more: task_done was called more often than items were put",
            "10 producers, 10 consumers, 1000 items: each once: true",
        ];
        assert_eq!(output_of("queues"), expected);
    });
}

/// S07, PRC-02, PRC-06, PRC-07, PRC-09: a process from start to end, and one that is ended.
#[test]
fn process() {
    guarded("process", || {
        let expected = [
            "before: alive false, exit code None",
            "Process-1 works on the first task for MainProcess",
            "its counter is at 10",
            "after: alive false, exit code Some(Code(0))",
            "the counter here is at 0",
            "failing exited with code 3",
            "joined for a while: None, alive true",
            "2 children",
            "Process-3 was killed by SIGTERM",
            "Process-4 was killed by SIGKILL",
            "0 children",
        ];
        assert_eq!(output_of("process"), expected);
    });
}

/// S08, PRC-04: a daemon ends with `main`, the other process is waited for, and nobody outlives a program
/// that is killed.
#[test]
fn daemons() {
    guarded("daemons", || {
        // The pipe is at its end when the program and all that it has started are gone.
        let mut lines = output_of("daemons");
        let daemon = lines.remove(3);
        let expected = [
            "a program has 2 children",
            "it was killed by SIGKILL",
            "and its children are gone",
            "the daemon starts a process: this process is a daemon, and daemons cannot have children, \
             which would be left behind when it is ended with its parent; start it without \
             `daemon(true)`",
            "main ends",
            "the other process has saved everything",
        ];
        assert_eq!(lines, expected);
        let pid = daemon.strip_prefix("the daemon is ").expect("its process id");
        #[cfg(target_os = "linux")]
        assert!(!std::path::Path::new("/proc").join(pid).exists(), "{pid} is still there");
        pid.parse::<u32>().expect("a number");
    });
}

/// S09, SYN-01: oversold without a lock, and never with one.
#[test]
fn tickets() {
    guarded("tickets", || {
        let lines = output_of("tickets");
        for (pair, name) in lines.chunks(2).zip(["threads", "processes"]) {
            let text =
                format!("{name}, without a lock: more tickets were sold than the 3 there were: ");
            let sold: u32 = pair[0].strip_prefix(&text).expect("oversold").parse().unwrap();
            assert!((4..=5).contains(&sold));
            assert_eq!(pair[1], format!("{name}, with a lock: 3 of 3 tickets were sold"));
        }
        assert_eq!(lines.len(), 4);
    });
}

/// S10, SYN-02, SYN-06: a deadlock that ends by a timeout, and a lock that is taken again.
#[test]
fn deadlock() {
    guarded("deadlock", || {
        let expected = ["threads", "processes"].map(|name| {
            [
                format!("{name}: deadlock, 2 of 2 gave up after 100ms"),
                format!("{name}: took the re-entrant lock 2 times"),
                format!("{name}: took the re-entrant lock 2 times"),
                format!("{name}: releasing what another owns: the lock is not held"),
            ]
        });
        assert_eq!(output_of("deadlock"), expected.concat());
    });
}

/// S11, SYN-08, SYN-10: never more than four at once, and no release too many.
#[test]
fn karaoke() {
    guarded("karaoke", || {
        let lines = output_of("karaoke");
        let rounds = ["threads", "processes"].map(|name| [4, 6, 20].map(|guests| (name, guests)));
        for (line, (name, guests)) in lines.iter().zip(rounds.as_flattened()) {
            let text = format!("{name}: {guests} of {guests} guests have sung, at most ");
            let most = line.strip_prefix(&text).and_then(|rest| rest.strip_suffix(" at once"));
            let most: u32 = most.expect("all have sung").parse().unwrap();
            assert!((1..=4).contains(&most), "{line}");
        }
        let refused = "one key too many: the semaphore was released more often than acquired";
        assert_eq!(lines[6..], [refused]);
    });
}

/// S12, SYN-11: cars pass on green only.
#[test]
fn traffic_light() {
    guarded("traffic_light", || {
        let expected = ["threads", "processes"].map(|name| {
            [
                format!("{name}: red, 0 of 8 cars have passed"),
                format!("{name}: green, 8 of 8 have passed, 8 had waited"),
                format!("{name}: red again, set: false, green in time: false"),
                format!("{name}: green, set: true, the last car has passed"),
            ]
        });
        assert_eq!(output_of("traffic_light"), expected.concat());
    });
}

/// S13, QUE-01, QUE-02, QUE-06, QUE-07: full, empty, timed out and closed; ten producers and ten consumers.
#[test]
fn process_queue() {
    guarded("process_queue", || {
        let expected = [
            "capacity Some(3), 0 items, empty: true",
            "try_get: cannot get: the queue is empty",
            "get_timeout: cannot get: the queue was empty until the timeout; it has waited: true",
            "another process has put 3 items, full: true",
            "try_put: cannot put: the queue is full; \"fourth\" is back",
            "put_timeout: cannot put: the queue was full until the timeout",
            "get: first",
            "after close, put: cannot put: the queue was shut down",
            "what was there is still there: second, third",
            "and then: cannot get: the queue was shut down and nothing is left in it",
            "10 producers, 10 consumers, 1000 items: each once: true",
            "never more than 3 in it: true",
        ];
        assert_eq!(output_of("process_queue"), expected);
    });
}

/// S14, QUE-04: an end-of-stream value for each consumer; daemon consumers that mark what they have done.
#[test]
fn producers_consumers() {
    guarded("producers_consumers", || {
        let expected = [
            "150 squares, their sum is 1113775",
            "nothing is left in the queue: true",
            "150 items are done when join returns, 0 are not",
            "the sum of their squares is 1113775",
            "once more: task_done was called more often than items were put",
        ];
        assert_eq!(output_of("producers_consumers"), expected);
    });
}

/// SHM-02: parts of an array filled by processes, and a named block.
#[test]
fn shared_array() {
    guarded("shared_array", || {
        let expected = [
            "100000 numbers are done; the longest way takes 350 steps",
            "it is that of 77031",
            "the first ten: [0, 1, 7, 2, 5, 8, 16, 3, 19, 6]",
            "hello from another process",
            "when nobody has it any more: true",
        ];
        assert_eq!(output_of("shared_array"), expected);
    });
}

/// S16: what is counted under a lock or atomically is right; what was not guarded need not be.
#[test]
fn manager() {
    guarded("manager", || {
        let lines = output_of("manager");
        let unguarded = lines[0].strip_prefix("unguarded: ").expect("the first line");
        let left: i64 = unguarded.split(' ').next().unwrap().parse().unwrap();
        assert!((0..500).contains(&left), "{unguarded}");
        let expected = [
            "with a lock: 0 left",
            "with an atomic update: 0 left",
            "30 visits by 30 processes",
            "afterwards: the manager has ended; keep the `Manager` for as long as its objects are used",
        ];
        assert_eq!(lines[1..], expected);
    });
}

/// S15, PIPE-01: a talk over a duplex pipe, its end, and consumers who share an end.
#[test]
fn pipes() {
    guarded("pipes", || {
        let expected = [
            "parent: LengthOf(\"four\") is 4",
            "parent: SumOf([1, 2, 3]) is 6",
            "parent: the sum of a million ones is 1000000",
            "child: nobody is left to ask",
            "20 orders, from order 1 to order 20",
            "together 2100",
        ];
        assert_eq!(output_of("pipes"), expected);
    });
}

/// S18: everybody is answered, whoever answers, and four at a time by pools of four.
#[test]
fn echo_server() {
    guarded("echo_server", || {
        let lines = output_with("echo_server", &["100"]);
        let servers = [
            "a thread for each",
            "a process for each",
            "a thread pool of 4",
            "a process pool of 4",
            "coroutines on one thread",
        ];
        assert_eq!(lines.len(), servers.len());
        for (line, server) in lines.iter().zip(servers) {
            let text = format!("{server}: 100 of 100 clients were answered, at most ");
            let most = line.strip_prefix(&text).and_then(|rest| rest.strip_suffix(" at a time"));
            let most: u32 = most.unwrap_or_else(|| panic!("{line}")).parse().unwrap();
            let limit = if server.contains("pool") { 4 } else { 100 };
            assert!((1..=limit).contains(&most), "{line}");
        }
    });
}

/// S19: all begin before one ends, and the shortest ends first; a timeout leaves the futures usable.
#[test]
fn coroutines() {
    guarded("coroutines", || {
        let lines = output_of("coroutines");
        let order = "coroutines: 2 begins, 3 begins, 5 begins, 2 ends, 3 ends, 5 ends";
        assert_eq!(lines[0], order);
        assert!(lines[1].ends_with(", where one after another takes 1s"), "{}", lines[1]);
        let rest = [
            "join_all with a timeout: 3 (of 3) futures unfinished",
            "and without: [2, 3, 5]",
            "threads awaited: 10",
            "processes awaited: 10",
        ];
        assert_eq!(lines[2..6], rest);
    });
}

/// S20: as many tasks at the same time as there are threads in all processes, and thousands of coroutines.
#[test]
fn layers() {
    guarded("layers", || {
        let lines = output_of("layers");
        let expected = [
            "6 tasks at the same time, in 2 processes",
            "6000 coroutines have slept for 50ms each",
        ];
        assert_eq!(lines[..2], expected);
        assert!(lines[2].ends_with(", where one after another takes 300s"), "{}", lines[2]);
    });
}

/// S21: a table of both, and a pool against a process for each task.
#[test]
fn cpu_and_io() {
    guarded("cpu_and_io", || {
        let lines = output_of("cpu_and_io");
        let processors = thread::available_parallelism().unwrap();
        let rows = [
            "| | threads | processes |".to_owned(),
            "|---|---|---|".to_owned(),
            format!("| 12 tasks that compute, {processors} at a time | "),
            "| 4000 tasks that wait 10 ms, 400 at a time | ".to_owned(),
            String::new(),
            "100 tasks that do nothing, by a pool from its start to its end: ".to_owned(),
            "by a process for each: ".to_owned(),
        ];
        assert_eq!(lines.len(), rows.len());
        for (line, row) in lines.iter().zip(rows) {
            assert!(line.starts_with(&row), "{line}");
        }
    });
}

/// S22: each page is fetched once and read here, by threads and by processes.
#[test]
fn crawler() {
    guarded("crawler", || {
        let expected = ["threads", "processes"].map(|name| {
            [
                format!("{name}: 20 pages, 21 links to nowhere, 20 numbers"),
                format!("{name}: from Some(\"0000-5550\") to Some(\"0019-5550\")"),
            ]
        });
        assert_eq!(output_of("crawler"), expected.concat());
    });
}

/// S23: told how it went, live and idle workers, an end after all work and one at once.
#[test]
fn watched_pool() {
    guarded("watched_pool", || {
        let lines = output_of("watched_pool");
        let (threads, processes) = lines.split_at(lines.len() / 2);
        for (name, lines) in [("threads", threads), ("processes", processes)] {
            let expected = [
                format!("{name}: 4 workers, 4 idle"),
                "  told (true, 2)".to_owned(),
                lines[2].clone(),
                format!("{name}: 4 workers, 1 idle, 3 held"),
                format!("{name}: closed, 3 of 3 are over, 0 workers"),
                format!("{name}: ended at once, before it had done all of 1000: true"),
            ];
            assert_eq!(lines, expected);
            let told = lines[2].strip_prefix("  told (false, the task panicked");
            assert!(told.is_some_and(|told| told.ends_with(": among somebody)")), "{}", lines[2]);
        }
    });
}
