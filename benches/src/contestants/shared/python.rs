//! CPython's `multiprocessing`, each repetition in a Python of its own, which takes the time itself.
//!
//! What it does: `benches/python/shared.py`.

use crate::cases::shared::queue::capacity;
use crate::cases::{Case, Group, sum_below};
use crate::contestant::{Contestant, Load, Role, Sample, Trouble};
use crate::contestants::python;
use std::fmt::Display;

/// The script.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/shared.py");

/// `multiprocessing` with one of its ways to start processes.
#[derive(Clone, Copy, Debug)]
pub struct Python {
    name: &'static str,
    /// Empty for the default of the system.
    start_method: &'static str,
}

impl Python {
    /// With the default of the system.
    pub fn default_start() -> Self {
        Self { name: "python", start_method: "" }
    }

    /// With new processes, as ours are. How processes start makes no difference to what they share.
    pub fn spawn() -> Self {
        Self { name: "python-spawn", start_method: "spawn" }
    }
}

/// How many operations it does for one of ours: fewer where it would take too long.
fn patience(case: Case, bytes: usize) -> u64 {
    match case {
        Case::SharedLock | Case::SharedManagerGet | Case::SharedManagerSet => 10,
        Case::SharedLockContended => 10,
        Case::SharedQueue if bytes < 1 << 20 => 10,
        Case::SharedPipe => 5,
        Case::SharedManagerUpdate => 20,
        Case::SharedQueue | Case::SharedProcess => 4,
        _ => 1,
    }
}

impl Contestant for Python {
    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> String {
        python::version()
    }

    fn role(&self) -> Role {
        Role::Peer
    }

    fn takes_part(&self, case: Case) -> bool {
        let starts = self.start_method.is_empty() || case == Case::SharedProcess;
        case.group() == Group::Shared && starts
    }

    fn run(&self, case: Case, load: &Load) -> Result<Option<Sample>, Trouble> {
        let Load { workers, operations, bytes, .. } = load.reduced(patience(case, load.bytes));
        let workers = workers as u64;
        let expected = match case {
            Case::SharedLockContended => operations / workers * workers,
            Case::SharedQueue if bytes == 8 => sum_below(operations),
            Case::SharedPipe => sum_below(operations),
            Case::SharedQueue => operations * bytes as u64,
            Case::SharedManagerSet => operations - 1,
            Case::SharedManagerUpdate => 1 + operations,
            _ => operations,
        };
        let bytes = bytes.max(1);
        let name = case.name();
        let what = name.trim_start_matches("shared-");
        let arguments: [&dyn Display; 6] =
            [&self.start_method, &what, &workers, &operations, &bytes, &capacity(bytes)];
        let sample = python::run(SCRIPT, &arguments, expected)?;
        Ok(Some(Sample { operations: Some(operations), ..sample }))
    }
}
