//! Large values: through the ring, and beside it.

use crate::support::tasks::square;
use crate::support::{Busy, Scratch, guarded};
use crate::{builder, pool};
use concurrent_futures::{Executor, Shutdown, TaskError, join_all};
use serde::{Deserialize, Serialize};
use std::sync::Mutex;

/// Around every length at which a value takes another way: 24 bytes fit in a slot, 30 in the queue, 64 KiB
/// through a ring, 128 KiB and its doubles in a segment of shared memory.
const LENGTHS: [usize; 27] = [
    0,
    1,
    7,
    8,
    23,
    24,
    25,
    29,
    30,
    31,
    32,
    100,
    4095,
    4096,
    65_519,
    65_520,
    65_521,
    65_535,
    65_536,
    65_537,
    71_680,
    131_071,
    131_072,
    131_073,
    262_144,
    1 << 20,
    (1 << 20) + 1,
];

/// Bytes of which no two neighbours are alike.
fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n * 7 + n / 251) as u8).collect()
}

/// What an initializer has left behind in this process.
static REMEMBERED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// THR-06, BRK-13: an initializer's argument may be as long as any other, and each worker gets it.
#[test]
fn initializers() {
    guarded("initializers", || {
        let remember = |bytes: Vec<u8>| *REMEMBERED.lock().unwrap() = bytes;
        for len in [0, 30, 4096, 65_536, 1 << 20, 5 << 20] {
            let builder = builder(1).max_tasks_per_child(1).initializer(remember, bytes(len));
            let pool = builder.build().unwrap();
            for _ in 0..3 {
                let remembered = pool.submit(|()| REMEMBERED.lock().unwrap().clone(), ()).unwrap();
                assert!(remembered.result().unwrap() == bytes(len), "{len}");
            }
            assert!(pool.shutdown(Shutdown::wait()));
            assert_eq!(pool.stats().started, 3);
        }
    });
}

/// BRK-11, SUB-01: values of any length arrive as they were sent, in both directions, as the value itself
/// or inside of another.
#[test]
fn every_length() {
    guarded("every_length", || {
        let pool = pool(1);
        for len in LENGTHS {
            let sent = bytes(len);
            let there = pool.submit(|bytes: Vec<u8>| bytes.len(), sent.clone()).unwrap();
            assert_eq!(there.result(), Ok(len));
            let back = pool.submit(bytes, len).unwrap();
            assert!(back.result().unwrap() == sent, "{len}");
            let both = pool.submit(|bytes: Vec<u8>| bytes, sent.clone()).unwrap();
            assert!(both.result().unwrap() == sent, "{len}");
            let inside = pool.submit(|pair: (u8, Vec<u8>)| pair, (1, sent.clone())).unwrap();
            assert!(inside.result().unwrap() == (1, sent), "{len}");
            let text = pool.submit(|text: String| text, "ä".repeat(len / 2)).unwrap();
            assert!(text.result().unwrap() == "ä".repeat(len / 2), "{len}");
        }
        assert_eq!(pool.stats().started, 1);
    });
}

/// SUB-01: vectors of numbers arrive with their bits as they were.
#[test]
fn numbers() {
    guarded("numbers", || {
        let pool = pool(1);
        for len in [0, 1, 3, 4, 8191, 8192, 8193, 131_072] {
            let floats: Vec<f64> = (0..len).map(|n| f64::from(n) / 3.0).collect();
            let back = pool.submit(|floats: Vec<f64>| floats, floats.clone()).unwrap();
            assert!(back.result().unwrap() == floats, "{len}");
            let numbers: Vec<i128> = (0..len).map(|n| -i128::from(n)).collect();
            let back = pool.submit(|numbers: Vec<i128>| numbers, numbers.clone()).unwrap();
            assert!(back.result().unwrap() == numbers, "{len}");
        }
        let odd = vec![f64::NAN, -0.0, f64::INFINITY, f64::MIN_POSITIVE / 2.0];
        let back = pool.submit(|floats: Vec<f64>| floats, odd.clone()).unwrap().result().unwrap();
        assert!(back.iter().zip(&odd).all(|(a, b)| a.to_bits() == b.to_bits()));
    });
}

