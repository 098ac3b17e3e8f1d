//! Putting a thread to sleep on the address of a word, and waking it.
//!
//! An event or a semaphore is one word. Who has to wait announces it in the word (a bit for that) and
//! sleeps in `parking_lot`'s global table under the word's address, with a token that says what it
//! waits for. `validate` runs under the lock of the table, and so do the choice of who is woken and what
//! is done about it: so nobody sleeps through a change of the word that was announced to them.

use std::time::Instant;

/// How a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slept {
    /// Woken, and told this.
    Woken(usize),
    /// `validate` said no.
    NotAtAll,
    /// The deadline passed, and nobody had woken this thread before.
    TimedOut,
}

/// What is known about those who are about to be woken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Woken {
    pub(crate) count: usize,
    /// Whether others go on sleeping under the same address.
    pub(crate) others: bool,
    /// Whether it is time that one who has slept gets its turn before one who has just come. True once
    /// in half a millisecond on average.
    pub(crate) be_fair: bool,
}

#[cfg(not(loom))]
mod imp {
    use super::{Instant, Slept, Woken};
    use parking_lot_core::{FilterOp, ParkResult, ParkToken, UnparkToken};

    /// Sleeps under the address of `word`, if `validate` agrees, until woken or the deadline.
    ///
    /// If the deadline passes, `leave` is told whether nobody else sleeps there. `validate` and
    /// `leave` must do nothing but look at and change atomics.
    pub(crate) fn park<W>(
        word: &W,
        token: usize,
        validate: impl FnOnce() -> bool,
        leave: impl FnOnce(bool),
        deadline: Option<Instant>,
    ) -> Slept {
        // SAFETY: the callers' closures only use atomics, as required above, so they neither panic nor
        // call back into the table. The key is the address of a word of ours that is borrowed for the
        // whole call, so no other user of the table has it.
        let result = unsafe {
            parking_lot_core::park(
                address(word),
                validate,
                || {},
                |_, was_last| leave(was_last),
                ParkToken(token),
                deadline,
            )
        };
        match result {
            ParkResult::Unparked(UnparkToken(told)) => Slept::Woken(told),
            ParkResult::Invalid => Slept::NotAtAll,
            ParkResult::TimedOut => Slept::TimedOut,
        }
    }

    /// Wakes the first `limit` threads, in the order in which they came, that sleep under the address of
    /// `word` with this token. They are told what `tell` returns.
    ///
    /// `tell` must do nothing but look at and change atomics.
    pub(crate) fn unpark<W>(
        word: &W,
        token: usize,
        mut limit: usize,
        tell: impl FnOnce(Woken) -> usize,
    ) {
        let choose = |ParkToken(theirs)| match (limit, theirs == token) {
            (0, _) => FilterOp::Stop,
            (_, false) => FilterOp::Skip,
            (_, true) => {
                limit -= 1;
                FilterOp::Unpark
            }
        };
        // SAFETY: as in `park`.
        unsafe {
            parking_lot_core::unpark_filter(address(word), choose, |result| {
                UnparkToken(tell(Woken {
                    count: result.unparked_threads,
                    others: result.have_more_threads,
                    be_fair: result.be_fair,
                }))
            });
        }
    }

    fn address<W>(word: &W) -> usize {
        std::ptr::from_ref(word).addr()
    }
}

/// The table as a list, and a deadline as something that can pass at any moment.
#[cfg(loom)]
mod imp {
    use super::{Instant, Slept, Woken};
    use loom::sync::{Condvar, Mutex};
    use std::cell::Cell;
    use std::sync::Arc;

    loom::lazy_static! {
        static ref TABLE: Mutex<Vec<Sleeper>> = Mutex::new(Vec::new());
    }

    thread_local! {
        /// What models are told about fairness. loom runs all threads of a model in one real thread.
        pub(crate) static BE_FAIR: Cell<bool> = const { Cell::new(false) };
    }

    #[derive(Clone)]
    struct Sleeper {
        address: usize,
        token: usize,
        bed: Arc<Bed>,
    }

    struct Bed {
        /// What the sleeper was told. Only looked at under the lock of the table.
        told: std::sync::Mutex<Option<usize>>,
        woken: Condvar,
    }

    pub(crate) fn park<W>(
        word: &W,
        token: usize,
        validate: impl FnOnce() -> bool,
        leave: impl FnOnce(bool),
        deadline: Option<Instant>,
    ) -> Slept {
        let mut table = TABLE.lock().unwrap();
        if !validate() {
            return Slept::NotAtAll;
        }
        let bed = Arc::new(Bed { told: std::sync::Mutex::new(None), woken: Condvar::new() });
        let address = address(word);
        table.push(Sleeper { address, token, bed: Arc::clone(&bed) });
        if deadline.is_some() {
            drop(table);
            loom::thread::yield_now();
            table = TABLE.lock().unwrap();
            if let Some(told) = *bed.told.lock().unwrap() {
                return Slept::Woken(told);
            }
            table.retain(|sleeper| !Arc::ptr_eq(&sleeper.bed, &bed));
            leave(!table.iter().any(|sleeper| sleeper.address == address));
            return Slept::TimedOut;
        }
        loop {
            if let Some(told) = *bed.told.lock().unwrap() {
                return Slept::Woken(told);
            }
            table = bed.woken.wait(table).unwrap();
        }
    }

    pub(crate) fn unpark<W>(
        word: &W,
        token: usize,
        limit: usize,
        tell: impl FnOnce(Woken) -> usize,
    ) {
        let mut table = TABLE.lock().unwrap();
        let address = address(word);
        let mut woken = Vec::new();
        table.retain(|sleeper| {
            let chosen =
                woken.len() < limit && sleeper.address == address && sleeper.token == token;
            if chosen {
                woken.push(sleeper.clone());
            }
            !chosen
        });
        let told = tell(Woken {
            count: woken.len(),
            others: table.iter().any(|sleeper| sleeper.address == address),
            be_fair: BE_FAIR.get(),
        });
        for sleeper in woken {
            *sleeper.bed.told.lock().unwrap() = Some(told);
            sleeper.bed.woken.notify_one();
        }
    }

    fn address<W>(word: &W) -> usize {
        std::ptr::from_ref(word).addr()
    }
}

pub(crate) use imp::*;
