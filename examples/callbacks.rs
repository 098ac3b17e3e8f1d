//! S03: `add_done_callback`: each runs once, in this process, with the finished result, whether the
//! task ended before it was added or after.
//!
//! ```text
//! cargo run --example callbacks
//! ```

use concurrent_futures::{Executor, Shutdown, TaskError, ThreadPoolExecutor};
use std::error::Error;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

fn square(n: u64) -> u64 {
    thread::sleep(Duration::from_millis(5));
    n * n
}

fn main() -> Result<(), Box<dyn Error>> {
    run("threads", &ThreadPoolExecutor::builder().max_workers(4).build()?)
}

/// What a callback reports: for which task, in which process, with which result.
type Report = (u64, u32, Result<u64, TaskError>);

/// The program, on any executor.
fn run<E: Executor>(name: &str, pool: &E) -> Result<(), Box<dyn Error>> {
    let (sender, receiver) = channel::<Report>();
    for n in 1..=12 {
        let future = pool.submit(square, n)?;
        if n % 2 == 0 {
            future.wait(); // the callback comes too late, and runs at once
        }
        let sender = sender.clone();
        future.add_done_callback(move |outcome| {
            let report = (n, std::process::id(), outcome.clone());
            sender.send(report).expect("`main` is listening");
        });
    }
    drop(sender);
    pool.shutdown(Shutdown::wait());

    let mut reports: Vec<_> = receiver.iter().collect(); // until the last callback is gone
    reports.sort_unstable_by_key(|(n, ..)| *n);
    let count = reports.len();
    for (n, process, outcome) in reports {
        let place = if process == std::process::id() { "here" } else { "elsewhere" };
        println!("{name}: {n} squared is {}, called back {place}", outcome?);
    }
    println!("{count} callbacks for 12 tasks");
    Ok(())
}