/// SUB-01: large values inside of others, several of them.
#[test]
fn nested() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Tree {
        name: String,
        data: Vec<u8>,
        children: Vec<Tree>,
    }
    fn tree(depth: usize) -> Tree {
        let children = (0..2).filter(|_| depth > 0).map(|_| tree(depth - 1)).collect();
        Tree { name: "x".repeat(depth * 100), data: bytes(depth * 30_000), children }
    }
    guarded("nested", || {
        let pool = pool(2);
        for depth in 0..5 {
            let back = pool.submit(|tree: Tree| tree, tree(depth)).unwrap();
            assert!(back.result().unwrap() == tree(depth), "{depth}");
            let made = pool.submit(tree, depth).unwrap();
            assert!(made.result().unwrap() == tree(depth), "{depth}");
        }
    });
}

/// BRK-11: many large values at a time, on their way in both directions, of which some are not waited
/// for, some cancelled.
#[test]
fn many_at_a_time() {
    guarded("many_at_a_time", || {
        let scratch = Scratch::new();
        let pool = pool(2);
        let busy = Busy::occupy(&pool, &scratch, 2);
        let futures: Vec<_> = (0..200)
            .map(|n| {
                let sent = bytes(40_000 + n * 400);
                pool.submit(|bytes: Vec<u8>| bytes, sent).unwrap()
            })
            .collect();
        for future in futures.iter().step_by(3) {
            assert!(future.cancel());
        }
        busy.release();
        for (n, outcome) in join_all(futures).into_iter().enumerate() {
            match n % 3 {
                0 => assert_eq!(outcome, Err(TaskError::Cancelled)),
                _ => assert!(outcome.unwrap() == bytes(40_000 + n * 400), "{n}"),
            }
        }
    });
}

/// BRK-11: far more results than fit in the ring, which nobody is waiting for yet.
#[test]
fn more_than_the_ring_holds() {
    guarded("more_than_the_ring_holds", || {
        let pool = pool(2);
        for len in [100, 5000, 60_000] {
            let futures: Vec<_> = (0..2000).map(|_| pool.submit(bytes, len).unwrap()).collect();
            assert!(pool.submit(square, 3).unwrap().result().is_ok());
            let expected = bytes(len);
            for future in futures {
                assert!(future.result().unwrap() == expected);
            }
        }
    });
}

/// MAP-11, MAP-01: maps with items and results of all sizes.
#[test]
fn maps_of_large_items() {
    guarded("maps_of_large_items", || {
        let pool = pool(2);
        let mapped = pool.map(bytes, LENGTHS).unwrap();
        for (outcome, len) in mapped.zip(LENGTHS) {
            assert!(outcome.unwrap() == bytes(len), "{len}");
        }
        let items: Vec<_> = LENGTHS.iter().cycle().take(150).map(|&len| bytes(len)).collect();
        let mapped = pool.map(|bytes: Vec<u8>| bytes, items.clone()).unwrap();
        for (outcome, item) in mapped.zip(items) {
            assert!(outcome.unwrap() == item);
        }
    });
}

/// MAP-11, BRK-05: an item of a batch that lies in shared memory, and kills its worker.
#[test]
fn maps_of_large_deadly_items() {
    guarded("maps_of_large_deadly_items", || {
        let pool = pool(2);
        let maybe_exit = |bytes: Vec<u8>| match bytes[0] {
            9 => std::process::exit(1),
            n => usize::from(n) + bytes.len(),
        };
        for size in [3000, 31_000, 70_000] {
            let items: Vec<_> = (0..40).map(|n| vec![n; size]).collect();
            let outcomes = pool.map(maybe_exit, items).unwrap();
            for (n, outcome) in outcomes.enumerate() {
                match n {
                    9 => assert!(matches!(outcome, Err(TaskError::WorkerDied(_))), "{outcome:?}"),
                    _ => assert_eq!(outcome, Ok(n + size)),
                }
            }
        }
    });
}

/// MAP-01, MAP-02: a map of very many items.
#[test]
fn maps_of_many_items() {
    guarded("maps_of_many_items", || {
        let pool = pool(2);
        let results = pool.map(square, 0..100_000).unwrap();
        assert!(results.eq((0..100_000).map(|n| Ok(n * n))));
        assert_eq!(pool.stats().completed, 100_000);
        assert!(pool.shutdown(Shutdown::wait()));
    });
}
