//! Compares our pools with their peers. `--help` says how; the README says what it means.

use clap::{Parser, ValueEnum};
use concurrent_futures_benches::cases::{Case, Group};
use concurrent_futures_benches::contestant::{Contestant, Load};
use concurrent_futures_benches::contestants::{self, process};
use concurrent_futures_benches::measure::{Rules, take_turns};
use concurrent_futures_benches::report::{Block, Overview};
use std::process::ExitCode;
use std::time::Duration;

/// Compares our pools with their peers: the same work, taking turns.
#[derive(Debug, Parser)]
struct Arguments {
    /// The cases, separated by commas [default: all]
    #[arg(long, value_enum, value_delimiter = ',')]
    cases: Vec<Case>,

    /// Only the cases about these pools
    #[arg(long, value_enum)]
    group: Option<Group>,

    /// The contestants, separated by commas, ours being "ours" [default: all]
    #[arg(long, value_delimiter = ',')]
    peers: Vec<String>,

    /// The pool sizes, separated by commas [default: depends on the case, mostly 2,10 for
    /// threads, 2 for processes]
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..))]
    workers: Vec<u16>,

    /// The number of tasks; some cases do a tenth of it [default: 1000000]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    tasks: Option<u64>,

    /// How often each contestant does each case [default: 5]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    reps: Option<u16>,

    /// A tenth of the tasks, 3 repetitions or one, a short idle time: to see that everything runs
    #[arg(long)]
    quick: bool,
}

/// What the arguments come to.
struct Plan {
    cases: Vec<Case>,
    contestants: Vec<Box<dyn Contestant>>,
    /// None: those of the case.
    workers: Vec<usize>,
    tasks: u64,
    rules: Rules,
    idle: Duration,
    long: Duration,
    quick: bool,
}

impl Arguments {
    fn plan(self) -> Result<Plan, String> {
        let or_default = |given: u64, quick: u64, full: u64| match (given, self.quick) {
            (0, true) => quick,
            (0, false) => full,
            (given, _) => given,
        };
        let workers = self.workers.iter().copied().map(usize::from).collect();
        let in_group = |case: &Case| self.group.is_none_or(|group| case.group() == group);
        let cases = match &*self.cases {
            [] => Case::value_variants(),
            cases => cases,
        };
        let cases: Vec<Case> = cases.iter().copied().filter(in_group).collect();
        Ok(Plan {
            contestants: choose(contestants::all(), &self.peers)?,
            workers,
            tasks: or_default(self.tasks.unwrap_or(0), 100_000, 1_000_000),
            rules: Rules {
                repetitions: or_default(self.reps.unwrap_or(0).into(), 3, 5) as usize,
                limit: Duration::from_secs(or_default(0, 120, 600)),
            },
            idle: Duration::from_millis(or_default(0, 1000, 5000)),
            long: Duration::from_millis(or_default(0, 300, 1000)),
            cases,
            quick: self.quick,
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
        let takes_part = |one: &dyn Contestant| self.cases.iter().any(|&case| one.takes_part(case));
        for contestant in self.contestants.iter().filter(|one| takes_part(one.as_ref())) {
            println!("  {} {}", contestant.name(), contestant.version());
        }
        println!();
    }

    /// Whether a case takes too long to be repeated where all should be quick.
    fn is_long(&self, case: Case) -> bool {
        let is_short = matches!(
            case,
            Case::ProcessRoundTrip | Case::ProcessBurst | Case::ProcessMap | Case::ProcessStart
        );
        self.quick && case.group() == Group::Processes && !is_short
    }

    /// Runs everything, printing as it goes.
    fn run(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        for &case in &self.cases {
            let once = case.spec().once;
            let sizes = if self.workers.is_empty() { case.workers() } else { &self.workers };
            let largest = sizes.iter().copied().max().unwrap_or(1);
            let contestants: Vec<&dyn Contestant> = self
                .contestants
                .iter()
                .map(AsRef::as_ref)
                .filter(|contestant| contestant.takes_part(case))
                .collect();
            if contestants.is_empty() {
                continue;
            }
            let repetitions = if once || self.is_long(case) { 1 } else { self.rules.repetitions };
            let rules = Rules { repetitions, ..self.rules };
            for &workers in sizes.iter().filter(|&&workers| !once || workers == largest) {
                let operations = case.operations(self.tasks);
                let load = Load { workers, operations, idle: self.idle, long: self.long };
                let outcomes = take_turns(&contestants, case, &load, rules);
                let block = Block::new(case, load, repetitions, &contestants, outcomes);
                println!("{block}");
                blocks.push(block);
            }
        }
        blocks
    }
}

fn main() -> ExitCode {
    // Two peers are processes of this program. Our own need no line here.
    procspawn::init();
    if process::bare::serve_if_asked() {
        return ExitCode::SUCCESS;
    }
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
