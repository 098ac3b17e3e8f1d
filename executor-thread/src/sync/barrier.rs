//! [`Barrier`]: everybody waits until all are there.
//!
//! # Protocol
//!
//! Everything is in a [`State`] behind one lock, and everybody who waits does so for `changed`. A round is
//! the time from the first arrival to the moment when all who wait are let go; it has a number, and
//! ends in one of two ways:
//!
//! - **Well**: the last to arrive sets `acting`, runs the action without the lock, and if the round is
//!   still the same one ends it.
//! - **Badly**: a timeout, `abort`, `reset` or a panic of the action ends it, and leaves in `failures`
//!   the reason and how many have still to see it. All but `reset` also break the barrier.
//!
//! Ending a round is: next number, nobody waiting, not acting, everybody notified. Who was waiting finds
//! that the number is no longer its own; if there is a failure under its number, that is the outcome, else
//! all went well. So it makes no difference how late it wakes up, or what has happened since.
//!
//! # Invariants
//!
//! - `waiting < parties`, unless `acting`: then all are there and none is let in, nor does a timeout count.
//! - A round gets one outcome for all its parties: under the lock, by whoever changes the number.
//! - A failure is removed by the last who sees it, so there are rarely any.
//! - While the barrier is broken nobody waits.
//!
//! Models: `models/barrier.rs`.

use crate::patience::Patience;
use crate::primitives::{Condvar, Mutex, MutexGuard};
use executor_core::{BrokenBarrier, ZeroParties};
use std::fmt;
use std::time::Duration;

/// A meeting point of a fixed number of threads, for any number of rounds.
///
/// [`wait`](Self::wait) returns when all parties have called it, with a number for each from 0 on. What
/// `std::sync::Barrier` lacks: an action that is run once each round before anybody goes on, timeouts,
/// [`abort`](Self::abort) and [`reset`](Self::reset). Python's `threading.Barrier`.
///
/// ```
/// use executor_thread::sync::Barrier;
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use std::thread;
///
/// let barrier = Barrier::new(3)?;
/// let ready = AtomicUsize::new(0);
/// thread::scope(|scope| {
///     for _ in 0..3 {
///         scope.spawn(|| {
///             ready.fetch_add(1, Ordering::Relaxed);
///             barrier.wait().expect("nobody breaks it");
///             assert_eq!(ready.load(Ordering::Relaxed), 3);
///         });
///     }
/// });
/// # Ok::<(), executor_core::ZeroParties>(())
/// ```
pub struct Barrier {
    parties: usize,
    /// For waits that name none.
    timeout: Option<Duration>,
    action: Option<Box<dyn Fn() + Send + Sync>>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    round: u64,
    /// How many have arrived in this round.
    waiting: usize,
    /// All are there, and the action is running.
    acting: bool,
    broken: Option<BrokenBarrier>,
    failures: Vec<Failure>,
}

/// A round that ended badly.
#[derive(Debug)]
struct Failure {
    round: u64,
    reason: BrokenBarrier,
    /// How many have still to see it.
    unseen: usize,
}

impl Barrier {
    /// A barrier for so many threads, without an action or a timeout.
    ///
    /// # Errors
    ///
    /// [`ZeroParties`] for `0`. With `1` nobody ever waits.
    pub fn new(parties: usize) -> Result<Self, ZeroParties> {
        if parties == 0 {
            return Err(ZeroParties);
        }
        let state =
            State { round: 0, waiting: 0, acting: false, broken: None, failures: Vec::new() };
        Ok(Self {
            parties,
            timeout: None,
            action: None,
            state: Mutex::new(state),
            changed: Condvar::new(),
        })
    }

    /// The same barrier with an action that is run once each round, when all are there and before anybody
    /// goes on, by the last to come.
    ///
    /// It may use the barrier, but to wait at it would be to wait for ever. If it panics, the barrier is
    /// broken; the panic goes on in the thread that ran it.
    ///
    /// ```
    /// use executor_thread::sync::Barrier;
    ///
    /// let barrier = Barrier::new(1)?.with_action(|| println!("all are there"));
    /// assert_eq!(barrier.wait(), Ok(0));
    /// # Ok::<(), executor_core::ZeroParties>(())
    /// ```
    #[must_use]
    pub fn with_action(mut self, action: impl Fn() + Send + Sync + 'static) -> Self {
        self.action = Some(Box::new(action));
        self
    }

    /// The same barrier with a timeout for every [`wait`](Self::wait).
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Waits until all parties are there.
    ///
    /// Returns a number below [`parties`](Self::parties), to each of the parties another: to do something
    /// once each round, let the one with 0 do it. Blocks until the last has come or somebody breaks or
    /// resets the barrier, or for the timeout of the barrier, if it has one.
    ///
    /// # Errors
    ///
    /// [`BrokenBarrier`], with the reason: at once if the barrier is broken already.
    pub fn wait(&self) -> Result<usize, BrokenBarrier> {
        self.wait_for(self.timeout)
    }

