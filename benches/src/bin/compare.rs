//! Compares our pools with their peers. `--help` says how; the README says what it means.

use clap::{Parser, ValueEnum};
use concurrent_futures_benches::cases::{Case, Group};
use concurrent_futures_benches::contestant::Contestant;
use concurrent_futures_benches::contestants::{self, blocking, loky, process};
use concurrent_futures_benches::measure::{Rules, take_turns};
use concurrent_futures_benches::report::data::{
    Block, Build, Machine, Participant, Report, SCHEMA,
};
use concurrent_futures_benches::report::table::Overview;
use concurrent_futures_benches::report::{html, setting};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Compares our pools with their peers: the same work, taking turns.
#[derive(Debug, Parser)]
struct Arguments {
    /// The cases, separated by commas [default: all]
    #[arg(long, value_enum, value_delimiter = ',')]
    cases: Vec<Case>,

    /// Only the cases about these
    #[arg(long, value_enum)]
    group: Option<Group>,

    /// The contestants, separated by commas, ours being "ours" [default: all]
    #[arg(long, value_delimiter = ',')]
    peers: Vec<String>,

    /// The pool sizes, separated by commas [default: depends on the case, mostly 2,10 for
    /// threads, 2 for processes]
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..))]
    workers: Vec<u16>,

    /// The sizes in bytes, separated by commas, in the cases that are about bytes [default: depends
    /// on the case]
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u32).range(8..))]
    sizes: Vec<u32>,

    /// The number of tasks; some cases do a part of it [default: 1000000]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    tasks: Option<u64>,

    /// How often each contestant does each case [default: 5, or fewer where one takes long]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    reps: Option<u16>,

    /// Little of everything, once: to see that everything runs
    #[arg(long)]
    quick: bool,

    /// Let loky take part: install it into a virtual environment of its own, with pip
    #[arg(long)]
    loky: bool,

    /// Where report.json and report.html go
    #[arg(long, value_name = "DIRECTORY", default_value = "target/comparison")]
    out: PathBuf,

    /// Measure nothing, but show this report.json again
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cases", "group", "peers", "quick"])]
    from: Option<PathBuf>,
}

/// What the arguments come to.
struct Plan {
    cases: Vec<Case>,
    contestants: Vec<Box<dyn Contestant>>,
    workers: Vec<usize>,
    sizes: Vec<usize>,
    tasks: u64,
    rules: Rules,
    quick: bool,
}

impl Arguments {
    fn plan(&self) -> Result<Plan, String> {
        let in_group = |case: &Case| self.group.is_none_or(|group| case.group() == group);
        let cases = match &*self.cases {
            [] => Case::value_variants(),
            cases => cases,
        };
        if self.loky {
            loky::install().map_err(|error| format!("loky cannot be installed: {error}"))?;
        }
        let quick = self.quick;
        let or_default = |number: Option<u16>, otherwise| number.map_or(otherwise, usize::from);
        Ok(Plan {
            cases: cases.iter().copied().filter(in_group).collect(),
            contestants: choose(contestants::all(), &self.peers)?,
            workers: self.workers.iter().copied().map(usize::from).collect(),
            sizes: self.sizes.iter().map(|&size| size as usize).collect(),
            tasks: self.tasks.unwrap_or(if quick { 50_000 } else { 1_000_000 }),
            rules: Rules {
                repetitions: or_default(self.reps, if quick { 1 } else { 5 }),
                limit: Duration::from_secs(if quick { 120 } else { 600 }),
            },
            quick,
        })
    }
}

/// The contestants of these names, or all.
fn choose(
    mut all: Vec<Box<dyn Contestant>>,
    names: &[String],
) -> Result<Vec<Box<dyn Contestant>>, String> {
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|one| one.name() == **name)) {
        let mut known: Vec<_> = all.iter().map(|one| one.name()).collect();
        known.sort_unstable();
        known.dedup();
        return Err(format!("no contestant is called {unknown:?}; there are {}", known.join(", ")));
    }
    all.retain(|one| names.is_empty() || names.iter().any(|name| one.name() == name));
    Ok(all)
}

impl Plan {
    /// Those that any of the cases is for.
    fn participants(&self) -> Vec<Participant> {
        let takes_part = |one: &dyn Contestant| self.cases.iter().any(|&case| one.takes_part(case));
        let contestants = self.contestants.iter().map(AsRef::as_ref);
        let there = contestants.filter(|&one| takes_part(one)).map(|one| Participant {
            name: one.name().to_owned(),
            version: one.version(),
            role: one.role(),
        });
        let mut participants: Vec<Participant> = Vec::new();
        for participant in there {
            // One name may stand for several: what it is in the group of a case.
            if !participants.iter().any(|one| one.name == participant.name) {
                participants.push(participant);
            }
        }
        participants
    }

