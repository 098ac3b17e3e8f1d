//! A queue between processes: its capacity, its timeouts, its errors; then ten producer and ten
//! consumer processes.
//!
//! ```text
//! cargo run --example process_queue
//! ```

use concurrent_futures::Exit;
use concurrent_futures::process::{Process, Queue};
use std::error::Error;
use std::time::{Duration, Instant};

const PRODUCERS: u64 = 10;
const EACH: u64 = 100;

#[expect(clippy::needless_pass_by_value, reason = "arguments of processes are owned")]
fn put_three(queue: Queue<String>) {
    for item in ["first", "second", "third"] {
        queue.put(item.to_owned()).expect("nobody shuts it down before");
    }
}

/// Puts its numbers, which are nobody else's.
fn produce((queue, id): (Queue<u64>, u64)) {
    for number in 0..EACH {
        queue.put(id * EACH + number).expect("nobody shuts it down before");
    }
}

/// Passes on what it gets, with the longest that the queue has been, until that is shut down.
fn consume((queue, seen): (Queue<u64>, Queue<(u64, usize)>)) {
    for number in &queue {
        let number = number.expect("numbers arrive");
        seen.put((number, queue.len())).expect("nobody shuts it down");
    }
}

fn start<A>(f: fn(A), argument: A) -> Result<Process, Box<dyn Error>>
where
    A: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
{
    let process = Process::new(f, argument);
    process.start()?;
    Ok(process)
}

fn end(process: &Process) -> Result<(), Box<dyn Error>> {
    match process.join()? {
        Exit::Code(0) => Ok(()),
        exit => Err(format!("{} has ended badly: {exit:?}", process.name()).into()),
    }
}

fn one_queue() -> Result<(), Box<dyn Error>> {
    let queue = Queue::bounded(3)?;
    println!("capacity {:?}, {} items, empty: {}", queue.capacity(), queue.len(), queue.is_empty());
    if let Err(error) = queue.try_get() {
        println!("try_get: {error}");
    }
    let start_of_wait = Instant::now();
    if let Err(error) = queue.get_timeout(Duration::from_millis(50)) {
        let waited = start_of_wait.elapsed() >= Duration::from_millis(50);
        println!("get_timeout: {error}; it has waited: {waited}");
    }
    // The process ends at once; what it has put is in the queue.
    end(&start(put_three, queue.clone())?)?;
    println!("another process has put {} items, full: {}", queue.len(), queue.is_full());
    if let Err(error) = queue.try_put("fourth".to_owned()) {
        let text = error.to_string();
        println!("try_put: {text}; {:?} is back", error.into_item());
    }
    if let Err(error) = queue.put_timeout("fifth".to_owned(), Duration::from_millis(50)) {
        println!("put_timeout: {error}");
    }
    println!("get: {}", queue.get()?);
    queue.close();
    if let Err(error) = queue.put("late".to_owned()) {
        println!("after close, put: {error}");
    }
    let rest = queue.iter().collect::<Result<Vec<_>, _>>()?;
    println!("what was there is still there: {}", rest.join(", "));
    if let Err(error) = queue.get() {
        println!("and then: {error}");
    }
    Ok(())
}

fn many_processes() -> Result<(), Box<dyn Error>> {
    let (queue, seen) = (Queue::bounded(3)?, Queue::new()?);
    let consumers = (0..10)
        .map(|_| start(consume, (queue.clone(), seen.clone())))
        .collect::<Result<Vec<_>, _>>()?;
    let producers = (0..PRODUCERS)
        .map(|id| start(produce, (queue.clone(), id)))
        .collect::<Result<Vec<_>, _>>()?;
    producers.iter().try_for_each(end)?;
    queue.shutdown();
    consumers.iter().try_for_each(end)?;

    let seen = seen.try_iter().collect::<Result<Vec<_>, _>>()?;
    let longest = seen.iter().map(|&(_, len)| len).max().unwrap_or(0);
    let mut numbers: Vec<u64> = seen.into_iter().map(|(number, _)| number).collect();
    numbers.sort_unstable();
    let each_once = numbers.iter().copied().eq(0..PRODUCERS * EACH);
    println!("10 producers, 10 consumers, {} items: each once: {each_once}", numbers.len());
    println!("never more than 3 in it: {}", longest <= 3);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    one_queue()?;
    many_processes()
}
