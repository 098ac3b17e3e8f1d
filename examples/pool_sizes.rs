//! S05: how many workers a pool has, and what they are called.
//!
//! ```text
//! cargo run --example pool_sizes
//! ```

use concurrent_futures::ThreadPoolExecutor;
use std::error::Error;
use std::thread;

fn main() -> Result<(), Box<dyn Error>> {
    let processors = thread::available_parallelism()?;
    let pool = ThreadPoolExecutor::new()?;
    println!("{processors} processors: {} threads by default", pool.max_workers());

    match ThreadPoolExecutor::builder().max_workers(0).build() {
        Ok(_) => println!("a pool without workers was made"),
        Err(error) => println!("a pool without workers is refused: {error}"),
    }

    let builder = ThreadPoolExecutor::builder().max_workers(2);
    let pool = builder.thread_name_prefix("crawler").build()?;
    let name = pool.spawn(|| thread::current().name().unwrap_or("nobody").to_owned())?;
    println!("a thread of a pool with a prefix: {}", name.result()?);
    Ok(())
}
