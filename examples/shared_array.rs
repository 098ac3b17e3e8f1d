//! Memory that processes share: they fill parts of one array, and count under a lock what they have done.
//!
//! ```text
//! cargo run --example shared_array
//! ```

use concurrent_futures::process::{SharedArray, SharedMemory, SharedValue};
use concurrent_futures::{Executor, PortableError, ProcessPoolExecutor};
use std::error::Error;
use std::ops::Range;

/// What the tasks are given: handles. The memory itself does not travel.
type Part = (SharedArray<u32>, SharedValue<Progress>, Range<usize>);

/// Plain data, changed as a whole under its lock: how many numbers are done, and the largest result.
type Progress = [u32; 2];

/// Writes how many steps each number's Collatz sequence takes to 1.
fn fill((steps, progress, part): Part) {
    let next = |&n: &u64| match n {
        1 => None,
        n if n % 2 == 0 => Some(n / 2),
        n => Some(3 * n + 1),
    };
    let count = |n: usize| std::iter::successors(Some(n as u64), next).count() as u32 - 1;
    let found: Vec<u32> = part.clone().map(|index| count(index + 1)).collect();
    steps.copy_from(part.start, &found).expect("a part of the array");

    let largest = found.into_iter().max().unwrap_or(0);
    let update = |[done, max]: &mut Progress| {
        *done += part.len() as u32;
        *max = largest.max(*max);
    };
    progress.update(update).expect("nobody was killed in the middle of this");
}

/// In a process that knows no more than a name.
#[expect(clippy::needless_pass_by_value, reason = "arguments of tasks are owned")]
fn greet(name: String) -> Result<(), PortableError> {
    SharedMemory::open(&name)?.write_at(0, GREETING)?;
    Ok(())
}

const GREETING: &[u8] = b"hello from another process";

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    let pool = ProcessPoolExecutor::builder().max_workers(4).build()?;

    let steps = SharedArray::<u32>::new(100_000)?;
    let progress = SharedValue::<Progress>::new([0, 0])?;
    let parts = (0..10).map(|n| n * 10_000..(n + 1) * 10_000);
    let tasks = parts.map(|part| (steps.clone(), progress.clone(), part));
    pool.map(fill, tasks)?.collect::<Result<Vec<()>, _>>()?;

    let [done, max] = *progress.lock()?;
    println!("{done} numbers are done; the longest way takes {max} steps");
    let steps = steps.lock()?;
    let longest = steps.iter().position(|&count| count == max).expect("it is there");
    println!("it is that of {}", longest + 1);
    println!("the first ten: {:?}", &steps[..10]);

    // A block of bytes that others find by its name.
    let block = SharedMemory::new(100)?;
    pool.submit(greet, block.name().to_owned())?.result()??;
    println!("{}", String::from_utf8_lossy(&block.to_vec()[..GREETING.len()]));
    let name = block.name().to_owned();
    drop(block);
    println!("when nobody has it any more: {}", SharedMemory::open(&name).is_err());
    Ok(())
}
