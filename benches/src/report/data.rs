//! What a run has found out, as `report.json` has it: [`Report`].
//!
//! The names and meanings of the fields are documented in this crate's README. Times are in seconds,
//! memory in bytes. Fields may be added; whatever else changes raises [`SCHEMA`].

use serde::{Deserialize, Serialize};

/// The version of the format.
pub const SCHEMA: u32 = 1;

/// All results, and all that is needed to judge them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The version of the format: [`SCHEMA`].
    pub schema: u32,
    /// When the run began: `2026-01-31T12:59:59Z`.
    pub date: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Whether it was told to be quick, so that the numbers are rough.
    pub quick: bool,
    /// Where it ran.
    pub machine: Machine,
    /// What was compiled, and how.
    pub build: Build,
    /// Who took part.
    pub contestants: Vec<Participant>,
    /// The results, in the order in which they were measured.
    pub results: Vec<Block>,
}

/// The machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// How many processors this program may use.
    pub cores: usize,
    /// The processor's own name.
    pub processor: Option<String>,
    /// The memory, in bytes.
    pub memory: Option<u64>,
    /// The system, its version and its architecture.
    pub system: String,
    /// The load average before the run.
    pub load_before: Option<f64>,
    /// The load average after it, which it has itself raised.
    pub load_after: Option<f64>,
}

/// The build.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Build {
    /// The version of this library.
    pub version: String,
    /// What the compiler calls itself.
    pub rustc: String,
    /// `release` or `debug`.
    pub profile: String,
}

/// A contestant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Participant {
    /// The name, as in the rows.
    pub name: String,
    /// The version of what was measured.
    pub version: String,
    /// What it is there for.
    pub role: Role,
}

/// What a contestant is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Our own, which the others are compared with.
    Ours,
    /// Another pool.
    Peer,
    /// No pool, but what the system needs for the least that a pool has to do.
    Limit,
}

/// One case of one size: everybody's results.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Block {
    /// The name of the case, as on the command line.
    pub case: String,
    /// `threads`, `processes` or `shared`.
    pub group: String,
    /// What is done.
    pub title: String,
    /// What more there is to know, or nothing.
    pub note: String,
    /// What the operations are.
    pub operations_are: String,
    /// What the values are.
    pub unit: Unit,
    /// What the blocks of this case differ in, if they are to be drawn as a curve.
    pub curve: Option<Axis>,
    /// How many workers the pools have.
    pub workers: usize,
    /// How many operations a repetition has; a slow contestant may do fewer, see [`Row`].
    pub operations: u64,
    /// How many bytes go with each operation, in the cases that are about that.
    pub bytes: Option<usize>,
    /// How often each contestant did it.
    pub repetitions: usize,
    /// Ours against the best peer, if both have something to compare.
    pub verdict: Option<Verdict>,
    /// A row for each contestant, ours first.
    pub rows: Vec<Row>,
}

/// What the blocks of a curve differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Axis {
    /// The number of operations.
    Operations,
    /// The number of workers.
    Workers,
    /// The number of bytes.
    Bytes,
}

/// What the values of a case are, and what else is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Seconds per operation; besides, processor seconds per operation.
    Time,
    /// Seconds for all operations together; besides, processor seconds.
    Total,
    /// Bytes per operation; besides, allocations per operation.
    Bytes,
    /// Processor seconds; nothing besides.
    Processor,
    /// Seconds to the first result; besides, seconds until everything is gone again.
    Start,
    /// The median latency in seconds; besides, that which 99 of 100 stay below, and the largest.
    Latency,
}

/// Ours against the best peer: the smallest median of each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// Our median.
    pub ours: f64,
    /// The best peer.
    pub peer: String,
    /// Its median.
    pub theirs: f64,
    /// Ours divided by theirs: less than 1 is better. Nothing if both are too small to compare.
    pub ratio: Option<f64>,
}

/// One contestant's results.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// What it is there for.
    pub role: Role,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of a contestant's repetitions of a case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// What was measured.
    Measured(Summary),
    /// It cannot do this.
    NotApplicable,
    /// It is not there, or could not do all of it.
    Missing {
        /// Why.
        reason: String,
    },
    /// It did something wrong, or ours did not get through.
    Failed {
        /// What.
        reason: String,
    },
}

/// A median and its surroundings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The median of the values.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The values, in the order in which they were measured.
    pub samples: Vec<f64>,
    /// The medians of what the samples have besides; the unit says what that is.
    pub besides: Vec<Option<f64>>,
    /// How many operations it did in each repetition, if that matters.
    pub operations: Option<u64>,
    /// The median divided by that of the best peer. Nothing if both are too small to compare.
    pub ratio: Option<f64>,
}
