//! S19: coroutines beside futures of a pool: three that sleep, on one thread; and an `async` block that
//! awaits what threads and processes do.
//!
//! ```text
//! cargo run --release --example coroutines            # for 0.2, 0.3 and 0.5 s
//! cargo run --release --example coroutines -- 1000    # for 2, 3 and 5 s
//! ```

use concurrent_futures::{
    Executor, ProcessPoolExecutor, ThreadPoolExecutor, join_all, join_all_timeout,
};
use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

/// Of how many units they sleep.
const SLEEPS: [u32; 3] = [2, 3, 5];

/// Spawned together and joined together. What happened, in order.
fn on_one_thread(unit: Duration) -> Result<Vec<String>, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let (tell, told) = std::sync::mpsc::channel();
    runtime.block_on(async {
        let coroutines = SLEEPS.map(|units| {
            let tell = tell.clone();
            tokio::spawn(async move {
                tell.send(format!("{units} begins")).expect("somebody listens");
                tokio::time::sleep(unit * units).await;
                tell.send(format!("{units} ends")).expect("somebody listens");
            })
        });
        for coroutine in coroutines {
            coroutine.await?;
        }
        Ok::<_, tokio::task::JoinError>(())
    })?;
    drop(tell);
    Ok(told.iter().collect())
}

/// Sleeps in a worker, and says for how long.
fn sleep((unit, units): (Duration, u32)) -> u32 {
    thread::sleep(unit * units);
    units
}

/// Three tasks of a pool, awaited in one `async` block.
async fn awaited<E: Executor>(pool: &E, unit: Duration) -> Result<u32, Box<dyn Error>> {
    let [two, three, five] = SLEEPS.map(|units| pool.submit(sleep, (unit, units)));
    Ok(two?.await? + three?.await? + five?.await?)
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    let unit = std::env::args().nth(1).map_or(Ok(100), |unit| unit.parse())?;
    let unit = Duration::from_millis(unit);

    let start = Instant::now();
    println!("coroutines: {}", on_one_thread(unit)?.join(", "));
    let took = start.elapsed();
    println!("in {took:.1?}, where one after another takes {:?}", unit * SLEEPS.iter().sum());

    let pool = ThreadPoolExecutor::builder().max_workers(3).build()?;
    let futures = SLEEPS.map(|units| pool.spawn(move || sleep((unit, units))).unwrap());
    let unfinished = join_all_timeout(futures, unit / 10).expect_err("they take longer");
    println!("join_all with a timeout: {unfinished}");
    let slept: Result<Vec<_>, _> = join_all(unfinished.into_futures()).into_iter().collect();
    println!("and without: {:?}", slept?);

    let start = Instant::now();
    println!("threads awaited: {}", pollster::block_on(awaited(&pool, unit))?);
    let pool = ProcessPoolExecutor::builder().max_workers(3).build()?;
    println!("processes awaited: {}", pollster::block_on(awaited(&pool, unit))?);
    println!("in {:.1?}", start.elapsed());
    Ok(())
}
