//! Two take two locks in opposite order, and get no further. With one lock that may be taken again they do.
//!
//! ```text
//! cargo run --release --example deadlock
//! ```
//!
//! The same program on threads and on processes.

use concurrent_futures::process::{Barrier, Lock, RLock};
use concurrent_futures::{
    Executor, PortableError, ProcessPoolExecutor, ThreadPoolExecutor, join_all,
};
use std::error::Error;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_millis(100);

/// Takes one lock, waits until the other one has been taken as well, and tries to take that. Whether it
/// had to give up.
fn take_both((first, second, meeting): (Lock, Lock, Barrier)) -> Result<bool, PortableError> {
    let _first = first.lock()?;
    meeting.wait()?;
    let gave_up = second.lock_timeout(PATIENCE)?.is_none();
    meeting.wait()?; // nobody lets go before
    Ok(gave_up)
}

/// Takes a lock, and calls a function that does. How often it had it.
#[expect(clippy::needless_pass_by_value, reason = "tasks own their arguments")]
fn take_twice(lock: RLock) -> Result<u64, PortableError> {
    let _outer = lock.lock()?;
    take_again(&lock)
}

fn take_again(lock: &RLock) -> Result<u64, PortableError> {
    let _inner = lock.lock()?;
    Ok(lock.depth())
}

/// Tries to release what somebody else has.
#[expect(clippy::needless_pass_by_value, reason = "tasks own their arguments")]
fn release(lock: RLock) -> Result<(), PortableError> {
    Ok(lock.release()?)
}

fn run<E: Executor>(name: &str, pool: &E) -> Result<(), Box<dyn Error>> {
    let (one, two, meeting) = (Lock::new()?, Lock::new()?, Barrier::new(2)?);
    let futures = [
        pool.submit(take_both, (one.clone(), two.clone(), meeting.clone()))?,
        pool.submit(take_both, (two, one, meeting))?,
    ];
    let mut gave_up = 0;
    for outcome in join_all(futures) {
        gave_up += u32::from(outcome??);
    }
    println!("{name}: deadlock, {gave_up} of 2 gave up after {PATIENCE:?}");

    let lock = RLock::new()?;
    let futures = [pool.submit(take_twice, lock.clone())?, pool.submit(take_twice, lock.clone())?];
    for outcome in join_all(futures) {
        println!("{name}: took the re-entrant lock {} times", outcome??);
    }

    let _guard = lock.lock()?;
    if let Err(error) = pool.submit(release, lock.clone())?.result()? {
        println!("{name}: releasing what another owns: {error}");
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    run("threads", &ThreadPoolExecutor::builder().max_workers(2).build()?)?;
    run("processes", &ProcessPoolExecutor::builder().max_workers(2).build()?)
}
