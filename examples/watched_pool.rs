//! S23: what people write pools of their own for: a callback that is told how it went, how many workers there
//! are and how many of them are idle, an end after all work, and an end at once.
//!
//! ```text
//! cargo run --release --example watched_pool
//! ```

use concurrent_futures::process::Event;
use concurrent_futures::{
    Callbacks, Executor, Pool, ProcessPoolExecutor, TaskError, ThreadPoolExecutor,
};
use std::error::Error;
use std::thread;
use std::time::Duration;

/// Ten divided by a number; a panic if that is zero.
fn share(among: u32) -> u32 {
    10_u32.checked_div(among).expect("among somebody")
}

#[expect(clippy::needless_pass_by_value, reason = "tasks own their arguments")]
fn hold(gate: Event) {
    gate.wait();
}

fn slowly(_: ()) {
    thread::sleep(Duration::from_millis(20));
}

/// Live and idle workers.
type Counts<E> = fn(&E) -> (usize, usize);

/// Waits until so many workers are idle.
fn idle<E: Executor>(pool: &Pool<E>, counts: Counts<E>, wanted: usize) -> (usize, usize) {
    loop {
        let (live, idle) = counts(pool.executor());
        if idle == wanted {
            return (live, idle);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn run<E: Executor>(
    name: &str,
    pool: impl Fn() -> Result<Pool<E>, Box<dyn Error>>,
    counts: Counts<E>,
) -> Result<(), Box<dyn Error>> {
    let watched = pool()?;
    let (live, idle_ones) = idle(&watched, counts, 4);
    println!("{name}: {live} workers, {idle_ones} idle");

    // Told (status, result), whatever the end.
    for among in [5, 0] {
        let told = Callbacks::new()
            .callback(|result: &u32| println!("  told (true, {result})"))
            .error_callback(|error: &TaskError| {
                println!(
                    "  told (false, {})",
                    error.to_string().lines().next().unwrap_or_default()
                );
            });
        watched.apply_async_with(share, among, told)?.wait();
    }

    let gate = Event::new()?;
    let held: Result<Vec<_>, _> = (0..3).map(|_| watched.apply_async(hold, gate.clone())).collect();
    let (live, idle_ones) = idle(&watched, counts, 1);
    println!("{name}: {live} workers, {idle_ones} idle, 3 held");
    gate.set();

    watched.close();
    watched.join()?;
    let over = held?.iter().filter(|result| result.ready()).count();
    println!("{name}: closed, {over} of 3 are over, {} workers", counts(watched.executor()).0);

    let ended = pool()?;
    let results: Result<Vec<_>, _> = (0..1000).map(|_| ended.apply_async(slowly, ())).collect();
    ended.terminate();
    ended.join()?;
    let done = results?.into_iter().filter_map(|result| result.get().ok()).count();
    println!("{name}: ended at once, before it had done all of 1000: {}", done < 1000);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    std::panic::set_hook(Box::new(|_| {})); // the callback tells of it
    let threads = || Ok(Pool::new(ThreadPoolExecutor::builder().max_workers(4).build()?)?);
    run("threads", threads, |pool| (pool.stats().live, pool.stats().idle))?;
    let processes = || {
        let silent = |()| std::panic::set_hook(Box::new(|_| {}));
        let pool = ProcessPoolExecutor::builder().max_workers(4).initializer(silent, ()).build()?;
        Ok(Pool::new(pool)?)
    };
    run("processes", processes, |pool| (pool.stats().live, pool.stats().idle))
}
