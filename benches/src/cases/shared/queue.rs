//! A queue: one process puts items, another gets them.

use super::{Spec, gave_up};
use crate::cases::spec::Amount;
use crate::clock::Stopwatch;
use crate::contestant::{Load, Sample, Trouble, WrongAnswer};
use executor_process::{Event, Process, Queue};

pub(in crate::cases) const SPEC: Spec = Spec {
    title: "items through a queue from one process to another",
    operations: "items (slow peers: fewer; the time is per item)",
    amount: Amount::Moving { bytes: 1 << 30, most: 1_000_000 },
    bytes: &[8, 1 << 10, 1 << 20],
    ..Spec::SHARED
};

/// Items that would take so much memory at most may be in the queue at a time.
const ROOM: u64 = 64 << 20;

/// How many items of this size the queue holds at most.
pub fn capacity(bytes: usize) -> u64 {
    (ROOM / bytes as u64).min(1 << 20)
}

fn put_numbers((queue, go, items): (Queue<u64>, Event, u64)) {
    go.wait();
    for n in 0..items {
        queue.put(n).expect("the queue is there");
    }
}

fn put_bytes((queue, go, items, len): (Queue<Vec<u8>>, Event, u64, usize)) {
    let item = vec![1; len];
    go.wait();
    for _ in 0..items {
        queue.put(item.clone()).expect("the queue is there");
    }
}

/// Measures from the start signal until the last item was got.
///
/// # Errors
///
/// [`Trouble`], if what comes is not what was put above all.
pub fn run(load: &Load) -> Result<Sample, Trouble> {
    let go = Event::new().map_err(gave_up)?;
    let Load { operations: items, bytes, .. } = *load;
    let builder = Process::builder();
    if bytes == 8 {
        let queue = Queue::bounded(capacity(bytes) as usize).map_err(gave_up)?;
        let process =
            builder.start(put_numbers, (queue.clone(), go.clone(), items)).map_err(gave_up)?;
        let get = || queue.get().map_err(gave_up);
        return finish(&process, &go, items, super::sum_below(items), get);
    }
    let queue = Queue::bounded(capacity(bytes) as usize).map_err(gave_up)?;
    let process =
        builder.start(put_bytes, (queue.clone(), go.clone(), items, bytes)).map_err(gave_up)?;
    let get = || queue.get().map(|item: Vec<u8>| item.len() as u64).map_err(gave_up);
    finish(&process, &go, items, items * bytes as u64, get)
}

fn finish(
    process: &Process,
    go: &Event,
    items: u64,
    expected: u64,
    get: impl Fn() -> Result<u64, Trouble>,
) -> Result<Sample, Trouble> {
    let mut sum = 0;
    let watch = Stopwatch::start_family();
    go.set();
    for _ in 0..items {
        sum += get()?;
    }
    let sample = watch.per_operation(items);
    process.join().map_err(gave_up)?;
    WrongAnswer::unless_equal(expected, sum)?;
    Ok(sample.with(None))
}
