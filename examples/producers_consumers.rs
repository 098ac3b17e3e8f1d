//! Producers and consumers in processes, and two ways to know when the work is over: an
//! end-of-stream value for each consumer, and a queue whose items are marked done.
//!
//! ```text
//! cargo run --example producers_consumers
//! ```

use concurrent_futures::Exit;
use concurrent_futures::process::{JoinableQueue, Process, Queue};
use serde::{Deserialize, Serialize};
use std::error::Error;

const CONSUMERS: usize = 4;
const PRODUCERS: u64 = 3;
const EACH: u64 = 50;

#[derive(Serialize, Deserialize)]
enum Message {
    Number(u64),
    EndOfStream,
}

fn produce((queue, id): (Queue<Message>, u64)) {
    for number in id * EACH..(id + 1) * EACH {
        queue.put(Message::Number(number)).expect("nobody shuts it down");
    }
}

fn consume((queue, squares): (Queue<Message>, Queue<u64>)) {
    while let Message::Number(number) = queue.get().expect("nobody shuts it down") {
        squares.put(number * number).expect("nobody shuts it down");
    }
}

/// Serves for ever. As a daemon it ends with the program.
fn serve((tasks, squares): (JoinableQueue<u64>, Queue<u64>)) {
    loop {
        let number = tasks.get().expect("nobody shuts it down");
        squares.put(number * number).expect("nobody shuts it down");
        tasks.task_done().expect("one mark for each item");
    }
}

/// The same with a guard, which marks the item when it is dropped.
fn serve_guarded((tasks, squares): (JoinableQueue<u64>, Queue<u64>)) {
    loop {
        let number = tasks.get_task().expect("nobody shuts it down");
        squares.put(*number * *number).expect("nobody shuts it down");
    }
}

fn end(process: &Process) -> Result<(), Box<dyn Error>> {
    match process.join()? {
        Exit::Code(0) => Ok(()),
        exit => Err(format!("{} has ended badly: {exit:?}", process.name()).into()),
    }
}

fn sum(squares: &Queue<u64>) -> Result<u64, Box<dyn Error>> {
    Ok(squares.try_iter().sum::<Result<u64, _>>()?)
}

fn with_end_of_stream() -> Result<(), Box<dyn Error>> {
    let (queue, squares) = (Queue::bounded(10)?, Queue::new()?);
    let consumers =
        [(); CONSUMERS].map(|()| Process::new(consume, (queue.clone(), squares.clone())));
    let producers: Vec<_> =
        (0..PRODUCERS).map(|id| Process::new(produce, (queue.clone(), id))).collect();
    consumers.iter().chain(&producers).try_for_each(Process::start)?;
    producers.iter().try_for_each(end)?;
    for _ in &consumers {
        queue.put(Message::EndOfStream)?;
    }
    consumers.iter().try_for_each(end)?;
    println!("{} squares, their sum is {}", squares.len(), sum(&squares)?);
    println!("nothing is left in the queue: {}", queue.is_empty());
    Ok(())
}

fn with_marks() -> Result<(), Box<dyn Error>> {
    let (tasks, squares) = (JoinableQueue::bounded(10)?, Queue::new()?);
    for number in 0..CONSUMERS {
        let serve = if number % 2 == 0 { serve } else { serve_guarded };
        let argument = (tasks.clone(), squares.clone());
        Process::builder().daemon(true).start(serve, argument)?;
    }
    for number in 0..PRODUCERS * EACH {
        tasks.put(number)?;
    }
    tasks.join();
    println!("{} items are done when join returns, {} are not", squares.len(), tasks.unfinished());
    println!("the sum of their squares is {}", sum(&squares)?);
    if let Err(error) = tasks.task_done() {
        println!("once more: {error}");
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    with_end_of_stream()?;
    with_marks()
}