    /// [`wait`](Self::wait), for so long at most.
    ///
    /// If the time passes, the barrier is broken, for everybody: without this thread the others would wait
    /// in vain. A timeout beyond the end of the clock, such as `Duration::MAX`, is for ever.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait); [`BrokenBarrier::TimedOut`] if the time has passed.
    ///
    /// ```
    /// use executor_core::BrokenBarrier;
    /// use executor_thread::sync::Barrier;
    /// use std::time::Duration;
    ///
    /// let barrier = Barrier::new(2)?;
    /// let alone = barrier.wait_timeout(Duration::from_millis(10));
    /// assert_eq!(alone, Err(BrokenBarrier::TimedOut));
    /// assert!(barrier.is_broken());
    /// # Ok::<(), executor_core::ZeroParties>(())
    /// ```
    pub fn wait_timeout(&self, timeout: Duration) -> Result<usize, BrokenBarrier> {
        self.wait_for(Some(timeout))
    }

    fn wait_for(&self, timeout: Option<Duration>) -> Result<usize, BrokenBarrier> {
        let mut state = self.state.lock();
        while state.acting {
            self.changed.wait(&mut state); // for the round before to end
        }
        if let Some(reason) = state.broken {
            return Err(reason);
        }
        let round = state.round;
        let index = state.waiting;
        state.waiting += 1;
        if state.waiting == self.parties {
            return self.let_go(state, round).map(|()| index);
        }
        let patience = timeout.map_or(Patience::Endless, Patience::lasting);
        let mut in_time = true;
        while state.round == round {
            if in_time {
                in_time = patience.wait(&self.changed, &mut state);
            } else if state.acting {
                self.changed.wait(&mut state); // all are there: it is not too late
            } else {
                self.break_up(&mut state, BrokenBarrier::TimedOut);
            }
        }
        state.outcome_of(round).map(|()| index)
    }

    /// The last has come: runs the action, and ends the round.
    fn let_go<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        round: u64,
    ) -> Result<(), BrokenBarrier> {
        if let Some(action) = &self.action {
            state.acting = true;
            drop(state);
            let panicking = BreakUp(self, round);
            action();
            std::mem::forget(panicking);
            state = self.state.lock();
            if state.round != round {
                return state.outcome_of(round);
            }
        }
        self.end(&mut state);
        Ok(())
    }

    /// Breaks the barrier: for everybody, until it is reset.
    ///
    /// Who waits gets [`BrokenBarrier::Aborted`], and so does who comes later. For a thread that cannot
    /// keep the appointment. Python's `abort`.
    ///
    /// ```
    /// use executor_core::BrokenBarrier;
    /// use executor_thread::sync::Barrier;
    ///
    /// let barrier = Barrier::new(2)?;
    /// barrier.abort();
    /// assert_eq!(barrier.wait(), Err(BrokenBarrier::Aborted));
    /// barrier.reset();
    /// assert!(!barrier.is_broken());
    /// # Ok::<(), executor_core::ZeroParties>(())
    /// ```
    pub fn abort(&self) {
        self.break_up(&mut self.state.lock(), BrokenBarrier::Aborted);
    }

    /// Makes the barrier as new. Who waits gets [`BrokenBarrier::Reset`]. Python's `reset`.
    pub fn reset(&self) {
        let mut state = self.state.lock();
        if state.waiting > 0 {
            self.fail(&mut state, BrokenBarrier::Reset);
        }
        state.broken = None;
    }

    /// Whether it is broken. Does not block.
    pub fn is_broken(&self) -> bool {
        self.state.lock().broken.is_some()
    }

    /// How many have arrived in this round: a hint, since others come and go. Does not block.
    pub fn n_waiting(&self) -> usize {
        self.state.lock().waiting
    }

    /// How many threads it takes.
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// Ends the round, and breaks the barrier if it is not broken.
    fn break_up(&self, state: &mut State, reason: BrokenBarrier) {
        state.broken.get_or_insert(reason);
        if state.waiting > 0 {
            self.fail(state, reason);
        }
    }

    /// Ends the round badly for those who wait.
    fn fail(&self, state: &mut State, reason: BrokenBarrier) {
        let (round, unseen) = (state.round, state.waiting);
        state.failures.push(Failure { round, reason, unseen });
        self.end(state);
    }

    fn end(&self, state: &mut State) {
        state.round += 1;
        state.waiting = 0;
        state.acting = false;
        self.changed.notify_all();
    }
}

impl State {
    /// How a round ended. To be asked once by each of those who waited in it.
    fn outcome_of(&mut self, round: u64) -> Result<(), BrokenBarrier> {
        let Some(index) = self.failures.iter().position(|failure| failure.round == round) else {
            return Ok(());
        };
        let failure = &mut self.failures[index];
        let reason = failure.reason;
        failure.unseen -= 1;
        if failure.unseen == 0 {
            self.failures.swap_remove(index);
        }
        Err(reason)
    }
}

/// Breaks the barrier when it is dropped, which it is if the action panics.
struct BreakUp<'a>(&'a Barrier, u64);

impl Drop for BreakUp<'_> {
    fn drop(&mut self) {
        let Self(barrier, round) = *self;
        let mut state = barrier.state.lock();
        if state.round == round {
            barrier.break_up(&mut state, BrokenBarrier::ActionPanicked);
        }
        // This thread was one of the parties, and hears of it by the panic.
        let _ = state.outcome_of(round);
    }
}

/// How many wait, of how many, and whether it is broken.
impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (waiting, broken) = {
            let state = self.state.lock();
            (state.waiting, state.broken)
        };
        f.debug_struct("Barrier")
            .field("n_waiting", &waiting)
            .field("parties", &self.parties)
            .field("broken", &broken)
            .finish_non_exhaustive()
    }
}
