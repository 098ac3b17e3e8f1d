//! `blocking`: `unblock`, on the one pool that it has.
//!
//! There is only this pool in a program, for as long as that runs, and its size is an environment variable. So
//! each repetition is in a program of its own: this one, started again.

use super::python;
use crate::cases::Case;
use crate::contestant::{Contestant, InProcess, Load, Pool, Role, Sample, Trouble};
use blocking::Task;
use clap::ValueEnum;
use futures_lite::future::block_on;
use std::fmt::Display;
use std::process::Command;
use std::time::Duration;

/// The pool of the crate.
#[derive(Debug)]
pub struct Blocking;

/// The first argument of a process that is to do one repetition; the others say of what.
const MEASURE: &str = "measure-blocking";

/// The variable that the crate looks at.
const SIZE: &str = "BLOCKING_MAX_THREADS";

/// The pool in a program of its own.
#[derive(Clone, Copy, Debug)]
pub struct BlockingAlone;

impl Contestant for BlockingAlone {
    fn name(&self) -> &'static str {
        Blocking::NAME
    }

    fn version(&self) -> String {
        Blocking::version()
    }

    fn role(&self) -> Role {
        Role::Peer
    }

    /// Not where new pools are made, since there is only one.
    fn takes_part(&self, case: Case) -> bool {
        case != Case::Start && InProcess::<Blocking>::new().takes_part(case)
    }

    fn run(&self, case: Case, load: &Load) -> Result<Option<Sample>, Trouble> {
        let program = std::env::current_exe().map_err(|error| gave_up(&error))?;
        let nanoseconds = load.time.as_nanos();
        let numbers: [&dyn Display; 3] = [&load.workers, &load.operations, &nanoseconds];
        let mut command = Command::new(program);
        command.arg(MEASURE).arg(case.name()).args(numbers.map(ToString::to_string));
        let output = command.env(SIZE, load.workers.to_string()).output();
        let output = output.map_err(|error| gave_up(&error))?;
        let text = String::from_utf8_lossy(&output.stdout);
        match python::parse(&text) {
            Some((sample, operations)) => {
                let operations = (operations > 0).then_some(operations);
                Ok(Some(Sample { operations, ..sample }))
            }
            None if output.status.success() => Ok(None),
            None => Err(gave_up(&output.status)),
        }
    }
}

fn gave_up(reason: &dyn Display) -> Trouble {
    Trouble::GaveUp(reason.to_string())
}

/// Does one repetition and prints what came of it, if that is what this process was started for. To be called
/// at the start of `main`.
///
/// # Panics
///
/// The arguments make no sense, or the answer is wrong.
pub fn measure_if_asked() -> bool {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, case, numbers @ ..] = &*arguments else { return false };
    if what != MEASURE {
        return false;
    }
    let case = Case::from_str(case, false).expect("the name of a case");
    let number = |index: usize| numbers[index].parse::<u64>().expect("a number");
    let load = Load {
        workers: number(0) as usize,
        operations: number(1),
        bytes: 0,
        time: Duration::from_nanos(number(2)),
    };
    let sample = InProcess::<Blocking>::new().run(case, &load).expect("the answer is right");
    if let Some(Sample { value, besides, operations }) = sample {
        let [first, second] = besides.map(|value| value.unwrap_or(f64::NAN));
        println!("{value} {first} {second} {}", operations.unwrap_or(0));
    }
    true
}

impl Pool for Blocking {
    const NAME: &'static str = "blocking";
    const CRATE: &'static str = "blocking";
    const PATIENCE: u64 = 10;
    const MOST: u64 = 100_000;

    type Handle<R: Send + 'static> = Task<R>;

    fn new(_: usize) -> Self {
        Self
    }

    fn submit<R, F>(&self, task: F) -> Self::Handle<R>
    where
        R: Send + 'static,
        F: FnOnce() -> R + Send + 'static,
    {
        blocking::unblock(task)
    }

    fn wait<R: Send + 'static>(&self, handle: Self::Handle<R>) -> R {
        block_on(handle)
    }

    fn forget<F>(&self, task: F)
    where
        F: FnOnce() + Send + 'static,
    {
        self.submit(task).detach();
    }

    /// In one `block_on` for all results.
    fn sum(&self, handles: Vec<Self::Handle<u64>>) -> u64 {
        block_on(async {
            let mut sum = 0;
            for handle in handles {
                sum += handle.await;
            }
            sum
        })
    }

    /// The same.
    fn round_trips(&self, number: u64) -> u64 {
        block_on(async {
            let mut sum = 0;
            for n in 0..number {
                sum += self.submit(move || n).await;
            }
            sum
        })
    }
}
