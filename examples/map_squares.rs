//! S04: `map` instead of a loop around `submit`; and a `map` whose results nobody reads.
//!
//! ```text
//! cargo run --example map_squares
//! ```

use concurrent_futures::{Executor, Shutdown, ThreadPoolExecutor};
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

/// The square. The first ones take longest, so they are not the first to end.
fn square(n: u64) -> u64 {
    thread::sleep(Duration::from_millis(2 * (11 - n)));
    n * n
}

/// Leaves a file, which is how work shows that returns nothing.
fn leave_a_file((directory, n): (PathBuf, u64)) {
    fs::write(directory.join(n.to_string()), "done\n").expect("the file can be written");
}

fn main() -> Result<(), Box<dyn Error>> {
    run("threads", &ThreadPoolExecutor::builder().max_workers(4).build()?)
}

/// The program, on any executor.
fn run<E: Executor>(name: &str, pool: &E) -> Result<(), Box<dyn Error>> {
    let squares: Result<Vec<_>, _> = pool.map(square, 1..=11)?.collect();
    println!("{name}: {:?}", squares?);

    let directory = tempfile::tempdir()?;
    let path = directory.path().to_owned();
    drop(pool.map(leave_a_file, (1..=11).map(move |n| (path.clone(), n)))?); // dropping cancels nothing
    pool.shutdown(Shutdown::wait());
    println!("{} of 11 unread items were worked on", fs::read_dir(directory.path())?.count());
    Ok(())
}
