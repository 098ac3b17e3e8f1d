//! S21: work for the processor and work that waits, on threads and on processes; and what a pool saves where
//! each task could have a process of its own.
//!
//! ```text
//! cargo run --release --example cpu_and_io             # 4,000 tasks that wait 10 ms each
//! cargo run --release --example cpu_and_io -- 2000     # 2 s each
//! ```

use concurrent_futures::process::Process;
use concurrent_futures::{Executor, ProcessPoolExecutor, ThreadPoolExecutor};
use std::error::Error;
use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

/// About 20 ms.
fn compute(seed: u64) -> u64 {
    let step = |x: u64, _| (x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    black_box((0..10_000_000).fold(seed, step))
}

fn wait(time: Duration) {
    thread::sleep(time);
}

fn nothing(_: ()) {}

/// What it takes to run these to the end.
fn time<E, A, R>(pool: &E, f: fn(A) -> R, items: Vec<A>) -> Result<Duration, Box<dyn Error>>
where
    E: Executor,
    A: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
    R: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
{
    let start = Instant::now();
    let futures: Result<Vec<_>, _> = items.into_iter().map(|item| pool.submit(f, item)).collect();
    for future in futures? {
        future.result()?;
    }
    Ok(start.elapsed())
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    let milliseconds = std::env::args().nth(1).map_or(Ok(10), |time| time.parse())?;
    let waiting = vec![Duration::from_millis(milliseconds); 4000];
    let processors = thread::available_parallelism()?.get();

    println!("| | threads | processes |");
    println!("|---|---|---|");
    let threads = ThreadPoolExecutor::builder().max_workers(processors).build()?;
    let processes = ProcessPoolExecutor::builder().max_workers(processors).build()?;
    let busy = (0..12).collect::<Vec<_>>();
    let (here, there) = (time(&threads, compute, busy.clone())?, time(&processes, compute, busy)?);
    println!("| 12 tasks that compute, {processors} at a time | {here:.1?} | {there:.1?} |");

    let threads = ThreadPoolExecutor::builder().max_workers(400).build()?;
    let processes =
        ProcessPoolExecutor::builder().max_workers(4).threads_per_worker(100).build()?;
    let (here, there) = (time(&threads, wait, waiting.clone())?, time(&processes, wait, waiting)?);
    println!(
        "| 4000 tasks that wait {milliseconds} ms, 400 at a time | {here:.1?} | {there:.1?} |"
    );

    let start = Instant::now();
    let pool = ProcessPoolExecutor::builder().max_workers(processors).build()?;
    time(&pool, nothing, vec![(); 100])?;
    drop(pool);
    let pooled = start.elapsed();
    let start = Instant::now();
    for _ in 0..100 {
        let process = Process::new(nothing, ());
        process.start()?;
        process.join()?;
    }
    let each = start.elapsed();
    println!();
    println!("100 tasks that do nothing, by a pool from its start to its end: {pooled:.1?}");
    println!(
        "by a process for each: {each:.1?}, {:.0} times as long",
        each.div_duration_f64(pooled)
    );
    Ok(())
}
