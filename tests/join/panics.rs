//! SUB-03: a panic of a half is the panic of the `join`, when both halves are over.

use crate::everywhere;
use concurrent_futures::ThreadPoolExecutor;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The payload of the panic that there must be.
fn panic_of(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).unwrap_err();
    *payload.downcast::<String>().expect("one of ours")
}

fn fail(message: &str) {
    panic_any(message.to_owned());
}

/// In the first half, in the second, in both: the first one's is told. Either half is run in any case.
#[test]
fn in_either_half() {
    everywhere("in_either_half", |pool| {
        for _ in 0..50 {
            let ended = AtomicUsize::new(0);
            let half = |message: &str, fails: bool| {
                ended.fetch_add(1, Ordering::SeqCst);
                if fails {
                    fail(message);
                }
            };
            for (first, second, expected) in
                [(true, false, "first"), (false, true, "second"), (true, true, "first")]
            {
                let told = panic_of(|| {
                    pool.join(|| half("first", first), || half("second", second));
                });
                assert_eq!(told, expected);
                assert_eq!(ended.swap(0, Ordering::SeqCst), 2);
            }
        }
        // The pool is none the worse for it.
        assert_eq!(pool.join(|| 1, || 2), (1, 2));
    });
}

/// Everywhere in a tree: it unwinds through all the joins above, each after its other half, which
/// borrows from the frame that is being left.
#[test]
fn in_a_tree() {
    fn tree(pool: &ThreadPoolExecutor, depth: u32, number: u32, ends: &AtomicUsize) {
        if depth == 0 {
            ends.fetch_add(1, Ordering::SeqCst);
            if number.is_multiple_of(3) {
                fail(&number.to_string());
            }
            return;
        }
        let here = [number; 64];
        pool.join(
            || tree(pool, depth - 1, here[0] * 2, ends),
            || tree(pool, depth - 1, here[63] * 2 + 1, ends),
        );
    }
    everywhere("in_a_tree", |pool| {
        let ends = AtomicUsize::new(0);
        // The leftmost of those that fail.
        assert_eq!(panic_of(|| tree(pool, 10, 1, &ends)), "1026");
        assert_eq!(ends.into_inner(), 1024);
    });
}

/// SUB-04: closures, results and payloads are dropped exactly once, with and without panics.
#[test]
fn nothing_leaks() {
    everywhere("nothing_leaks", |pool| {
        let value = Arc::new(());
        for n in 0..500 {
            let (mut first, mut second) = (Arc::clone(&value), Arc::clone(&value));
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                pool.join(
                    move || {
                        if n % 4 > 1 {
                            panic_any(first);
                        }
                        Arc::make_mut(&mut first);
                        first
                    },
                    move || {
                        if n % 2 > 0 {
                            panic_any(second);
                        }
                        Arc::make_mut(&mut second);
                        second
                    },
                )
            }));
            assert_eq!(outcome.is_ok(), n % 4 == 0);
            drop(outcome);
            assert_eq!(Arc::strong_count(&value), 1);
        }
    });
}

/// A destructor that runs while a panic unwinds divides work too.
#[test]
fn while_unwinding() {
    struct Divides<'p>(&'p ThreadPoolExecutor, &'p AtomicUsize);
    impl Drop for Divides<'_> {
        fn drop(&mut self) {
            let (one, two) = self.0.join(|| 1, || 2);
            self.1.fetch_add(one + two, Ordering::SeqCst);
        }
    }
    everywhere("while_unwinding", |pool| {
        let sum = AtomicUsize::new(0);
        let told = panic_of(|| {
            let _outside = Divides(pool, &sum);
            pool.join(
                || {
                    let _inside = Divides(pool, &sum);
                    fail("on purpose");
                },
                || (),
            );
        });
        assert_eq!((told.as_str(), sum.into_inner()), ("on purpose", 6));
    });
}
