//! What takes part: [`Contestant`], and [`Pool`] for those that are thread pools in this process.

use crate::cases::{self, Case};
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// Something that can be given the cases: a pool of this process or, in principle, anything else.
pub trait Contestant {
    /// The name in the tables and on the command line.
    fn name(&self) -> &'static str;

    /// The version of what is measured.
    fn version(&self) -> &'static str;

    /// Whether this is our own pool, which the others are compared with.
    fn is_ours(&self) -> bool;

    /// Does one repetition of a case, with a fresh pool. `None` if it cannot do this case at all.
    ///
    /// # Errors
    ///
    /// [`WrongAnswer`].
    fn run(&self, case: Case, load: &Load) -> Result<Option<Sample>, WrongAnswer>;
}

/// How much of a case to do.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// The number of workers.
    pub workers: usize,
    /// The number of operations: tasks, round trips, items.
    pub operations: u64,
    /// For how long to watch an idle pool.
    pub idle: Duration,
}

/// What one repetition gave; in what unit depends on the case.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// What is compared: seconds or bytes per operation, or seconds.
    pub value: f64,
    /// What is shown next to it: processor time or allocations per operation.
    pub extra: Option<f64>,
}

/// The tasks' results were not what they had to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongAnswer {
    /// What the case knows to be right.
    pub expected: u64,
    /// What came.
    pub got: u64,
}

impl WrongAnswer {
    /// Compares the two.
    ///
    /// # Errors
    ///
    /// The wrong answer, if it is wrong.
    pub fn unless_equal(expected: u64, got: u64) -> Result<(), Self> {
        if expected == got { Ok(()) } else { Err(Self { expected, got }) }
    }
}

impl fmt::Display for WrongAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wrong answer: {} instead of {}", self.got, self.expected)
    }
}

impl Error for WrongAnswer {}

/// A thread pool of this process, as the cases use it.
///
/// The cases are generic over it, so that each is compiled for each pool as a program that uses
/// this pool would be. Dropping a pool ends its threads, now or soon.
pub trait Pool: Sync + Sized {
    /// The name in the tables and on the command line.
    const NAME: &'static str;
    /// The crate whose version is shown.
    const CRATE: &'static str;
    /// Whether this is our own.
    const IS_OURS: bool = false;

    /// What a submitted task's result comes through.
    type Handle<R: Send + 'static>;

    /// Makes a pool of exactly this many threads.
    fn new(workers: usize) -> Self;

    /// Submits a task whose result is wanted.
    fn submit<R, F>(&self, task: F) -> Self::Handle<R>
    where
        R: Send + 'static,
        F: FnOnce() -> R + Send + 'static;

    /// Waits for a task's result.
    fn wait<R: Send + 'static>(&self, handle: Self::Handle<R>) -> R;

    /// Submits a task that nobody will ask about again.
    fn forget<F>(&self, task: F)
    where
        F: FnOnce() + Send + 'static;

    /// Waits for many results and adds them up.
    fn sum(&self, handles: Vec<Self::Handle<u64>>) -> u64 {
        handles.into_iter().map(|handle| self.wait(handle)).sum()
    }

    /// Submits a task and waits for its result, again and again, and adds the results up.
    fn round_trips(&self, number: u64) -> u64 {
        (0..number).map(|n| self.wait(self.submit(move || n))).sum()
    }

    /// Calls a function on every item and returns the results in order, if the pool can do that.
    fn map<F>(&self, items: Vec<u64>, f: F) -> Option<Vec<u64>>
    where
        F: Fn(u64) -> u64 + Send + Sync + 'static,
    {
        let _ = (items, f);
        None
    }

    /// Counts the nodes of a balanced binary tree with a task for every node, each waiting for its
    /// children, if the pool can do that whatever its size. [`cases::nested::children`] has the tree.
    fn tree(&self, nodes: u64) -> Option<u64> {
        let _ = nodes;
        None
    }
}

/// A [`Pool`] as a [`Contestant`].
#[derive(Debug)]
pub struct InProcess<P>(PhantomData<fn() -> P>);

impl<P> InProcess<P> {
    /// The contestant of this type.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<P> Default for InProcess<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Pool> Contestant for InProcess<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn version(&self) -> &'static str {
        crate::versions::of(P::CRATE)
    }

    fn is_ours(&self) -> bool {
        P::IS_OURS
    }

    fn run(&self, case: Case, load: &Load) -> Result<Option<Sample>, WrongAnswer> {
        match case {
            Case::Burst => cases::burst::run::<P>(load).map(Some),
            Case::Forget => cases::forget::run::<P>(load).map(Some),
            Case::Producers => cases::producers::run::<P>(load).map(Some),
            Case::RoundTrip => cases::round_trip::run::<P>(load).map(Some),
            Case::MapShort => cases::map::run::<P>(load, cases::map::SHORT),
            Case::MapLong => cases::map::run::<P>(load, cases::map::LONG),
            Case::Nested => cases::nested::run::<P>(load),
            Case::Memory => cases::memory::run::<P>(load).map(Some),
            Case::Idle => cases::idle::run::<P>(load).map(Some),
        }
    }
}
