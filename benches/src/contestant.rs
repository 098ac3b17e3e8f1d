//! What takes part: [`Contestant`]; [`Pool`] for those that are thread pools in this process, and
//! [`ProcessPool`] for process pools with a Rust interface.

use crate::cases::{self, Case, Group};
use executor_core::Portable;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::time::Duration;

pub use crate::report::data::Role;

/// Something that can be given the cases: a pool of this process or, in principle, anything else.
pub trait Contestant {
    /// The name in the tables and on the command line.
    fn name(&self) -> &'static str;

    /// The version of what is measured.
    fn version(&self) -> String;

    /// What it is there for.
    fn role(&self) -> Role;

    /// Whether it is one of those that the case is for.
    fn takes_part(&self, case: Case) -> bool;

    /// Does one repetition of a case, with a fresh pool. `None` if it cannot do this case at all.
    ///
    /// # Errors
    ///
    /// [`Trouble`].
    fn run(&self, case: Case, load: &Load) -> Result<Option<Sample>, Trouble>;
}

/// How much of a case to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// The number of workers.
    pub workers: usize,
    /// The number of operations: tasks, round trips, items.
    pub operations: u64,
    /// How many bytes go with each, in the cases that are about that.
    pub bytes: usize,
    /// How long a task takes, or the watching, in the cases that are about that.
    pub time: Duration,
}

impl Load {
    /// Less of the same, for those that would take too long: one operation for so many.
    #[must_use]
    pub fn reduced(&self, patience: u64) -> Self {
        Self { operations: (self.operations / patience).max(1), ..*self }
    }

    /// No more than so many operations of the same.
    #[must_use]
    pub fn at_most(&self, most: u64) -> Self {
        Self { operations: self.operations.min(most), ..*self }
    }
}

/// What one repetition gave; in what unit depends on the case.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// What is compared.
    pub value: f64,
    /// What is shown next to it.
    pub besides: [Option<f64>; 2],
    /// How many operations were done, if that is known and matters.
    pub operations: Option<u64>,
}

impl Sample {
    /// With nothing besides.
    pub fn of(value: f64) -> Self {
        Self { value, besides: [None; 2], operations: None }
    }

    /// With this besides.
    #[must_use]
    pub fn with(self, besides: Option<f64>) -> Self {
        Self { besides: [besides, None], ..self }
    }
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

/// Why there is nothing to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The answer was wrong.
    WrongAnswer(WrongAnswer),
    /// It is not installed on this machine.
    NotAvailable,
    /// It could not do all of it.
    GaveUp(String),
}

impl From<WrongAnswer> for Trouble {
    fn from(wrong: WrongAnswer) -> Self {
        Self::WrongAnswer(wrong)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongAnswer(wrong) => wrong.fmt(f),
            Self::NotAvailable => f.write_str("not available"),
            Self::GaveUp(reason) => write!(f, "gave up: {reason}"),
        }
    }
}

impl Error for Trouble {}

/// A thread pool of this process, as the cases use it.
///
/// The cases are generic over it, so that each is compiled for each pool as a program that uses
/// this pool would be. Dropping a pool ends its threads, now or soon.
pub trait Pool: Sync + Sized {
    /// The name in the tables and on the command line.
    const NAME: &'static str;
    /// The crate whose version is shown.
    const CRATE: &'static str;
    /// What it is there for.
    const ROLE: Role = Role::Peer;
    /// It does the number of tasks divided by this where there are very many, because it is slow.
    const PATIENCE: u64 = 1;

    /// It does at most so many tasks, because it is slow.
    const MOST: u64 = u64::MAX;
    /// Whether it has as many threads as it is told, so that tasks can be made to wait.
    const AS_TOLD: bool = true;

    /// What a submitted task's result comes through.
    type Handle<R: Send + 'static>;

    /// The version that is shown.
    fn version() -> String {
        crate::versions::of(Self::CRATE).to_owned()
    }

    /// Makes a pool of exactly this many threads, if it can be told.
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
        F: FnOnce() + Send + 'static,
    {
        drop(self.submit(task));
    }

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

    /// Counts the nodes of a balanced binary tree with a task for every node, each submitting its
    /// children and waiting for them, if the pool can do that whatever its size.
    /// [`cases::nested::children`] has the tree.
    fn tree(&self, nodes: u64) -> Option<u64> {
        let _ = nodes;
        None
    }

