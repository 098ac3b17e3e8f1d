//! Many threads, many tasks, random cancels and panics, and at the end exact books.
//!
//! `STRESS_TASKS` sets the number of tasks (default 200,000; the soak run in `ci/soak.sh` uses
//! millions), `STRESS_SEED` the random choices, which are printed when a test fails.

use concurrent_futures::{
    Future, MapOptions, ReturnWhen, SharedFuture, Shutdown, TaskError, TaskOptions,
    ThreadPoolExecutor, as_completed, wait,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

const PRODUCERS: u64 = 8;

/// The number of tasks for the whole test.
fn tasks() -> u64 {
    std::env::var("STRESS_TASKS").ok().and_then(|text| text.parse().ok()).unwrap_or(200_000)
}

/// A small generator of random choices: good enough to mix, and repeatable.
struct Dice(u64);

impl Dice {
    fn new(stream: u64) -> Self {
        let seed = std::env::var("STRESS_SEED").ok().and_then(|text| text.parse().ok());
        let seed: u64 = seed.unwrap_or(0x9e37_79b9_7f4a_7c15);
        Self(seed ^ (stream + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9))
    }

    /// One of `0..sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}

/// What everybody counts.
#[derive(Default)]
struct Books {
    /// Closures and values made, and dropped.
    made: AtomicU64,
    dropped: AtomicU64,
    /// Bodies that ran, and those of them that panicked.
    ran: AtomicU64,
    panicked: AtomicU64,
    /// Cancels that were told they succeeded.
    cancelled: AtomicU64,
    /// Callbacks added, and run.
    callbacks_added: AtomicU64,
    callbacks_run: AtomicU64,
    submitted: AtomicU64,
}

/// A thing whose birth and death are in the books.
struct Counted(Arc<Books>);

impl Counted {
    fn new(books: &Arc<Books>) -> Self {
        books.made.fetch_add(1, SeqCst);
        Self(Arc::clone(books))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, SeqCst);
    }
}

/// Keeps the expected panics from filling the output.
fn silence_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let expected = info.payload().downcast_ref::<&str>() == Some(&"expected");
            if !expected {
                loud(info);
            }
        }));
    });
}

/// Submits one task with its share of trouble.
fn submit(pool: &ThreadPoolExecutor, books: &Arc<Books>, dice: &mut Dice) -> Future<Counted> {
    let luggage = Counted::new(books);
    let panics = dice.roll(16) == 0;
    let body = {
        let books = Arc::clone(books);
        move |luggage: Counted| {
            books.ran.fetch_add(1, SeqCst);
            if panics {
                books.panicked.fetch_add(1, SeqCst);
                panic!("expected");
            }
            drop(luggage);
            Counted::new(&books)
        }
    };
    books.submitted.fetch_add(1, SeqCst);
    let future = match dice.roll(8) {
        0 => {
            let priority = TaskOptions::new().with_priority(dice.roll(5) as i32 - 2);
            pool.submit_with(body, luggage, priority)
        }
        _ => pool.submit(body, luggage),
    };
    future.expect("the pool is open")
}

fn cancel(future: &Future<Counted>, books: &Books) {
    let was = future.cancelled();
    if future.cancel() && !was {
        books.cancelled.fetch_add(1, SeqCst);
    }
}

/// Does one of the things that can be done with a future.
fn handle(
    future: Future<Counted>,
    kept: &mut Vec<Future<Counted>>,
    books: &Arc<Books>,
    dice: &mut Dice,
) {
    match dice.roll(10) {
        0 => drop(future),
        1 => {
            cancel(&future, books);
            drop(future);
        }
        2 => {
            cancel(&future, books);
            let cancelled = future.cancelled();
            assert_eq!(matches!(future.result(), Err(TaskError::Cancelled)), cancelled);
        }
        3 => {
            books.callbacks_added.fetch_add(1, SeqCst);
            let seen = Arc::clone(books);
            future.add_done_callback(move |_| {
                seen.callbacks_run.fetch_add(1, SeqCst);
            });
            kept.push(future);
        }
        4 => drop(future.result()),
        5 => match future.result_timeout(Duration::from_micros(dice.roll(50))) {
            Ok(outcome) => drop(outcome),
            Err(running) => kept.push(running.into_future()),
        },
        _ => kept.push(future),
    }
    if kept.len() >= 64 {
        let batch = std::mem::take(kept);
        match dice.roll(3) {
            0 => as_completed(batch).for_each(drop),
            1 => {
                let waited = wait(batch, Duration::from_micros(20), ReturnWhen::FirstCompleted);
                kept.extend(waited.not_done);
            }
            _ => batch.into_iter().for_each(|future| drop(future.result())),
        }
    }
}

