//! Joins of several pools in one thread, and in threads that are nobody's.

use crate::pool;
use crate::support::guarded;
use concurrent_futures::ThreadPoolExecutor;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// A tree whose levels take turns between two pools.
fn alternate(one: &ThreadPoolExecutor, other: &ThreadPoolExecutor, depth: u32) -> u64 {
    if depth == 0 {
        return 1;
    }
    let below = || alternate(other, one, depth - 1);
    let (left, right) = one.join(below, below);
    left + right
}

/// Each pool's halves stay with it, whichever is called inside which.
#[test]
fn in_turns() {
    guarded("in_turns", || {
        for (workers, others) in [(1, 1), (2, 1), (3, 4)] {
            let (one, other) = (pool(workers), pool(others));
            assert_eq!(alternate(&one, &other, 14), 1 << 14);
            one.scope(|scope| {
                let task = scope.spawn(|| alternate(&one, &other, 14)).unwrap();
                assert_eq!(alternate(&other, &one, 14), 1 << 14);
                assert_eq!(task.result(), Ok(1 << 14));
            });
        }
    });
}

/// A pool's halves go to its own threads, also from inside of another one's `join`.
#[test]
fn to_their_own_threads() {
    guarded("to_their_own_threads", || {
        let named = |name: &str| {
            let builder = ThreadPoolExecutor::builder().max_workers(1).thread_name_prefix(name);
            builder.build().unwrap()
        };
        let (outer, inner) = (named("outer"), named("inner"));
        let (sender, receiver) = channel();
        let tell = || sender.send(thread::current().name().map(str::to_owned)).unwrap();
        let (name, ()) = outer.join(
            // The inner pool's first half waits for its second, which is given away at once.
            || inner.join(|| receiver.recv().unwrap(), tell).0,
            || (),
        );
        assert_eq!(name.as_deref(), Some("inner_0"));
    });
}

/// A pool that lives inside of a half of another one's.
#[test]
fn one_inside_the_other() {
    guarded("one_inside_the_other", || {
        let outer = pool(2);
        let sums = outer.join(
            || alternate(&pool(2), &outer, 10),
            || {
                let inner = pool(1);
                alternate(&outer, &inner, 10)
            },
        );
        assert_eq!(sums, (1024, 1024));
    });
}

/// In a thread that ends, when its variables are being dropped; in a pool that has no thread yet as well.
///
/// On Windows no other thread can end meanwhile, and so no pool: see `docs/portability.md`.
#[test]
fn in_a_dying_thread() {
    struct AtTheEnd(Sender<u64>, Arc<ThreadPoolExecutor>);
    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            self.0.send(alternate(&self.1, &self.1, 10)).unwrap();
        }
    }
    thread_local! {
        static EARLY: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
    }
    guarded("in_a_dying_thread", || {
        let (sender, receiver) = channel();
        let (fresh, used) = (Arc::new(pool(2)), Arc::new(pool(2)));
        let ends_here = cfg!(windows).then(|| (Arc::clone(&fresh), Arc::clone(&used)));
        let thread = thread::spawn(move || {
            EARLY.set(Some(AtTheEnd(sender.clone(), fresh)));
            assert_eq!(alternate(&used, &used, 10), 1024);
            LATE.set(Some(AtTheEnd(sender, used)));
        });
        thread.join().unwrap();
        drop(ends_here);
        assert_eq!(receiver.iter().collect::<Vec<_>>(), [1024, 1024]);
    });
}
