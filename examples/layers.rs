//! S20: processes, threads in each of them, and coroutines in each of those.
//!
//! ```text
//! cargo run --release --example layers
//! ```

use concurrent_futures::process::Barrier;
use concurrent_futures::{Executor, ProcessPoolExecutor, as_completed, join_all};
use std::collections::HashSet;
use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

const PROCESSES: usize = 2;
const THREADS: usize = 3;
const COROUTINES: u32 = 1000;
const SLEEP: Duration = Duration::from_millis(50);

/// Goes on when as many others are here at the same time. Where it ran.
#[expect(clippy::needless_pass_by_value, reason = "tasks own their arguments")]
fn meet(everybody: Barrier) -> (u32, String) {
    everybody.wait().expect("nobody is missing");
    (std::process::id(), format!("{:?}", thread::current().id()))
}

/// A task that is an `async` function: a runtime of its own runs it on this thread of the worker.
fn many_sleepers(count: u32) -> u32 {
    async fn sleepers(count: u32) -> u32 {
        let sleep = || tokio::spawn(tokio::time::sleep(SLEEP));
        let sleepers: Vec<_> = (0..count).map(|_| sleep()).collect();
        let mut slept = 0;
        for sleeper in sleepers {
            slept += u32::from(sleeper.await.is_ok());
        }
        slept
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("timers need nothing").block_on(sleepers(count))
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    let pool = ProcessPoolExecutor::builder()
        .max_workers(PROCESSES)
        .threads_per_worker(THREADS)
        .build()?;
    let all = PROCESSES * THREADS;

    let everybody = Barrier::new(all)?;
    let places: Result<Vec<_>, _> =
        (0..all).map(|_| pool.submit(meet, everybody.clone())).collect();
    let places: Result<Vec<_>, _> = join_all(places?).into_iter().collect();
    let places: HashSet<_> = places?.into_iter().collect();
    let processes: HashSet<_> = places.iter().map(|(process, _)| process).collect();
    println!("{} tasks at the same time, in {} processes", places.len(), processes.len());

    let start = Instant::now();
    let sleepers: Result<Vec<_>, _> =
        (0..all).map(|_| pool.submit(many_sleepers, COROUTINES)).collect();
    let mut slept = 0;
    for sleepers in as_completed(sleepers?) {
        slept += sleepers.result()?;
    }
    println!("{slept} coroutines have slept for {SLEEP:?} each");
    println!("in {:.1?}, where one after another takes {:?}", start.elapsed(), SLEEP * slept);
    Ok(())
}
