//! Processes that are killed at random moments while they use a queue. `KILLS` sets how many,
//! `KILLS_SEED` the moments.
//!
//! The books are files: each process writes down what it has put, or got, by one call of the system
//! after it has done so. What it was doing when it was killed may be done and not written down.

use crate::start;
use crate::support::watchdog::guarded_for;
use crate::support::{Scratch, eventually, setting};
use concurrent_futures::Exit;
use concurrent_futures::process::{Process, Queue, SimpleQueue};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// More than anything here takes, if nobody is blocked.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Serialize, Deserialize)]
struct Item {
    producer: u64,
    number: u64,
    bulk: Vec<u8>,
    /// With it descriptors go along.
    handle: Option<SimpleQueue<u64>>,
}

impl Item {
    fn new(producer: u64, number: u64) -> Self {
        let len = match number % 29 {
            0 => 70_000,
            1..5 => 2000,
            _ => number % 100,
        };
        let handle = (number % 7 == 3).then(|| {
            let handle = SimpleQueue::new().expect("descriptors are left");
            handle.put(producer << 32 | number).expect("it is open");
            handle
        });
        Self { producer, number, bulk: vec![number as u8; len as usize], handle }
    }

    /// Whether it is as it was made.
    fn check(&self) {
        let expected = Self::new(self.producer, self.number);
        assert!(self.bulk == expected.bulk, "the bytes of another item");
        assert_eq!(self.handle.is_some(), expected.handle.is_some());
        if let Some(handle) = &self.handle {
            assert_eq!(handle.get(), Ok(self.producer << 32 | self.number), "another's handle");
        }
    }
}

/// Numbers that look random.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        let seed = setting("KILLS_SEED").unwrap_or_else(|| u64::from(std::process::id()));
        println!("KILLS_SEED={seed}");
        Self(seed | 1)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

fn write_down(mut book: &File, words: &[u64]) {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    book.write_all(&bytes).expect("there is room for books");
}

fn open(path: &Path) -> File {
    File::options().create(true).append(true).open(path).expect("a book")
}

fn read_words(path: &Path) -> Vec<u64> {
    let bytes = std::fs::read(path).unwrap_or_default();
    bytes.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap())).collect()
}

/// Puts items until it is killed, and writes down the number of each.
fn put_for_ever((queue, id, book): (Queue<Item>, u64, PathBuf)) {
    let book = open(&book);
    for number in 0.. {
        queue.put(Item::new(id, number)).map_err(|error| error.map(drop)).unwrap();
        write_down(&book, &[number]);
    }
}

/// Gets items until it is killed, and writes down the producer and the number of each.
fn get_for_ever((queue, book): (Queue<Item>, PathBuf)) {
    let book = open(&book);
    loop {
        let item = queue.get().unwrap();
        item.check();
        write_down(&book, &[item.producer, item.number]);
    }
}

/// A producer that nobody kills.
struct Survivor<'q> {
    queue: &'q Queue<Item>,
    id: u64,
    next: u64,
}

impl Survivor<'_> {
    fn put(&mut self) {
        let put = self.queue.put_timeout(Item::new(self.id, self.next), PATIENCE);
        put.map_err(|error| error.map(drop)).expect("nobody blocks it");
        self.next += 1;
    }
}

/// Lets a process work until its book has begun, and a moment longer, and kills it.
fn kill(victim: &Process, book: &Path, dice: &mut Dice) {
    eventually("the first entry", || {
        assert!(victim.is_alive(), "it has failed: {:?}", victim.exitcode());
        std::fs::metadata(book).is_ok_and(|found| found.len() > 0)
    });
    let moment = Instant::now() + Duration::from_micros(dice.below(3000));
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
    victim.kill().expect("it is alive");
    assert_eq!(victim.join().unwrap(), Exit::Signal(9));
}

