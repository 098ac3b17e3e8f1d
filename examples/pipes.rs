//! S15: `Pipe`: duplex talk between parent and child; a producer and several consumers at one pipe, with a
//! lock among the consumers.
//!
//! ```text
//! cargo run --example pipes
//! ```

#![allow(clippy::needless_pass_by_value, reason = "what a process runs owns its argument")]

use concurrent_futures::process::{
    Connection, Lock, Process, Receiver, Sender, one_way_pipe, pipe,
};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::io;

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    talk()?;
    produce_and_consume()?;
    Ok(())
}

#[derive(Debug, Serialize, Deserialize)]
enum Question {
    LengthOf(String),
    SumOf(Vec<u64>),
}

/// Answers until nobody is left to ask.
fn answer(parent: Connection<u64, Question>) -> io::Result<()> {
    for question in &parent {
        parent.send(match question? {
            Question::LengthOf(text) => text.len() as u64,
            Question::SumOf(numbers) => numbers.iter().sum(),
        })?;
    }
    println!("child: nobody is left to ask");
    Ok(())
}

/// Both sides send and receive. Dropping the last handle of one end is the end of the file at the other.
fn talk() -> Result<(), Box<dyn Error>> {
    let (child, its_end) = pipe()?;
    let process = Process::new(answer, its_end); // the only handle of that end
    process.start()?;
    for question in [Question::LengthOf("four".to_owned()), Question::SumOf(vec![1, 2, 3])] {
        print!("parent: {question:?}");
        child.send(question)?;
        println!(" is {}", child.recv()?);
    }
    let large = vec![1; 1_000_000];
    child.send(Question::SumOf(large))?;
    println!("parent: the sum of a million ones is {}", child.recv()?);
    drop(child);
    process.join()?;
    Ok(())
}

/// What goes through the pipe: two messages for each order.
#[derive(Serialize, Deserialize)]
enum Part {
    Name(String),
    Price(u32),
}

/// Everything that a consumer needs.
#[derive(Clone, Serialize, Deserialize)]
struct Consumer {
    parts: Receiver<Part>,
    /// Whoever has it takes both parts of an order. For single messages nobody needs a lock.
    pairs: Lock,
    finished: Sender<(String, u32)>,
}

fn produce(parts: Sender<Part>) -> io::Result<()> {
    for number in 1..=20 {
        parts.send(Part::Name(format!("order {number}")))?;
        parts.send(Part::Price(number * 10))?;
    }
    Ok(()) // the last sender is gone
}

fn consume(consumer: Consumer) -> io::Result<()> {
    loop {
        let guard = consumer.pairs.lock().map_err(|error| io::Error::other(error.to_string()))?;
        let first = consumer.parts.recv();
        if matches!(&first, Err(error) if error.is_end_of_file()) {
            return Ok(());
        }
        let pair = (first?, consumer.parts.recv()?);
        drop(guard);
        match pair {
            (Part::Name(name), Part::Price(price)) => consumer.finished.send((name, price))?,
            _ => return Err(io::Error::other("two orders were mixed up")),
        }
    }
}

/// One producer, three consumers: each order comes to one of them, both of its parts to the same.
fn produce_and_consume() -> Result<(), Box<dyn Error>> {
    let (sender, parts) = one_way_pipe()?;
    let (finished, orders) = one_way_pipe()?;
    let consumer = Consumer { parts, pairs: Lock::new()?, finished };
    let mut processes = vec![Process::new(produce, sender)];
    processes.extend((0..3).map(|_| Process::new(consume, consumer.clone())));
    drop(consumer); // from now on only they have these ends
    for process in &processes {
        process.start()?;
    }

    let mut orders = orders.iter().collect::<Result<Vec<_>, _>>()?; // until the last consumer is gone
    orders.sort_unstable_by_key(|(_, price)| *price);
    for process in &processes {
        let exit = process.join()?;
        if !exit.is_success() {
            println!("a process ended badly: {exit}");
        }
    }
    let total: u32 = orders.iter().map(|(_, price)| price).sum();
    println!("{} orders, from {} to {}", orders.len(), orders[0].0, orders[orders.len() - 1].0);
    println!("together {total}");
    Ok(())
}
