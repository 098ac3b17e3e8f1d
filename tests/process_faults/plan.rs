//! [`Plan`]: the settings of one run, and [`Dice`], the random choices.

use crate::ledger::{self, Cargo, Deed, Order};
use crate::support::setting;
use concurrent_futures::ProcessPoolExecutor;
use concurrent_futures::process::OnWorkerDeath;
use std::path::Path;

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All results are collected, then the pool is shut down.
    Collect,
    // The others come in the middle, when a third of the tasks have been resolved.
    ShutdownAndWait,
    ShutdownWithoutWaiting,
    ShutdownForAMoment,
    ShutdownAndCancel,
    Drop,
    KillWorkers,
    TerminateWorkers,
}

impl Ending {
    /// Whether the pool itself kills workers that run tasks.
    pub(crate) fn is_violent(self) -> bool {
        matches!(self, Self::KillWorkers | Self::TerminateWorkers)
    }
}

/// What is done to a pool. Chances are in a thousand.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) tasks: u32,
    /// How many signals the killer sends.
    pub(crate) kills: u32,
    pub(crate) workers: usize,
    pub(crate) threads: usize,
    pub(crate) max_tasks_per_child: Option<usize>,
    pub(crate) retries: u32,
    pub(crate) policy: OnWorkerDeath,
    /// Tasks that end their process.
    pub(crate) exits: u64,
    pub(crate) panics: u64,
    /// Tasks that someone tries to cancel, or to kill, while they are anywhere.
    pub(crate) cancels: u64,
    pub(crate) kills_by_hand: u64,
    /// Tasks that have a deadline of a few milliseconds.
    pub(crate) deadlines: u64,
    /// Tasks with arguments and results of 100 KiB to 1 MiB.
    pub(crate) large: u64,
    pub(crate) shared: u64,
    /// Workers that die in the initializer.
    pub(crate) stillborn: u32,
    pub(crate) ending: Ending,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            name: "",
            tasks: 3000,
            kills: 30,
            workers: 3,
            threads: 1,
            max_tasks_per_child: None,
            retries: 0,
            policy: OnWorkerDeath::Replace,
            exits: 2,
            panics: 20,
            cancels: 0,
            kills_by_hand: 0,
            deadlines: 0,
            large: 0,
            shared: 0,
            stillborn: 0,
            ending: Ending::Collect,
        }
    }
}

impl Plan {
    pub(crate) fn pool(&self, ledger: &Path) -> ProcessPoolExecutor {
        let mut builder = ProcessPoolExecutor::builder()
            .max_workers(self.workers)
            .threads_per_worker(self.threads)
            .on_worker_death(self.policy)
            .env(ledger::VARIABLE, ledger);
        if let Some(tasks) = self.max_tasks_per_child {
            builder = builder.max_tasks_per_child(tasks);
        }
        if self.stillborn > 0 {
            builder = builder.initializer(ledger::die_sometimes, self.stillborn);
        }
        builder.build().expect("valid settings")
    }

    /// Whether the pool may break.
    pub(crate) fn may_break(&self) -> bool {
        // Workers that the killer hits while they start count as ones that did not start.
        self.stillborn > 0 || self.kills > 0 || self.policy == OnWorkerDeath::BreakPool
    }

    /// Whether anybody but the pool kills workers.
    pub(crate) fn has_enemies(&self) -> bool {
        self.kills > 0 || self.exits > 0
    }

    /// A task.
    pub(crate) fn order(&self, index: u32, dice: &mut Dice) -> Order {
        let deed = match dice.roll(1000) {
            roll if roll < self.exits => {
                Deed::Exit { code: dice.roll(3) as i32, late: dice.roll(2) == 0 }
            }
            roll if roll < self.exits + self.panics => Deed::Panic,
            _ => match dice.roll(40) {
                0 => Deed::Sleep(dice.roll(3000) as u32),
                1..=5 => Deed::Spin(dice.roll(200) as u32),
                _ => Deed::Nothing,
            },
        };
        let cargo = match dice.roll(1000) {
            roll if roll < self.large => {
                Cargo::text(index, 100 * 1024 + dice.roll(900 * 1024) as usize)
            }
            roll if roll < self.large + self.shared => {
                Cargo::shared(index, 1 + dice.roll(300_000) as usize)
            }
            _ => Cargo::Nothing,
        };
        Order { index, deed, cargo }
    }
}

/// How often every run is repeated.
pub(crate) fn factor() -> u64 {
    setting("FAULTS_FACTOR").unwrap_or(1)
}

/// A small generator of random choices: good enough to mix, and repeatable.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut dice = Self((seed ^ (stream + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9)) | 1);
        for _ in 0..8 {
            dice.roll(2);
        }
        dice
    }

    /// One of `0..sides`.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}
