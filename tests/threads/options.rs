//! Row SUB-06, the extra: priorities. And the refusal of what threads cannot do.

use crate::pool;
use crate::support::{Busy, Scratch, guarded};
use concurrent_futures::{
    Executor, SubmitError, TaskOption, TaskOptions, ThreadPoolExecutor, join_all,
};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// SUB-06 (an extra): higher priorities start first, equal ones in the order submitted, and what has
/// none is in the middle.
#[test]
fn priorities_order_the_queue() {
    guarded("priorities_order_the_queue", || {
        let scratch = Scratch::new();
        let pool = pool(1);
        let busy = Busy::occupy(&pool, &scratch, 1);
        let order = Arc::new(Mutex::new(Vec::new()));
        let submissions = [(0, 'e'), (-1, 'g'), (5, 'b'), (0, 'f'), (9, 'a'), (5, 'c'), (1, 'd')];
        let futures = submissions.map(|(priority, name)| {
            let order = Arc::clone(&order);
            let options = TaskOptions::new().with_priority(priority);
            pool.submit_with(move |name| order.lock().unwrap().push(name), name, options).unwrap()
        });
        busy.release();
        assert!(join_all(futures).iter().all(Result::is_ok));
        assert_eq!(order.lock().unwrap().iter().collect::<String>(), "abcdefg");
    });
}

/// SUB-06 (an extra): what is urgent is run between the items of a map.
#[test]
fn urgent_tasks_overtake_a_map() {
    guarded("urgent_tasks_overtake_a_map", || {
        let scratch = Scratch::new();
        let pool = pool(1);
        let gate = scratch.gate();
        let order = Arc::new(Mutex::new(Vec::new()));
        let (log, opened) = (Arc::clone(&order), gate.gate());
        let item = move |n: u64| {
            log.lock().unwrap().push(n.to_string());
            if n == 0 {
                opened.wait_open();
            }
        };
        let results = pool.map(item, 0..5).unwrap();
        crate::support::eventually("the first item", || !order.lock().unwrap().is_empty());
        let log = Arc::clone(&order);
        let urgent = TaskOptions::new().with_priority(1);
        let overtaking =
            pool.submit_with(move |()| log.lock().unwrap().push("urgent".to_owned()), (), urgent);
        gate.open();
        assert_eq!(results.count(), 5);
        overtaking.unwrap().result().unwrap();
        assert_eq!(*order.lock().unwrap(), ["0", "urgent", "1", "2", "3", "4"]);
    });
}

/// SUB-01 (an extra): the inherent `submit_with` refuses what the trait's refuses.
#[test]
fn threads_cannot_be_stopped() {
    guarded("threads_cannot_be_stopped", || {
        let pool = pool(1);
        for (option, options) in [
            (TaskOption::Deadline, TaskOptions::new().with_deadline(Duration::from_secs(1))),
            (TaskOption::Retries, TaskOptions::new().with_retries(1)),
        ] {
            let refused = pool.submit_with(|n: u64| n, 1, options.clone()).unwrap_err();
            assert_eq!(refused, SubmitError::Unsupported(option));
            let refused = Executor::submit_with(&pool, |n: u64| n, 1, options).unwrap_err();
            assert_eq!(refused, SubmitError::Unsupported(option));
        }
        assert!(pool.supports(TaskOption::Name) && pool.supports(TaskOption::Priority));
    });
}

/// SUB-08 (better): deep nesting needs no deep stack.
#[test]
fn small_stacks_suffice() {
    fn link(pool: &Arc<ThreadPoolExecutor>, left: u32) -> u32 {
        if left == 0 {
            return 0;
        }
        let inner = Arc::clone(pool);
        pool.spawn(move || link(&inner, left - 1)).unwrap().result().unwrap() + 1
    }
    guarded("small_stacks_suffice", || {
        let builder = ThreadPoolExecutor::builder().max_workers(1);
        let pool = Arc::new(builder.stack_size(512 * 1024).build().unwrap());
        let inner = Arc::clone(&pool);
        assert_eq!(pool.spawn(move || link(&inner, 5000)).unwrap().result(), Ok(5000));
    });
}
