//! Pools that have nothing to do do nothing.

use crate::alone;
use crate::holdings::children;
use crate::support::child::is_program;
use crate::support::tasks::{hold, square};
use crate::support::{Scratch, eventually};
use concurrent_futures::{Executor, ProcessPoolExecutor, TaskOptions, join_all};
use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::Duration;

alone! {
    an_idle_pool_uses_no_processor_time runs idle
}

/// How often each thread of this process and its children has given up the processor.
fn switches() -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for pid in [vec![std::process::id()], children()].concat() {
        for entry in fs::read_dir(format!("/proc/{pid}/task")).expect("a living process") {
            let path = entry.expect("a living process").path();
            let name = fs::read_to_string(path.join("comm")).expect("a living thread");
            let status = fs::read_to_string(path.join("status")).expect("a living thread");
            let lines = status.lines().filter(|line| line.contains("_ctxt_switches"));
            let numbers =
                lines.filter_map(|line| line.split_ascii_whitespace().last()?.parse::<u64>().ok());
            all.insert(format!("{} {}", path.display(), name.trim()), numbers.sum());
        }
    }
    all
}

#[test]
fn idle() {
    if !is_program() {
        return;
    }
    let scratch = Scratch::new();
    let pool = ProcessPoolExecutor::builder().max_workers(8).build().unwrap();
    let keeper = scratch.gate();
    let held: Vec<_> = (0..8).map(|n| pool.submit(hold, (keeper.gate(), n)).unwrap()).collect();
    eventually("all workers to start", || pool.stats().live == 8 && pool.stats().idle == 0);
    keeper.open();
    assert!(join_all(held).iter().all(Result::is_ok));
    // All that has made the supervisor busy.
    assert!(pool.map(square, 0..10_000).unwrap().all(|outcome| outcome.is_ok()));
    let deadline = TaskOptions::new().with_deadline(Duration::from_secs(3600));
    assert_eq!(pool.submit_with(square, 3, deadline).unwrap().result(), Ok(9));
    thread::sleep(Duration::from_secs(1));
    let before = switches();
    assert!(before.len() >= 8 + 16, "{before:?}");
    thread::sleep(Duration::from_secs(2));
    let after = switches();
    let own = format!("/proc/{0}/task/", std::process::id());
    let moved: Vec<_> = after
        .iter()
        .filter(|(thread, count)| before.get(*thread) != Some(count))
        // But for this thread, and the one that waits for the test with a time limit.
        .filter(|(thread, _)| {
            !thread.starts_with(&own)
                || thread.contains("reader")
                || thread.contains("keeper")
                || thread.contains("supervisor")
        })
        .collect();
    assert!(moved.is_empty(), "{moved:?} moved");
    drop(pool);
}
