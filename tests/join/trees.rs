//! Joins inside of joins.

use crate::support::guarded;
use crate::{everywhere, pool};
use concurrent_futures::ThreadPoolExecutor;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The sizes of the two trees below the root of one with this many nodes.
fn children(nodes: u64) -> [u64; 2] {
    let left = (nodes - 1) / 2;
    [left, nodes - 1 - left]
}

fn count(pool: &ThreadPoolExecutor, nodes: u64) -> u64 {
    match children(nodes) {
        [0, 0] => 1,
        [0, nodes] | [nodes, 0] => 1 + count(pool, nodes),
        [left, right] => {
            let (left, right) = pool.join(|| count(pool, left), || count(pool, right));
            1 + left + right
        }
    }
}

/// SUB-08 (better): a balanced tree of 100,000 nodes.
#[test]
fn a_balanced_tree() {
    everywhere("a_balanced_tree", |pool| {
        for nodes in [1, 2, 3, 100, 100_000] {
            assert_eq!(count(pool, nodes), nodes);
        }
    });
}

/// SUB-08 (better): chains of 100,000 joins, in the first half or in the second, on the small stacks
/// of workers too.
#[test]
fn deep_chains() {
    const DEPTH: u64 = 100_000;
    fn first(pool: &ThreadPoolExecutor, depth: u64) -> u64 {
        if depth == 0 {
            return 0;
        }
        let (below, one) = pool.join(|| first(pool, depth - 1), || 1);
        below + one
    }
    fn second(pool: &ThreadPoolExecutor, depth: u64) -> u64 {
        if depth == 0 {
            return 0;
        }
        let (one, below) = pool.join(|| 1, || second(pool, depth - 1));
        below + one
    }
    everywhere("deep_chains", |pool| {
        assert_eq!(first(pool, DEPTH), DEPTH);
        assert_eq!(second(pool, DEPTH), DEPTH);
    });
    guarded("deep_chains", || {
        let builder = ThreadPoolExecutor::builder().max_workers(2).stack_size(64 * 1024);
        let pool = builder.build().unwrap();
        pool.scope(|scope| {
            let task = scope.spawn(|| (first(&pool, DEPTH), second(&pool, DEPTH))).unwrap();
            assert_eq!(task.result(), Ok((DEPTH, DEPTH)));
        });
    });
}

/// A tree in which each half calls `join` many times, one after the other.
#[test]
fn a_bushy_tree() {
    fn grow(pool: &ThreadPoolExecutor, depth: u32, nodes: &AtomicUsize) {
        nodes.fetch_add(1, Ordering::Relaxed);
        if depth > 0 {
            for _ in 0..6 {
                let grow = || grow(pool, depth - 1, nodes);
                pool.join(grow, grow);
            }
        }
    }
    everywhere("a_bushy_tree", |pool| {
        let nodes = AtomicUsize::new(0);
        grow(pool, 4, &nodes);
        assert_eq!(nodes.into_inner(), 1 + 12 + 144 + 1728 + 20736);
    });
}

fn quicksort(pool: &ThreadPoolExecutor, numbers: &mut [u32]) {
    if numbers.len() < 2 {
        return;
    }
    let last = numbers.len() - 1;
    numbers.swap(last / 2, last);
    let mut smaller = 0;
    for n in 0..last {
        if numbers[n] < numbers[last] {
            numbers.swap(n, smaller);
            smaller += 1;
        }
    }
    numbers.swap(smaller, last);
    let (low, high) = numbers.split_at_mut(smaller);
    pool.join(|| quicksort(pool, low), || quicksort(pool, &mut high[1..]));
}

/// Sorts in place: disjoint parts of a slice on the stack of the caller.
#[test]
fn sorting() {
    everywhere("sorting", |pool| {
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        let mut numbers: Vec<u32> = (0..50_000).map(|_| random()).collect();
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        quicksort(pool, &mut numbers);
        assert_eq!(numbers, sorted);
    });
}

/// Several threads divide work in the same pool at the same time.
#[test]
fn many_callers() {
    guarded("many_callers", || {
        let pool = pool(3);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for nodes in (1..20_000).step_by(997) {
                        assert_eq!(count(&pool, nodes), nodes);
                    }
                });
            }
        });
    });
}

/// SUB-08: tasks that are waited for inside of joins, and joins inside of those.
#[test]
fn joins_and_futures() {
    everywhere("joins_and_futures", |pool| {
        let tree = pool.scope(|scope| {
            let task = || scope.spawn(|| count(pool, 3000)).unwrap();
            let (first, second) = pool
                .join(|| task().result().unwrap(), || pool.join(|| task().result().unwrap(), task));
            first + second.0 + second.1.result().unwrap()
        });
        assert_eq!(tree, 9000);
    });
}
