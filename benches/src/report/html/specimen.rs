//! A report that nobody has measured, with everything in it that the page has to draw: for tests.

use crate::report::data::{
    Axis, Block, Build, Machine, Outcome, Participant, Report, Role, Row, SCHEMA, Summary, Unit,
    Verdict,
};

const THREADS: &[(&str, Role, f64)] = &[
    ("ours", Role::Ours, 1.0),
    ("rayon", Role::Peer, 2.4),
    ("threadpool", Role::Peer, 6.1),
    ("rusty_pool", Role::Peer, 3.4),
    ("tokio", Role::Peer, 4.2),
    ("blocking", Role::Peer, 7.7),
    ("crossbeam-channel", Role::Peer, 1.9),
    ("std threads", Role::Peer, 130.0),
    ("a queue under a mutex", Role::Limit, 0.8),
];

const PROCESSES: &[(&str, Role, f64)] = &[
    ("ours", Role::Ours, 1.0),
    ("procspawn", Role::Peer, 45.0),
    ("procspawn, 100 at a time", Role::Peer, 60.0),
    ("python-executor", Role::Peer, 110.0),
    ("python-executor-spawn", Role::Peer, 112.0),
    ("python-pool", Role::Peer, 70.0),
    ("loky", Role::Peer, 140.0),
    ("ipc-channel", Role::Limit, 8.0),
    ("socket pair", Role::Limit, 0.7),
];

/// A case, before it has sizes.
#[derive(Clone, Copy)]
struct Case {
    group: &'static str,
    name: &'static str,
    title: &'static str,
    operations_are: &'static str,
    unit: Unit,
    /// What ours takes.
    value: f64,
    /// How much the peers differ from ours: 1 as in the tables above.
    contrast: f64,
}

#[derive(Clone, Copy)]
struct Size {
    workers: usize,
    operations: u64,
    bytes: Option<usize>,
    curve: Option<Axis>,
}

const PLAIN: Size = Size { workers: 2, operations: 1_000_000, bytes: None, curve: None };

/// Numbers from 0 to 1 that are always the same.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 33) as f64 / (1_u64 << 31) as f64
    }

    fn summary(&mut self, unit: Unit, value: f64, spread: f64) -> Summary {
        let noisy = |noise: &mut Self| value * (1.0 + spread * (noise.next().powi(3) - 0.1));
        let samples: Vec<f64> = (0..7).map(|_| noisy(self)).collect();
        let mut sorted = samples.clone();
        sorted.sort_by(f64::total_cmp);
        let besides = match unit {
            Unit::Latency => vec![Some(value * (3.0 + 9.0 * self.next())), Some(value * 40.0)],
            Unit::Bytes => vec![Some(1.0 + self.next())],
            Unit::Processor => vec![],
            Unit::Start => vec![Some(value * 1.3)],
            Unit::Time | Unit::Total => vec![Some(value * (1.0 + self.next()))],
        };
        let (median, min, max) = (sorted[3], sorted[0], sorted[6]);
        Summary { median, min, max, samples, besides, operations: None, ratio: None }
    }
}

fn block(noise: &mut Noise, case: &Case, size: Size) -> Block {
    let who = if case.group == "threads" { THREADS } else { PROCESSES };
    let rows = who.iter().map(|&(name, role, factor)| {
        let value = case.value * factor.powf(case.contrast) * (0.9 + 0.2 * noise.next());
        let outcome = Outcome::Measured(noise.summary(case.unit, value, 0.25));
        Row { name: name.to_owned(), role, outcome }
    });
    let mut block = Block {
        case: case.name.to_owned(),
        group: case.group.to_owned(),
        title: case.title.to_owned(),
        note: String::new(),
        operations_are: case.operations_are.to_owned(),
        unit: case.unit,
        curve: size.curve,
        workers: size.workers,
        operations: size.operations,
        bytes: size.bytes,
        repetitions: 7,
        verdict: None,
        rows: rows.collect(),
    };
    compare(&mut block);
    block
}

