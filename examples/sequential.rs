//! S02: `result()` straight after each `submit`: one task after another, whatever the pool.
//!
//! ```text
//! cargo run --example sequential
//! ```

use concurrent_futures::{Executor, ThreadPoolExecutor};
use std::error::Error;
use std::thread;
use std::time::{Duration, SystemTime};

/// The square, and from when to when it was worked out.
fn square(n: u64) -> (u64, SystemTime, SystemTime) {
    let start = SystemTime::now();
    thread::sleep(Duration::from_millis(5));
    (n * n, start, SystemTime::now())
}

fn main() -> Result<(), Box<dyn Error>> {
    run("threads", &ThreadPoolExecutor::builder().max_workers(4).build()?)
}

/// The program, on any executor.
fn run<E: Executor>(name: &str, pool: &E) -> Result<(), Box<dyn Error>> {
    let mut overlaps = 0;
    let mut last_end = SystemTime::UNIX_EPOCH;
    for n in 1..=10 {
        let (square, start, end) = pool.submit(square, n)?.result()?;
        println!("{name}: {n} squared is {square}");
        overlaps += u32::from(start < last_end);
        last_end = end;
    }
    println!("{overlaps} of 10 tasks began before the one before had ended");
    Ok(())
}