/// QUE-08: producers are killed. What they had put arrives, once and in order; of what they were
/// putting the whole or nothing; the others go on.
#[test]
fn producers_are_killed() {
    let kills = setting("KILLS").unwrap_or(40);
    guarded_for("producers_are_killed", Duration::from_secs(120 + kills), || {
        let scratch = Scratch::new();
        let book = |id: u64| scratch.path().join(id.to_string());
        let queue = Queue::<Item>::bounded(6).unwrap();
        let mut dice = Dice::new();
        let consumer = thread::spawn({
            let queue = queue.clone();
            move || {
                let mut next = HashMap::<u64, u64>::new();
                for item in &queue {
                    let item = item.unwrap();
                    item.check();
                    let expected = next.entry(item.producer).or_default();
                    assert_eq!(item.number, *expected, "of {}", item.producer);
                    *expected += 1;
                }
                next
            }
        });
        let begin = |id: u64| start(put_for_ever, (queue.clone(), id, book(id)));
        let mut ours = Survivor { queue: &queue, id: kills, next: 0 };
        let mut victims = vec![(0, begin(0))];
        for id in 1..kills {
            victims.push((id, begin(id)));
            let (id, victim) = victims.swap_remove(dice.below(victims.len() as u64) as usize);
            kill(&victim, &book(id), &mut dice);
            ours.put();
        }
        for (id, victim) in victims {
            kill(&victim, &book(id), &mut dice);
        }
        ours.put();
        queue.shutdown();
        let arrived = consumer.join().unwrap();
        assert!(queue.is_empty());
        assert_eq!(arrived[&kills], ours.next);
        for id in 0..kills {
            let (noted, arrived) = (read_words(&book(id)).len() as u64, arrived[&id]);
            assert!(
                arrived == noted || arrived == noted + 1,
                "{id}: {noted} put, {arrived} arrived"
            );
        }
    });
}

/// QUE-08: consumers are killed. Each takes at most the one item with it that it was getting;
/// nothing comes twice; the others go on.
#[test]
fn consumers_are_killed() {
    let kills = setting("KILLS").unwrap_or(40);
    guarded_for("consumers_are_killed", Duration::from_secs(120 + kills), || {
        let scratch = Scratch::new();
        let book = |id: u64| scratch.path().join(id.to_string());
        let queue = Queue::<Item>::bounded(6).unwrap();
        let mut dice = Dice::new();
        let producer = thread::spawn({
            let queue = queue.clone();
            move || {
                for number in 0.. {
                    match queue.put_timeout(Item::new(0, number), PATIENCE) {
                        Ok(()) => {}
                        Err(error) if error.is_closed() => return number,
                        Err(error) => panic!("blocked: {error}"),
                    }
                }
                unreachable!("it is closed some day");
            }
        });
        let begin = |id: u64| start(get_for_ever, (queue.clone(), book(id)));
        let mut victims = vec![(0, begin(0))];
        for id in 1..kills {
            victims.push((id, begin(id)));
            let (id, victim) = victims.swap_remove(dice.below(victims.len() as u64) as usize);
            kill(&victim, &book(id), &mut dice);
        }
        for (id, victim) in victims {
            kill(&victim, &book(id), &mut dice);
        }
        queue.shutdown();
        let put = producer.join().unwrap();
        let mut times = vec![0; put as usize];
        for id in 0..kills {
            let words = read_words(&book(id));
            let numbers: Vec<u64> = words.chunks_exact(2).map(|entry| entry[1]).collect();
            assert!(numbers.is_sorted(), "{id} got them in order");
            numbers.iter().for_each(|&number| times[number as usize] += 1);
        }
        for item in &queue {
            let item = item.unwrap();
            item.check();
            times[item.number as usize] += 1;
        }
        assert!(times.iter().all(|&times| times <= 1), "one came twice");
        let lost = times.iter().filter(|&&times| times == 0).count() as u64;
        assert!(lost <= kills, "{lost} of {put} are lost with {kills} consumers");
        println!("{put} items, {lost} lost with {kills} consumers");
    });
}