fn compare(block: &mut Block) {
    let best = |role: Role| {
        let rows = block.rows.iter().filter(|row| row.role == role);
        let all = rows.filter_map(|row| Some((row.name.clone(), row.summary()?.median)));
        all.min_by(|a, b| a.1.total_cmp(&b.1))
    };
    let (ours, peer) = (best(Role::Ours), best(Role::Peer));
    block.verdict = ours.zip(peer.clone()).map(|((_, ours), (peer, theirs))| {
        let ratio = Some(ours / theirs).filter(|ratio| ratio.is_finite());
        Verdict { ours, peer, theirs, ratio }
    });
    for row in &mut block.rows {
        if let (Outcome::Measured(summary), Some((_, theirs))) = (&mut row.outcome, &peer) {
            summary.ratio = Some(summary.median / theirs);
        }
    }
}

/// Gives a contestant another outcome.
fn put(block: &mut Block, name: &str, outcome: &Outcome) {
    for row in &mut block.rows {
        if row.name == name {
            row.outcome = outcome.clone();
        }
    }
    compare(block);
}

fn missing(reason: &str) -> Outcome {
    Outcome::Missing { reason: reason.to_owned() }
}

const TOO_MANY: &str = "gave up: after 506 tasks: Too many open files (os error 24)";

fn threads(noise: &mut Noise) -> Vec<Block> {
    let case = |name, title, unit, value, contrast| Case {
        group: "threads",
        name,
        title,
        operations_are: "tasks",
        unit,
        value,
        contrast,
    };
    let mut blocks = Vec::new();
    let burst =
        case("burst", "many tasks from one thread, then all results", Unit::Time, 84e-9, 1.0);
    let producers =
        case("producers", "many tasks from four threads at once", Unit::Time, 120e-9, 0.9);
    let forget = case("forget", "many tasks, results not wanted", Unit::Time, 41e-9, 0.6);
    for mut case in [burst, forget, producers] {
        for workers in [2, 10] {
            case.contrast *= 0.9;
            let mut block = block(noise, &case, Size { workers, ..PLAIN });
            if case.name == "forget" {
                put(&mut block, "std threads", &Outcome::NotApplicable);
            }
            blocks.push(block);
        }
    }
    let trip = case("round-trip", "submit a task, wait for its result", Unit::Time, 4.1e-6, 0.25);
    blocks.push(block(noise, &trip, Size { operations: 100_000, ..PLAIN }));
    let map = case("map-1us", "a function of about 1 µs on every item", Unit::Time, 0.52e-6, 0.02);
    let mut map = block(noise, &Case { operations_are: "items", ..map }, PLAIN);
    map.note = "the function alone: 1.02 µs".to_owned();
    for name in ["threadpool", "rusty_pool", "tokio", "blocking", "crossbeam-channel"] {
        put(&mut map, name, &Outcome::NotApplicable);
    }
    blocks.push(map);
    let nested =
        case("nested", "a tree of tasks that wait for each other", Unit::Time, 210e-9, -1.2);
    let mut nested = block(noise, &nested, Size { operations: 100_000, ..PLAIN });
    for (name, _, _) in &THREADS[2..] {
        put(&mut nested, name, &Outcome::NotApplicable);
    }
    blocks.push(nested);
    let sleepers = case("io-bound", "4,000 tasks that sleep", Unit::Total, 0.81, 0.01);
    blocks.push(block(noise, &sleepers, Size { operations: 4_000, workers: 64, ..PLAIN }));
    let latency = case("latency", "tiny tasks beside a long one", Unit::Latency, 2.2e-6, 0.8);
    blocks.push(block(noise, &latency, Size { operations: 10_000, ..PLAIN }));
    let memory = case("memory", "what a waiting task costs", Unit::Bytes, 56.0, 0.5);
    blocks.push(block(noise, &memory, Size { workers: 10, ..PLAIN }));
    let idle = case("idle", "a pool without work", Unit::Processor, 0.0, 1.0);
    let mut idle = block(noise, &idle, Size { operations: 1, ..PLAIN });
    let mut busy = noise.summary(Unit::Processor, 4.1e-3, 0.4);
    busy.operations = None;
    put(&mut idle, "rayon", &Outcome::Measured(busy));
    blocks.push(idle);
    let growth = case("growth", "many tasks, more and more of them", Unit::Time, 84e-9, 1.0);
    for power in 3..=7 {
        let mut case = growth;
        case.value *= 1.0 + 0.1 * f64::from(7 - power);
        case.contrast -= 0.08 * f64::from(7 - power);
        let size =
            Size { operations: 10_u64.pow(power as u32), curve: Some(Axis::Operations), ..PLAIN };
        let mut block = block(noise, &case, size);
        if power > 4 {
            let mut slow = noise.summary(Unit::Time, 10.9e-6, 0.2);
            slow.operations = Some(100_000);
            let gone = missing("gave up: cannot start more threads");
            let outcome = if power > 5 { gone } else { Outcome::Measured(slow) };
            put(&mut block, "std threads", &outcome);
        }
        blocks.push(block);
    }
    let workers = case("workers", "many tasks on more and more workers", Unit::Time, 84e-9, 0.9);
    for power in 0..=6 {
        let mut case = workers;
        case.value *= 1.0 + 0.05 * f64::from(power);
        let size = Size { workers: 1 << power, curve: Some(Axis::Workers), ..PLAIN };
        blocks.push(block(noise, &case, size));
    }
    blocks
}

