//! Items of a `map`, some of which take their worker with them: the others must not notice.

use crate::books::{Books, Fate};
use crate::killer;
use crate::ledger::{self, perform};
use crate::plan::{Dice, Plan};
use crate::run::{fate, repeat};
use crate::support::Scratch;
use concurrent_futures::{Executor, MapOptions, Shutdown};
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;

fn run_map(plan: &Plan, options: MapOptions) {
    repeat(plan.name, |seed| {
        let scratch = Scratch::new();
        let path = scratch.path().join("ledger");
        File::create(&path).expect("a file in the test's directory");
        let pool = Arc::new(plan.pool(&path));
        let mut books = Books::new(plan);
        let (done, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        thread::scope(|scope| {
            let (done, stop) = (&done, &stop);
            let weak = Arc::downgrade(&pool);
            scope.spawn(move || killer::rage(plan, &weak, done, stop, Dice::new(seed, 1)));
            let mut dice = Dice::new(seed, 0);
            let orders = (0..plan.tasks).map(move |index| plan.order(index, &mut dice));
            let orders: Vec<_> = orders.collect();
            let results = pool.map_with(perform, orders, options).expect("it is open");
            for (index, outcome) in (0..).zip(results) {
                books.note(index, fate(index, outcome));
                done.fetch_add(1, SeqCst);
            }
            stop.store(true, SeqCst);
        });
        books.note_stats(pool.stats());
        assert!(pool.shutdown(Shutdown::wait()));
        drop(pool);
        books.check(&ledger::read(&path));
    });
}

/// Lots as the pool chooses them.
#[test]
fn items_crash() {
    let plan = Plan { name: "items_crash", kills: 0, exits: 10, ..Plan::default() };
    run_map(&plan, MapOptions::new());
}

#[test]
fn workers_are_killed_during_a_map() {
    let plan = Plan {
        name: "workers_are_killed_during_a_map",
        tasks: 20_000,
        kills: 100,
        ..Plan::default()
    };
    run_map(&plan, MapOptions::new());
}

#[test]
fn items_in_chunks_crash() {
    for chunksize in [2, 7, 100] {
        let plan = Plan { name: "items_in_chunks_crash", kills: 10, exits: 10, ..Plan::default() };
        run_map(&plan, MapOptions::new().with_chunksize(chunksize));
    }
}

#[test]
fn items_of_a_lazy_map_crash() {
    let plan = Plan { name: "items_of_a_lazy_map_crash", kills: 10, exits: 10, ..Plan::default() };
    run_map(&plan, MapOptions::new().with_buffersize(50));
    run_map(&plan, MapOptions::new().with_buffersize(50).with_chunksize(5));
}

#[test]
fn items_crash_where_workers_live_for_a_few() {
    for tasks in [1, 3, 20] {
        let plan = Plan {
            name: "items_crash_where_workers_live_for_a_few",
            tasks: 100 * tasks as u32,
            kills: 10,
            exits: 10,
            max_tasks_per_child: Some(tasks),
            ..Plan::default()
        };
        run_map(&plan, MapOptions::new());
        run_map(&plan, MapOptions::new().with_chunksize(4));
    }
}

#[test]
fn items_crash_where_workers_have_several_threads() {
    let plan = Plan {
        name: "items_crash_where_workers_have_several_threads",
        kills: 10,
        exits: 5,
        threads: 3,
        workers: 2,
        ..Plan::default()
    };
    run_map(&plan, MapOptions::new());
    run_map(&plan, MapOptions::new().with_chunksize(6));
}

/// Batches that are too large for the ring of arguments, and items that are.
#[test]
fn large_items_crash() {
    let plan = Plan {
        name: "large_items_crash",
        tasks: 400,
        kills: 10,
        exits: 10,
        large: 300,
        ..Plan::default()
    };
    run_map(&plan, MapOptions::new());
    run_map(&plan, MapOptions::new().with_chunksize(5));
    let shared = Plan { name: "large_items_crash, shared", large: 0, shared: 300, ..plan };
    run_map(&shared, MapOptions::new());
}

/// Nobody reads the results of the rest; the pool must come to its end all the same.
#[test]
fn a_map_is_left_while_items_crash() {
    let plan = Plan { name: "a_map_is_left_while_items_crash", exits: 20, ..Plan::default() };
    repeat(plan.name, |seed| {
        let scratch = Scratch::new();
        let path = scratch.path().join("ledger");
        File::create(&path).expect("a file in the test's directory");
        let pool = plan.pool(&path);
        let mut dice = Dice::new(seed, 0);
        let orders: Vec<_> = (0..plan.tasks).map(|index| plan.order(index, &mut dice)).collect();
        let mut results = pool.map(perform, orders).expect("it is open");
        for index in 0..100 {
            let outcome = results.next().expect("there are more");
            let known = fate(index, outcome);
            assert!(matches!(known, Fate::Value | Fate::Panicked | Fate::Died(_)), "{known:?}");
        }
        drop(results);
        assert!(pool.shutdown(Shutdown::wait()));
        assert_eq!(pool.worker_pids(), []);
    });
}