    /// Counts the nodes of the same tree by what the pool has for functions that divide their work in
    /// two and wait for both halves.
    fn divide(&self, nodes: u64) -> Option<u64> {
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

    fn version(&self) -> String {
        P::version()
    }

    fn role(&self) -> Role {
        P::ROLE
    }

    fn takes_part(&self, case: Case) -> bool {
        let is_about_size =
            matches!(case, Case::Scaling | Case::GrowthWorkers | Case::Memory | Case::Start);
        case.group() == Group::Threads && (P::AS_TOLD || !is_about_size)
    }

    fn run(&self, case: Case, load: &Load) -> Result<Option<Sample>, Trouble> {
        use cases::{
            burst, forget, idle, latency, map, memory, nested, producers, round_trip, start, timed,
        };
        let many = &load.reduced(P::PATIENCE).at_most(P::MOST);
        let some = &load.reduced(P::PATIENCE.min(10));
        let sample = match case {
            Case::Burst | Case::GrowthTasks | Case::GrowthWorkers => {
                burst::run::<P>(many).map(Some)
            }
            Case::Forget => forget::run::<P>(many).map(Some),
            Case::Producers => producers::run::<P>(many).map(Some),
            Case::RoundTrip => round_trip::run::<P>(some).map(Some),
            Case::MapTiny => map::run::<P>(load, map::TINY),
            Case::MapSmall => map::run::<P>(load, map::SMALL),
            Case::MapUneven => map::run::<P>(load, map::UNEVEN),
            Case::Nested => nested::run(load, P::tree),
            Case::ForkJoin => nested::run(load, P::divide),
            Case::CpuBound | Case::Scaling => timed::run::<P>(load, timed::busy).map(Some),
            Case::IoBound => timed::run::<P>(load, timed::sleep).map(Some),
            Case::Start => return start::run::<P>(load).map(Some),
            Case::Latency => return latency::run::<P>(load).map(Some),
            Case::Memory => memory::run::<P>(load).map(Some),
            Case::Idle => idle::run::<P>(many).map(Some),
            _ => Ok(None),
        };
        Ok(sample?)
    }
}

/// A process pool, as the cases use it. Dropping it ends its processes.
pub trait ProcessPool: Sized {
    /// The name in the tables and on the command line.
    const NAME: &'static str;
    /// The crate whose version is shown.
    const CRATE: &'static str;
    /// What it is there for.
    const ROLE: Role = Role::Peer;
    /// It does the number of tasks of a burst divided by this, because it is slow.
    const PATIENCE: u64;

    /// What a submitted task's result comes through.
    type Handle<R: Portable>;
    /// A buffer in shared memory.
    type Shared: Portable + From<Vec<u8>> + Deref<Target = [u8]>;

    /// Makes a pool of at most this many processes.
    ///
    /// # Errors
    ///
    /// [`Trouble::GaveUp`].
    fn new(workers: usize) -> Result<Self, Trouble>;

    /// Submits a task.
    ///
    /// # Errors
    ///
    /// [`Trouble::GaveUp`].
    fn submit<A, R>(&self, f: fn(A) -> R, argument: A) -> Result<Self::Handle<R>, Trouble>
    where
        A: Portable,
        R: Portable;

    /// Waits for a task's result.
    ///
    /// # Errors
    ///
    /// [`Trouble::GaveUp`].
    fn wait<R: Portable>(&self, handle: Self::Handle<R>) -> Result<R, Trouble>;

    /// Submits a task and waits for its result.
    ///
    /// # Errors
    ///
    /// [`Trouble::GaveUp`].
    fn call<A, R>(&self, f: fn(A) -> R, argument: A) -> Result<R, Trouble>
    where
        A: Portable,
        R: Portable,
    {
        self.wait(self.submit(f, argument)?)
    }

    /// Calls a function on every item and returns the results in order, if the pool can do that.
    ///
    /// # Errors
    ///
    /// [`Trouble::GaveUp`].
    fn map(&self, f: fn(u64) -> u64, items: Vec<u64>) -> Result<Option<Vec<u64>>, Trouble> {
        let _ = (f, items);
        Ok(None)
    }
}

/// A [`ProcessPool`] as a [`Contestant`].
#[derive(Debug)]
pub struct InProcesses<P>(PhantomData<fn() -> P>);

impl<P> InProcesses<P> {
    /// The contestant of this type.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<P> Default for InProcesses<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: ProcessPool> Contestant for InProcesses<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn version(&self) -> String {
        crate::versions::of(P::CRATE).to_owned()
    }

    fn role(&self) -> Role {
        P::ROLE
    }

    fn takes_part(&self, case: Case) -> bool {
        case.group() == Group::Processes
    }

    fn run(&self, case: Case, load: &Load) -> Result<Option<Sample>, Trouble> {
        use cases::process::{
            burst, each, echo, idle, latency, map, memory, round_trip, start, timed,
        };
        match case {
            Case::ProcessRoundTrip => round_trip::run::<P>(load).map(Some),
            Case::ProcessBurst | Case::ProcessGrowthTasks | Case::ProcessGrowthWorkers => {
                burst::run::<P>(load).map(Some)
            }
            Case::ProcessMap => map::run::<P>(load),
            Case::ProcessEcho => echo::run::<P, Vec<u8>>(load).map(Some),
            Case::ProcessShare => echo::run::<P, P::Shared>(load).map(Some),
            Case::ProcessCpuBound | Case::ProcessScaling => {
                timed::run::<P>(load, timed::compute).map(Some)
            }
            Case::ProcessIoBound => timed::run::<P>(load, timed::rest).map(Some),
            Case::ProcessStart => start::run::<P>(load).map(Some),
            Case::ProcessEach => each::run::<P>(load).map(Some),
            Case::ProcessLatency => latency::run::<P>(load).map(Some),
            Case::ProcessMemory => memory::run::<P>(load),
            Case::ProcessIdle => idle::run::<P>(load),
            _ => Ok(None),
        }
    }
}