fn processes(noise: &mut Noise) -> Vec<Block> {
    let case = |name, title, operations_are, unit, value, contrast| Case {
        group: "processes",
        name,
        title,
        operations_are,
        unit,
        value,
        contrast,
    };
    let mut blocks = Vec::new();
    let burst =
        case("process-burst", "many tasks, then all results", "tasks", Unit::Time, 0.62e-6, 1.0);
    let mut burst = block(noise, &burst, PLAIN);
    put(&mut burst, "procspawn", &missing(TOO_MANY));
    put(&mut burst, "loky", &missing("not available: no module named loky"));
    for row in &mut burst.rows {
        if let (true, Outcome::Measured(summary)) = (row.name.starts_with("py"), &mut row.outcome) {
            summary.operations = Some(10_000);
        }
    }
    blocks.push(burst);
    let echo = case("process-echo", "bytes to a worker and back", "echoes", Unit::Time, 9e-6, 0.6);
    for power in [10, 13, 16, 18, 20, 22, 24, 27] {
        let bytes = 1_usize << power;
        let mut case = echo;
        case.value += bytes as f64 / 2.4e9;
        case.contrast *= 1.0 - f64::from(power) / 35.0;
        let size = Size {
            operations: (1_u64 << 30) / bytes as u64,
            bytes: Some(bytes),
            curve: Some(Axis::Bytes),
            ..PLAIN
        };
        let mut block = block(noise, &case, size);
        if power > 24 {
            put(&mut block, "procspawn", &missing("gave up: Message too long (os error 90)"));
        }
        blocks.push(block);
    }
    let start =
        case("process-start", "a new pool to its first result", "pools", Unit::Start, 3.4e-3, 0.9);
    blocks.push(block(noise, &start, Size { operations: 1, ..PLAIN }));
    blocks
}

/// The report.
pub(super) fn report() -> Report {
    let mut noise = Noise(1);
    let mut results = threads(&mut noise);
    results.extend(processes(&mut noise));
    let mut contestants: Vec<Participant> = Vec::new();
    for &(name, role, _) in THREADS.iter().chain(PROCESSES) {
        if !contestants.iter().any(|participant| participant.name == name) {
            contestants.push(Participant {
                name: name.to_owned(),
                version: "1.2.3".to_owned(),
                role,
            });
        }
    }
    Report {
        schema: SCHEMA,
        date: "2026-01-31T12:59:59Z".to_owned(),
        command: ["compare", "--report", "a directory"].map(str::to_owned).to_vec(),
        quick: false,
        machine: Machine {
            cores: 2,
            processor: Some("A Processor 9000 @ 2.60GHz".to_owned()),
            memory: Some(8_201_000_000),
            system: "Linux 6.1 (x86_64)".to_owned(),
            load_before: Some(0.12),
            load_after: Some(1.87),
        },
        build: Build {
            version: "0.1.0".to_owned(),
            rustc: "rustc 1.95.0".to_owned(),
            profile: "release".to_owned(),
        },
        contestants,
        results,
    }
}
