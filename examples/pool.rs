//! S06: `Pool`, in the style of `multiprocessing.Pool`: calls that wait and calls that do not, callbacks,
//! lists, and the ways to end it. On processes, or with the argument `threads`, on threads.
//!
//! ```text
//! cargo run --example pool
//! cargo run --example pool threads
//! ```

use concurrent_futures::{
    Callbacks, Executor, Pool, PoolError, ProcessPoolExecutor, TaskError, ThreadPoolExecutor,
};
use std::error::Error;
use std::thread::sleep;
use std::time::Duration;

fn area(width: u32, height: u32) -> u32 {
    width * height
}

fn half(n: u32) -> u32 {
    n / 2
}

fn slowly(n: u32) -> u32 {
    sleep(Duration::from_millis(100));
    n
}

/// What processes are for.
fn crash(_: ()) -> u32 {
    std::process::abort()
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    if std::env::args().nth(1).as_deref() == Some("threads") {
        return run(|| Ok(ThreadPoolExecutor::builder().max_workers(4).build()?));
    }
    let greet = |name: String| println!("a worker was prepared by {name}");
    let prepared =
        ProcessPoolExecutor::builder().max_workers(1).initializer(greet, "us".to_owned());
    let pool = Pool::new(prepared.build()?)?;
    match pool.apply(crash, ()) {
        Err(PoolError::Failed(TaskError::WorkerDied(_))) => println!("a crash costs one call"),
        other => println!("{other:?}"),
    }
    drop(pool);
    run(|| Ok(ProcessPoolExecutor::builder().max_workers(4).build()?))
}

/// The program, on any executor.
fn run<E: Executor>(
    executor: impl Fn() -> Result<E, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let pool = Pool::new(executor()?)?; // all of its workers are there now

    println!("apply: {}", pool.apply(half, 84)?);

    let result = pool.apply_async(slowly, 7)?;
    println!("apply_async: ready at once? {}", result.ready());
    let late = result.get_timeout(Duration::from_millis(1));
    let result = late.map(drop).expect_err("it takes longer").into_inner();
    result.wait();
    println!("apply_async: {:?}, {}", result.successful(), result.get()?);

    let tell = |half: &u32| println!("callback: half of 10 is {half}");
    // When it is ready the callback has run.
    pool.apply_async_with(half, 10, Callbacks::new().callback(tell))?.wait();

    println!("map: {:?}", pool.map(half, [2, 4, 6])?);
    let halves = pool.map_async(half, [20, 40, 60])?;
    println!("map_async: {:?}", halves.get_timeout(Duration::from_secs(60))??);
    println!("starmap: {:?}", pool.starmap(area, [(1, 2), (3, 4), (5, 6)])?);

    let endless = pool.imap(half, (0..).step_by(2))?;
    println!("imap: {:?}", endless.take(5).collect::<Result<Vec<_>, _>>()?);
    let mut unordered = pool.imap_unordered(half, [2, 4, 6])?.collect::<Result<Vec<_>, _>>()?;
    unordered.sort_unstable();
    println!("imap_unordered, sorted: {unordered:?}");

    println!("join: {}", pool.join().unwrap_err());
    let last = pool.apply_async(slowly, 3)?;
    pool.close();
    println!("after close: {}", pool.apply(half, 2).unwrap_err());
    pool.join()?;
    println!("the last result is there: {}", last.ready());

    let pool = Pool::new(executor()?)?;
    for n in 1..1000 {
        let _nobody_waits = pool.apply_async(slowly, n)?;
    }
    let tell = |error: &TaskError| println!("error_callback: {error}");
    let last = pool.apply_async_with(slowly, 1000, Callbacks::new().error_callback(tell))?;
    pool.terminate();
    pool.join()?;
    println!("terminate: {:?}", last.get());
    Ok(())
}
