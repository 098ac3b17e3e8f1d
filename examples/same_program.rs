//! The same program on threads and on processes: only the line that makes the pool differs.
//!
//! ```text
//! cargo run --release --example same_program -- threads
//! cargo run --release --example same_program -- processes    # or nothing
//! ```

use concurrent_futures::{Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed};
use std::error::Error;
use std::ops::Range;

/// The number whose Collatz sequence takes the most steps to 1, and in which process that was found
/// out. A plain function with an argument and a result that can travel.
fn longest_in(range: Range<u64>) -> ((u32, u64), u32) {
    let steps = |start: u64| {
        let next = |&n: &u64| match n {
            1 => None,
            n if n % 2 == 0 => Some(n / 2),
            n => Some(3 * n + 1),
        };
        std::iter::successors(Some(start), next).count() as u32 - 1
    };
    let longest = range.map(|start| (steps(start), start)).max();
    (longest.unwrap_or_default(), std::process::id())
}

/// The program. It does not know what the pool is made of.
fn run<E: Executor>(pool: &E) -> Result<(), Box<dyn Error>> {
    let parts = (0..10).map(|n| n * 10_000 + 1..(n + 1) * 10_000 + 1);
    let futures: Result<Vec<_>, _> = parts.map(|part| pool.submit(longest_in, part)).collect();

    let mut longest = (0, 0);
    let mut elsewhere = 0;
    for future in as_completed(futures?) {
        let (found, process) = future.result()?;
        longest = longest.max(found);
        elsewhere += u32::from(process != std::process::id());
    }
    let (steps, start) = longest;
    println!("from {start} it takes {steps} steps, more than from any other number to 100,000");
    println!("{elsewhere} of 10 tasks ran in another process");
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    match std::env::args().nth(1).as_deref() {
        Some("threads") => run(&ThreadPoolExecutor::new()?),
        Some("processes") | None => run(&ProcessPoolExecutor::new()?),
        _ => Err("say `threads` or `processes`".into()),
    }
}
