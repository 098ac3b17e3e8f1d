//! S17: queues between threads: first in first out, last in first out, by priority; bounded, with
//! timeouts, and with an end.
//!
//! ```text
//! cargo run --example queues
//! ```

use concurrent_futures::ThreadPoolExecutor;
use concurrent_futures::queue::{
    GetTimeoutError, LifoQueue, Prioritized, PriorityQueue, PutTimeoutError, Queue, TryGetError,
    TryPutError,
};
use std::error::Error;
use std::thread;
use std::time::Duration;

const SOON: Duration = Duration::from_millis(50);

fn main() -> Result<(), Box<dyn Error>> {
    orders()?;
    full_and_empty()?;
    waiting()?;
    marks()?;
    many_to_many()
}

/// What comes out first.
fn orders() -> Result<(), Box<dyn Error>> {
    let numbers = [3, 1, 2];
    println!("put {numbers:?}");
    println!("first in, first out: {:?}", Queue::from_iter(numbers).try_iter().collect::<Vec<_>>());
    println!(
        "last in, first out: {:?}",
        LifoQueue::from_iter(numbers).try_iter().collect::<Vec<_>>()
    );
    println!(
        "smallest first: {:?}",
        PriorityQueue::from_iter(numbers).try_iter().collect::<Vec<_>>()
    );

    let errands = PriorityQueue::new();
    for (priority, errand) in [(2, "bread"), (1, "doctor"), (2, "milk"), (1, "school"), (2, "tea")]
    {
        errands.put(Prioritized::new(priority, errand))?;
    }
    let order: Vec<_> = errands.try_iter().map(|entry| entry.item).collect();
    println!("ties in the order put: {}", order.join(", "));
    Ok(())
}

/// What can be told without waiting, and what after a while.
fn full_and_empty() -> Result<(), Box<dyn Error>> {
    let queue = Queue::bounded(3);
    for item in ["a", "b", "c"] {
        queue.put(item)?;
    }
    println!("{} of 3 items, full: {}", queue.len(), queue.is_full());
    match queue.try_put("d") {
        Err(TryPutError::Full(item)) => println!("no room for {item} now"),
        other => println!("unexpected: {other:?}"),
    }
    match queue.put_timeout("d", SOON) {
        Err(PutTimeoutError::TimedOut(item)) => println!("no room for {item} in time"),
        other => println!("unexpected: {other:?}"),
    }
    let items: Vec<_> = queue.try_iter().collect();
    println!("got {}, empty: {}", items.join(", "), queue.is_empty());
    match queue.try_get() {
        Err(TryGetError::Empty) => println!("nothing there now"),
        other => println!("unexpected: {other:?}"),
    }
    match queue.get_timeout(SOON) {
        Err(GetTimeoutError::TimedOut) => println!("nothing came in time"),
        other => println!("unexpected: {other:?}"),
    }
    queue.put("last")?;
    queue.shutdown();
    if let Err(error) = queue.put("late") {
        println!("{error}");
        println!("{} is given back", error.into_item());
    }
    println!("still there: {}", queue.get()?);
    if let Err(error) = queue.get() {
        println!("{error}");
    }
    Ok(())
}

/// A producer that is faster than its consumer waits for room.
fn waiting() -> Result<(), Box<dyn Error>> {
    let queue = Queue::bounded(3);
    let most = thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..20 {
                queue.put(number).expect("it is open");
            }
            queue.shutdown();
        });
        let mut most = 0;
        let mut got = Vec::new();
        while let Ok(number) = queue.get() {
            most = most.max(queue.len());
            got.push(number);
            thread::sleep(Duration::from_millis(1));
        }
        println!("20 items through a queue of 3, in order: {}", got.into_iter().eq(0..20));
        most
    });
    println!("never more than 3 in it: {}", most <= 3);
    Ok(())
}

/// `join` returns when everything that was put is done.
fn marks() -> Result<(), Box<dyn Error>> {
    let queue = Queue::new();
    let done = Queue::new();
    thread::scope(|scope| -> Result<(), Box<dyn Error>> {
        for _ in 0..2 {
            scope.spawn(|| {
                for number in &queue {
                    thread::sleep(Duration::from_millis(1));
                    done.put(number).expect("it is open");
                    queue.task_done().expect("one for each item");
                }
            });
        }
        for number in 0..10 {
            queue.put(number)?;
        }
        queue.join();
        println!("{} of 10 items are done when join returns", done.len());
        queue.shutdown();
        Ok(())
    })?;
    if let Err(error) = queue.task_done() {
        println!("once more: {error}");
    }
    Ok(())
}

/// Ten producers and ten consumers in a pool: nothing is lost, nothing comes twice.
fn many_to_many() -> Result<(), Box<dyn Error>> {
    let pool = ThreadPoolExecutor::builder().max_workers(20).build()?;
    let queue = Queue::bounded(3);
    let consumers: Vec<_> = (0..10)
        .map(|_| {
            let queue = queue.clone();
            pool.spawn(move || queue.iter().collect::<Vec<u32>>())
        })
        .collect::<Result<_, _>>()?;
    let producers: Vec<_> = (0..10)
        .map(|producer| {
            let queue = queue.clone();
            pool.spawn(move || {
                for number in 0..100 {
                    queue.put(producer * 100 + number).expect("it is open");
                }
            })
        })
        .collect::<Result<_, _>>()?;
    for producer in producers {
        producer.result()?;
    }
    queue.shutdown();
    let mut all = Vec::new();
    for consumer in consumers {
        all.extend(consumer.result()?);
    }
    all.sort_unstable();
    println!("10 producers, 10 consumers, 1000 items: each once: {}", all.into_iter().eq(0..1000));
    Ok(())
}
