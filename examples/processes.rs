//! A first program with processes: `submit`, `map`, a task that crashes, and tasks that never end.
//!
//! ```text
//! cargo run --example processes
//! ```

use concurrent_futures::{Executor, Future, ProcessPoolExecutor, TaskError, TaskOptions};
use std::error::Error;
use std::thread;
use std::time::Duration;

/// How many primes there are below `limit`.
fn primes_below(limit: u32) -> usize {
    let is_prime = |n: &u32| (2..).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d));
    (2..limit).filter(is_prime).count()
}

/// What no thread pool survives.
fn crash(_: ()) {
    std::process::abort();
}

/// What nobody can wait for.
fn never_end(_: ()) {
    loop {
        thread::sleep(Duration::from_secs(1));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    let pool = ProcessPoolExecutor::builder().max_workers(2).build()?;

    let future = pool.submit(primes_below, 10_000)?;
    println!("{} primes below 10,000", future.result()?);

    let counts: Result<Vec<_>, TaskError> = pool.map(primes_below, [10, 100, 1000])?.collect();
    println!("{:?} below 10, 100 and 1,000", counts?);

    // A crash is the end of one task, not of the program, and not of the other tasks.
    let doomed = pool.submit(crash, ())?;
    let others: Result<Vec<_>, _> = (1..=10).map(|n| pool.submit(primes_below, n)).collect();
    match doomed.result() {
        Err(TaskError::WorkerDied(death)) => println!("a task crashed: its process {}", death.exit),
        other => println!("unexpected: {other:?}"),
    }
    let found: Result<Vec<_>, _> = others?.into_iter().map(Future::result).collect();
    println!("the others: {:?}", found?);

    // A task can be given a time, from when it is started, ...
    let in_time = TaskOptions::new().with_deadline(Duration::from_millis(100));
    let late = pool.submit_with(never_end, (), in_time)?;
    println!("a task with a deadline: {}", error_of(late.result()));

    // ... or be stopped by hand.
    let endless = pool.submit(never_end, ())?;
    while !endless.running() {
        thread::sleep(Duration::from_millis(1));
    }
    endless.kill();
    println!("a task that was stopped: {}", error_of(endless.result()));

    println!("and still {} primes below 100", pool.submit(primes_below, 100)?.result()?);
    Ok(())
} // dropping the pool waits for its work, and ends its processes

fn error_of(outcome: Result<(), TaskError>) -> String {
    outcome.map_or_else(|error| error.to_string(), |()| "it has ended".to_owned())
}
