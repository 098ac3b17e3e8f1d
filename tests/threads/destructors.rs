//! Row SHUT-10: submitting while a thread is being torn down.

use crate::pool;
use crate::support::{child, guarded};
use concurrent_futures::{Executor, InlineExecutor, Shutdown, SubmitError, ThreadPoolExecutor};
use std::cell::RefCell;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// Submits when it is dropped, and tells how that went.
struct LastWords {
    pool: Arc<ThreadPoolExecutor>,
    outcome: Sender<Result<u64, SubmitError>>,
}

impl Drop for LastWords {
    fn drop(&mut self) {
        let submitted = self.pool.submit(|n: u64| n + 1, 1);
        self.outcome.send(submitted.map(|future| future.result().unwrap())).unwrap();
    }
}

thread_local! {
    static LAST_WORDS: RefCell<Option<LastWords>> = const { RefCell::new(None) };
}

/// SHUT-10 (not applicable; what is kept of it): in the destructor of a thread-local variable a pool
/// works as ever, and one that was shut down answers with an error, not a panic.
#[test]
fn submitting_from_a_dying_thread() {
    guarded("submitting_from_a_dying_thread", || {
        let pool = Arc::new(pool(1));
        if cfg!(windows) {
            // Destructors run there while the system holds the lock without which no thread can begin, so
            // whoever waits in one for a task needs a thread that is there already. See `docs/portability.md`.
            assert_eq!(pool.submit(|n: u64| n, 1).unwrap().result(), Ok(1));
        }
        let (outcome, outcomes) = channel();
        for _ in 0..2 {
            let words = LastWords { pool: Arc::clone(&pool), outcome: outcome.clone() };
            let thread = thread::spawn(move || LAST_WORDS.set(Some(words)));
            thread.join().unwrap();
            pool.shutdown(Shutdown::wait());
        }
        assert_eq!(outcomes.recv(), Ok(Ok(2)));
        assert_eq!(outcomes.recv(), Ok(Err(SubmitError::ShutDown)));
    });
}

/// SHUT-10, SUB-03 (what is kept of it): a task may panic there too.
#[test]
fn panicking_in_a_dying_thread() {
    guarded("panicking_in_a_dying_thread", || {
        let mut program = child::program("destructors::program_that_panics_in_a_dying_thread");
        child::run(program.stderr(Stdio::null()));
    });
}

/// See `panicking_in_a_dying_thread`.
#[test]
fn program_that_panics_in_a_dying_thread() {
    if !child::is_program() {
        return;
    }
    /// Runs a task that panics, when it is dropped.
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            assert!(submit().is_err());
        }
    }
    thread_local! {
        static PANICS: RefCell<Option<Panics>> = const { RefCell::new(None) };
    }
    fn submit() -> Result<(), concurrent_futures::TaskError> {
        InlineExecutor::new().submit(|()| panic!("on purpose"), ()).unwrap().result()
    }
    let thread = thread::spawn(|| {
        PANICS.set(Some(Panics)); // first, and so dropped after what the library keeps
        assert!(submit().is_err());
    });
    thread.join().unwrap();
}
