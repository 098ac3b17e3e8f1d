//! Compares our thread pool with its peers. `--help` says how; the README says what it means.

use clap::{Parser, ValueEnum};
use concurrent_futures_benches::cases::Case;
use concurrent_futures_benches::contestant::{Contestant, Load};
use concurrent_futures_benches::contestants;
use concurrent_futures_benches::measure::{Rules, take_turns};
use concurrent_futures_benches::report::{Block, Overview};
use std::process::ExitCode;
use std::time::Duration;

/// Compares our thread pool with its peers: the same work, in one process, taking turns.
#[derive(Debug, Parser)]
struct Arguments {
    /// The cases, separated by commas [default: all]
    #[arg(long, value_enum, value_delimiter = ',')]
    cases: Vec<Case>,

    /// The contestants, separated by commas, ours being "ours" [default: all]
    #[arg(long, value_delimiter = ',')]
    peers: Vec<String>,

    /// The pool sizes, separated by commas [default: 2,10]
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..))]
    workers: Vec<u16>,

    /// The number of tasks; some cases do a tenth of it [default: 1000000]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    tasks: Option<u64>,

    /// How often each contestant does each case [default: 5]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    reps: Option<u16>,

    /// A tenth of the tasks, 3 repetitions, a short idle time: to see that everything runs
    #[arg(long)]
    quick: bool,
}

/// What the arguments come to.
struct Plan {
    cases: Vec<Case>,
    contestants: Vec<Box<dyn Contestant>>,
    workers: Vec<usize>,
    tasks: u64,
    rules: Rules,
    idle: Duration,
}

impl Arguments {
    fn plan(self) -> Result<Plan, String> {
        let or_default = |given: u64, quick: u64, full: u64| match (given, self.quick) {
            (0, true) => quick,
            (0, false) => full,
            (given, _) => given,
        };
        let mut workers: Vec<usize> = self.workers.iter().copied().map(usize::from).collect();
        if workers.is_empty() {
            workers = vec![2, 10];
        }
        Ok(Plan {
            contestants: choose(contestants::all(), &self.peers)?,
            workers,
            tasks: or_default(self.tasks.unwrap_or(0), 100_000, 1_000_000),
            rules: Rules {
                repetitions: or_default(self.reps.unwrap_or(0).into(), 3, 5) as usize,
                limit: Duration::from_secs(or_default(0, 30, 600)),
            },
            idle: Duration::from_millis(or_default(0, 1000, 5000)),
            cases: match self.cases {
                cases if cases.is_empty() => Case::value_variants().to_vec(),
                cases => cases,
            },
        })
    }
}

/// The contestants of these names, or all.
fn choose(
    mut all: Vec<Box<dyn Contestant>>,
    names: &[String],
) -> Result<Vec<Box<dyn Contestant>>, String> {
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|one| one.name() == **name)) {
        let known: Vec<_> = all.iter().map(|one| one.name()).collect();
        return Err(format!("no contestant is called {unknown:?}; there are {}", known.join(", ")));
    }
    all.retain(|one| names.is_empty() || names.iter().any(|name| one.name() == name));
    Ok(all)
}

impl Plan {
    /// The machine and the versions, which a table is worth nothing without.
    fn print_setting(&self) {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let busy = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let busy = busy.split(' ').next().unwrap_or_default();
        println!("{cores} cores; load average before the start: {busy}");
        for contestant in &self.contestants {
            println!("  {} {}", contestant.name(), contestant.version());
        }
        println!();
    }

    /// Runs everything, printing as it goes.
    fn run(&self) -> Vec<Block> {
        let largest = self.workers.iter().copied().max().unwrap_or(1);
        let mut blocks = Vec::new();
        for &case in &self.cases {
            let once = case.spec().once;
            let repetitions = if once { 1 } else { self.rules.repetitions };
            let rules = Rules { repetitions, ..self.rules };
            for &workers in self.workers.iter().filter(|&&workers| !once || workers == largest) {
                let load =
                    Load { workers, operations: case.operations(self.tasks), idle: self.idle };
                let outcomes = take_turns(&self.contestants, case, &load, rules);
                let block = Block::new(case, load, repetitions, &self.contestants, outcomes);
                println!("{block}");
                blocks.push(block);
            }
        }
        blocks
    }
}

fn main() -> ExitCode {
    let plan = match Arguments::parse().plan() {
        Ok(plan) => plan,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    if cfg!(debug_assertions) {
        println!("This is a debug build: the numbers mean nothing.\n");
    }
    plan.print_setting();
    let blocks = plan.run();
    print!("{}", Overview(&blocks));
    ExitCode::from(u8::from(blocks.iter().any(Block::has_failures)))
}
