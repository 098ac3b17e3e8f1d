//! Pools in workers, and tasks that make tasks.

use crate::alone;
use crate::holdings::{Holdings, children};
use crate::support::child::is_program;
use crate::support::{Journal, Scratch, eventually};
use concurrent_futures::process::BuildError;
use concurrent_futures::{Executor, ProcessPoolExecutor};

alone! {
    a_tree_of_pools runs plant_a_tree
    workers_with_pools_are_killed runs fell_a_tree
    pools_as_deep_as_is_allowed runs go_deep
}

fn pool(workers: usize) -> ProcessPoolExecutor {
    ProcessPoolExecutor::builder().max_workers(workers).build().expect("valid settings")
}

/// The sum of `1..=n`, halved over and over, each half in a process of a pool of its own.
fn sum((from, to, depth): (u64, u64, u32)) -> u64 {
    if depth == 0 || to - from < 2 {
        return (from..to).sum();
    }
    let pool = pool(2);
    let middle = from.midpoint(to);
    let halves = [(from, middle, depth - 1), (middle, to, depth - 1)];
    pool.map(sum, halves).unwrap().map(Result::unwrap).sum()
}

#[test]
fn plant_a_tree() {
    if !is_program() {
        return;
    }
    assert_eq!(sum((0, 10, 1)), 45);
    let before = Holdings::settled();
    assert_eq!(sum((0, 1000, 4)), 499_500);
    before.come_back(usize::MAX, 0);
}

/// A worker that has a worker of its own, with a task that never ends.
fn live_on(journal: Journal) -> u64 {
    let pool = pool(1);
    pool.submit(stay, journal).unwrap().result().unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "tasks own their arguments")]
fn stay(journal: Journal) -> u64 {
    journal.append("here");
    loop {
        std::thread::park();
    }
}

/// How many other processes are in this one's group: all that were started from here, and theirs.
fn relatives() -> usize {
    let group = |pid: &str| -> Option<u32> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?; // gone meanwhile
        stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(2)?.parse().ok()
    };
    // Not by what `/proc` says of this process, which emulators make up.
    let this = std::process::id();
    let own = rustix::process::getpgrp().as_raw_nonzero().get().cast_unsigned();
    let entries = std::fs::read_dir("/proc").expect("Linux");
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_other = |name: &String| name.parse::<u32>().is_ok_and(|pid| pid != this);
    names.filter(|name| is_other(name) && group(name) == Some(own)).count()
}

#[test]
fn fell_a_tree() {
    if !is_program() {
        return;
    }
    rustix::process::setpgid(None, None).expect("a group of our own");
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = pool(2);
    let futures = [(); 2].map(|()| pool.submit(live_on, journal.clone()).unwrap());
    // Whoever is killed while it starts a worker cannot remove the socket that it has made for that.
    journal.wait_for(2);
    assert_eq!(relatives(), 4);
    pool.kill_workers();
    futures.into_iter().for_each(|future| drop(future.result()));
    drop(pool);
    assert_eq!(children(), []);
    eventually("the workers' workers to go", || relatives() == 0);
}

/// How many pools deep this process can still go.
fn depth_left(_: ()) -> u32 {
    match ProcessPoolExecutor::builder().max_workers(1).build() {
        Ok(pool) => 1 + pool.submit(depth_left, ()).unwrap().result().unwrap(),
        Err(BuildError::TooDeep { .. }) => 0,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn go_deep() {
    if !is_program() {
        return;
    }
    let left = depth_left(());
    assert!(left >= 2, "{left}");
}
