//! [`Gate`]: whether a pool accepts work, and what it owes.
//!
//! | phase      | new work | running `imap`s                   | ends by            |
//! |------------|----------|-----------------------------------|--------------------|
//! | Open       | accepted | take further items                | `close`, `terminate` |
//! | Closed     | refused  | take further items until `join`   | `terminate`        |
//! | Terminated | refused  | take none                         | –                  |
//!
//! The executor is told to end, so that its workers go when they have nothing left to do, by whoever
//! finds the pool closed and without a running `imap`: `close`, or the last of these. Both decide under
//! the lock, so one of them does. Tests: `tests/pool/ending.rs`.

use crate::error::SubmitError;
use crate::sync::{Arc, AtomicUsize, Mutex};
use std::sync::atomic::Ordering::{AcqRel, Acquire};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Open,
    Closed,
    Terminated,
}

#[derive(Debug, Default)]
struct Books {
    phase: Phase,
    /// How many `imap`s are being read.
    feeders: usize,
}

pub(super) struct Gate {
    books: Mutex<Books>,
    /// Asynchronous calls whose result is not ready.
    unfinished: Arc<AtomicUsize>,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self { books: Mutex::new(Books::default()), unfinished: Arc::new(AtomicUsize::new(0)) }
    }

    pub(super) fn phase(&self) -> Phase {
        self.books.lock().phase
    }

    /// Refuses new work unless the pool is open.
    pub(super) fn check(&self) -> Result<(), SubmitError> {
        match self.phase() {
            Phase::Open => Ok(()),
            Phase::Closed | Phase::Terminated => Err(SubmitError::ShutDown),
        }
    }

    /// Closes an open pool; says whether the executor is to be told to end.
    pub(super) fn close(&self) -> bool {
        let mut books = self.books.lock();
        if books.phase == Phase::Open {
            books.phase = Phase::Closed;
        }
        books.phase == Phase::Closed && books.feeders == 0
    }

    /// Terminates the pool; says what it was before.
    pub(super) fn terminate(&self) -> Phase {
        std::mem::replace(&mut self.books.lock().phase, Phase::Terminated)
    }

    /// Lets in an `imap`, which takes items until [`leave`](Self::leave).
    pub(super) fn enter(&self) -> Result<(), SubmitError> {
        let mut books = self.books.lock();
        if books.phase != Phase::Open {
            return Err(SubmitError::ShutDown);
        }
        books.feeders += 1;
        Ok(())
    }

    /// An `imap` takes no more items; says whether the executor is to be told to end.
    pub(super) fn leave(&self) -> bool {
        let mut books = self.books.lock();
        books.feeders -= 1;
        books.phase == Phase::Closed && books.feeders == 0
    }

    /// Counts one asynchronous call, until what is returned is dropped.
    pub(super) fn owe(&self) -> Debt {
        self.unfinished.fetch_add(1, AcqRel);
        Debt(Arc::clone(&self.unfinished))
    }

    pub(super) fn unfinished(&self) -> usize {
        self.unfinished.load(Acquire)
    }
}

/// An asynchronous call whose result is not ready.
pub(super) struct Debt(Arc<AtomicUsize>);

impl Drop for Debt {
    fn drop(&mut self) {
        self.0.fetch_sub(1, AcqRel);
    }
}