    /// Runs everything, printing as it goes and handing over each result.
    fn run(&self, mut done: impl FnMut(Block) -> Result<(), String>) -> Result<(), String> {
        for &case in &self.cases {
            let contestants = self.contestants.iter().map(AsRef::as_ref);
            let contestants: Vec<&dyn Contestant> =
                contestants.filter(|contestant| contestant.takes_part(case)).collect();
            if contestants.is_empty() {
                continue;
            }
            let spec = case.spec();
            let repetitions = self.rules.repetitions.min(spec.repetitions);
            let rules = Rules { repetitions, ..self.rules };
            for load in spec.loads(&self.workers, &self.sizes, self.tasks, self.quick) {
                let outcomes = take_turns(&contestants, case, &load, rules);
                let block = Block::new(case, &load, repetitions, &contestants, outcomes);
                println!("{block}");
                done(block)?;
            }
        }
        Ok(())
    }

    /// Measures everything. After each case the file has all there is so far, should the next one hang.
    fn report(&self, directory: &Path) -> Result<Report, String> {
        let mut report = Report {
            schema: SCHEMA,
            date: setting::date(),
            command: std::env::args().collect(),
            quick: self.quick,
            machine: Machine::here(),
            build: Build::this(),
            contestants: self.participants(),
            results: Vec::new(),
        };
        print_setting(&report);
        self.run(|block| {
            report.results.push(block);
            write_json(&report, directory)
        })?;
        report.machine.load_after = setting::load_average();
        Ok(report)
    }
}

/// The machine and the versions, which a table is worth nothing without.
fn print_setting(report: &Report) {
    let Report { date, machine, build, contestants, .. } = report;
    if build.is_debug() {
        println!("This is a debug build: the numbers mean nothing.");
    }
    let processor = machine.processor.as_deref().unwrap_or("an unknown processor");
    println!("{date}: {} cores of {processor}, {}", machine.cores, machine.system);
    println!("{}, {}", build.rustc, build.profile);
    if let Some(load) = machine.load_before {
        println!("load average before the start: {load}");
    }
    for contestant in contestants {
        println!("  {} {}", contestant.name, contestant.version);
    }
    println!();
}

/// Writes both files.
fn write(report: &Report, directory: &Path) -> Result<(), String> {
    write_json(report, directory)?;
    write_file(directory, PAGE, &html::render(report))?;
    println!("{}\n{}", directory.join(DATA).display(), directory.join(PAGE).display());
    Ok(())
}

const DATA: &str = "report.json";
const PAGE: &str = "report.html";

fn write_json(report: &Report, directory: &Path) -> Result<(), String> {
    let json = serde_json::to_string_pretty(report).map_err(|error| error.to_string())?;
    write_file(directory, DATA, &(json + "\n"))
}

fn write_file(directory: &Path, name: &str, text: &str) -> Result<(), String> {
    let path = directory.join(name);
    let written = fs::create_dir_all(directory).and_then(|()| fs::write(&path, text));
    written.map_err(|error| format!("{}: {error}", path.display()))
}

/// Reads what an earlier run has written.
fn read(file: &Path) -> Result<Report, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let report: Report =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    if report.schema != SCHEMA {
        return Err(format!("{}: schema {}, not {SCHEMA}", file.display(), report.schema));
    }
    Ok(report)
}

fn run(arguments: &Arguments) -> Result<Report, String> {
    let report = match &arguments.from {
        None => arguments.plan()?.report(&arguments.out)?,
        Some(file) => {
            let report = read(file)?;
            print_setting(&report);
            report.results.iter().for_each(|block| println!("{block}"));
            report
        }
    };
    println!("{}", Overview(&report.results));
    write(&report, &arguments.out)?;
    Ok(report)
}

fn main() -> ExitCode {
    // Some peers are processes of this program. Our own need no line here.
    procspawn::init();
    if process::bare::serve_if_asked() || blocking::measure_if_asked() {
        return ExitCode::SUCCESS;
    }
    match run(&Arguments::parse()) {
        Ok(report) => ExitCode::from(u8::from(report.results.iter().any(Block::has_failures))),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}
