//! A traffic light, and cars that wait for it.
//!
//! ```text
//! cargo run --release --example traffic_light
//! ```
//!
//! The same program on threads and on processes: one task is the light, the others are cars. What they
//! share is an event, which is set while the light is green, and numbers.

use concurrent_futures::process::{Event, RawValue};
use concurrent_futures::{Executor, ProcessPoolExecutor, ThreadPoolExecutor, join_all};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::thread;
use std::time::Duration;

const CARS: u32 = 8;
const MOMENT: Duration = Duration::from_millis(20);

#[derive(Clone, Serialize, Deserialize)]
struct Crossing {
    green: Event,
    /// How many cars have come, and how many have passed.
    came: RawValue<u32>,
    passed: RawValue<u32>,
}

/// One car. Whether it had to wait.
#[expect(clippy::needless_pass_by_value, reason = "tasks own their arguments")]
fn drive(crossing: Crossing) -> bool {
    let had_to_wait = !crossing.green.wait_timeout(Duration::ZERO);
    crossing.came.fetch_add(1);
    crossing.green.wait();
    crossing.passed.fetch_add(1);
    had_to_wait
}

/// The light: red until all cars are there, green until they have passed, and red again. How many had
/// passed at the end of the first red.
#[expect(clippy::needless_pass_by_value, reason = "tasks own their arguments")]
fn switch(crossing: Crossing) -> u32 {
    while crossing.came.get() < CARS {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(MOMENT);
    let passed = crossing.passed.get();
    crossing.green.set();
    while crossing.passed.get() < CARS {
        thread::sleep(Duration::from_millis(1));
    }
    crossing.green.clear();
    passed
}

fn run<E: Executor>(name: &str, pool: &E) -> Result<(), Box<dyn Error>> {
    let crossing =
        Crossing { green: Event::new()?, came: RawValue::new(0)?, passed: RawValue::new(0)? };
    let light = pool.submit(switch, crossing.clone())?;
    let cars: Result<Vec<_>, _> = (0..CARS).map(|_| pool.submit(drive, crossing.clone())).collect();

    let mut waited = 0;
    for outcome in join_all(cars?) {
        waited += u32::from(outcome?);
    }
    println!("{name}: red, {} of {CARS} cars have passed", light.result()?);
    println!("{name}: green, {} of {CARS} have passed, {waited} had waited", crossing.passed.get());

    let green = crossing.green.clone();
    println!(
        "{name}: red again, set: {}, green in time: {}",
        green.is_set(),
        green.wait_timeout(MOMENT)
    );
    let late = pool.submit(drive, crossing)?;
    green.set();
    late.result()?;
    println!("{name}: green, set: {}, the last car has passed", green.is_set());
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    let workers = CARS as usize + 1;
    run("threads", &ThreadPoolExecutor::builder().max_workers(workers).build()?)?;
    run("processes", &ProcessPoolExecutor::builder().max_workers(workers).build()?)
}