/// Runs the producers on a pool, and balances the books.
fn stress(pool: ThreadPoolExecutor) {
    silence_panics();
    let books = Arc::new(Books::default());
    std::thread::scope(|scope| {
        for producer in 0..PRODUCERS {
            let (pool, books) = (&pool, &books);
            scope.spawn(move || {
                let mut dice = Dice::new(producer);
                let mut kept = Vec::new();
                for _ in 0..tasks() / PRODUCERS {
                    let future = submit(pool, books, &mut dice);
                    handle(future, &mut kept, books, &mut dice);
                }
            });
        }
    });
    assert!(pool.shutdown(Shutdown::wait()));
    let stats = pool.stats();
    drop(pool);
    let [submitted, ran, panicked, cancelled] =
        [&books.submitted, &books.ran, &books.panicked, &books.cancelled]
            .map(|counter| counter.load(SeqCst));
    assert_eq!(ran + cancelled, submitted, "every task ran or was cancelled, none both");
    assert_eq!(stats.completed + stats.failed, ran, "{stats:?}");
    assert_eq!(stats.failed, panicked, "{stats:?}");
    assert_eq!(stats.cancelled, cancelled, "{stats:?}");
    assert_eq!((stats.queued, stats.running, stats.live), (0, 0, 0), "{stats:?}");
    assert_eq!(books.callbacks_run.load(SeqCst), books.callbacks_added.load(SeqCst));
    assert_eq!(books.dropped.load(SeqCst), books.made.load(SeqCst), "dropped once each");
}

#[test]
fn books_balance_with_few_workers() {
    stress(ThreadPoolExecutor::builder().max_workers(2).build().unwrap());
}

#[test]
fn books_balance_with_many_workers() {
    stress(ThreadPoolExecutor::builder().max_workers(16).build().unwrap());
}

#[test]
fn books_balance_with_a_bounded_queue() {
    stress(ThreadPoolExecutor::builder().max_workers(4).queue_bound(32).build().unwrap());
}

#[test]
fn books_balance_while_threads_come_and_go() {
    let idle = Duration::from_micros(50);
    stress(ThreadPoolExecutor::builder().max_workers(8).idle_timeout(idle).build().unwrap());
}

/// Tasks that wait for tasks that wait for tasks, on two workers, from several threads.
#[test]
fn nested_trees_finish() {
    fn tree(pool: &Arc<ThreadPoolExecutor>, depth: u32) -> u64 {
        if depth == 0 {
            return 1;
        }
        let twin = Arc::clone(pool);
        let left = pool.spawn(move || tree(&twin, depth - 1)).unwrap();
        let right = tree(pool, depth - 1);
        left.result().unwrap() + right
    }
    let pool = Arc::new(ThreadPoolExecutor::builder().max_workers(2).build().unwrap());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let pool = &pool;
            scope.spawn(move || {
                let twin = Arc::clone(pool);
                assert_eq!(pool.spawn(move || tree(&twin, 12)).unwrap().result(), Ok(1 << 12));
            });
        }
    });
}

/// Maps of all kinds, cancelled and dropped at random places, with every item accounted for.
#[test]
fn maps_lose_no_item() {
    silence_panics();
    let pool = ThreadPoolExecutor::builder().max_workers(4).build().unwrap();
    let books = Arc::new(Books::default());
    let rounds = tasks() / 1000;
    let mut dice = Dice::new(99);
    for _ in 0..rounds {
        let len = dice.roll(1000);
        let panic_at = dice.roll(2 * len + 1);
        let items = (0..len).map(|n| (n, Counted::new(&books))).collect::<Vec<_>>();
        let mut options = MapOptions::new();
        if dice.roll(2) == 0 {
            options = options.unordered();
        }
        let counts = Arc::clone(&books);
        let f = move |(n, item): (u64, Counted)| {
            drop(item);
            if n == panic_at {
                panic!("expected");
            }
            (n, Counted::new(&counts))
        };
        let mut results = pool.map_with(f, items, options).unwrap();
        let read = dice.roll(2 * len + 1);
        let mut seen: Vec<_> =
            results.by_ref().take(read as usize).filter_map(|item| Some(item.ok()?.0)).collect();
        if read >= len {
            seen.sort_unstable();
            let all: Vec<_> = (0..len).filter(|n| *n != panic_at).collect();
            assert_eq!(seen, all);
        } else if dice.roll(2) == 0 {
            results.cancel();
            assert!(results.next().is_none());
        }
    }
    drop(pool);
    assert_eq!(books.dropped.load(SeqCst), books.made.load(SeqCst), "dropped once each");
}

/// One result, read and awaited from many threads at the moment it arrives.
#[test]
fn shared_futures_agree() {
    let pool = ThreadPoolExecutor::builder().max_workers(4).build().unwrap();
    for n in 0..tasks() / 200 {
        let shared: SharedFuture<u64> = pool.submit(|n| n + 1, n).unwrap().shared();
        std::thread::scope(|scope| {
            for reader in 0..3 {
                let shared = shared.clone();
                scope.spawn(move || match reader {
                    0 => assert_eq!(shared.result(), Ok(&(n + 1))),
                    1 => assert_eq!(pollster::block_on(shared), Ok(n + 1)),
                    _ => assert!(as_completed([shared]).count() == 1),
                });
            }
        });
    }
}
