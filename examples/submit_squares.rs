//! S01: submit some tasks, collect the futures, shut down, print the results.
//!
//! ```text
//! cargo run --example submit_squares
//! ```

use concurrent_futures::{Executor, Future, Shutdown, ThreadPoolExecutor};
use std::collections::BTreeSet;
use std::error::Error;
use std::thread;
use std::time::Duration;

const WORKERS: usize = 4;

/// The square, and who has worked it out: a process id and a thread id.
fn square(n: u64) -> (u64, String) {
    thread::sleep(Duration::from_millis(5)); // so that there is something to share out
    (n * n, format!("process {}, {:?}", std::process::id(), thread::current().id()))
}

fn main() -> Result<(), Box<dyn Error>> {
    run("threads", &ThreadPoolExecutor::builder().max_workers(WORKERS).build()?)
}

/// The program, on any executor.
fn run<E: Executor>(name: &str, pool: &E) -> Result<(), Box<dyn Error>> {
    let futures: Result<Vec<_>, _> = (1..=16).map(|n| pool.submit(square, n)).collect();
    pool.shutdown(Shutdown::wait());

    let outcomes: Result<Vec<_>, _> = futures?.into_iter().map(Future::result).collect();
    let (squares, workers): (Vec<u64>, BTreeSet<String>) = outcomes?.into_iter().unzip();
    println!("{name}: {squares:?}");
    println!("{} tasks on {} of {WORKERS} workers:", squares.len(), workers.len());
    for worker in workers {
        println!("  {worker}");
    }
    Ok(())
}
