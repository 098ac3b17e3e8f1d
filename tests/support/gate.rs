//! [`Gate`]: holds tasks back, in whatever process they run, until the test lets them go.

use super::eventually;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::PathBuf;

/// The side of the tasks. Open once a certain file exists.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Gate {
    path: PathBuf,
}

impl Gate {
    /// Blocks until the gate is open.
    pub(crate) fn wait_open(&self) {
        eventually("a gate to be opened", || self.is_open());
    }

    /// Opens it, for whoever waits and whoever comes.
    pub(crate) fn open(&self) {
        File::create(&self.path).expect("a file in the test's directory");
    }

    pub(crate) fn is_open(&self) -> bool {
        self.path.exists()
    }
}

/// The side of the test.
///
/// Opens the gate when dropped. Made after the pool it is dropped before it, so that a failing
/// assertion does not become a pool that waits for its tasks for ever.
pub(crate) struct GateKeeper {
    gate: Gate,
}

impl GateKeeper {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { gate: Gate { path } }
    }

    /// The side to give to tasks.
    pub(crate) fn gate(&self) -> Gate {
        self.gate.clone()
    }

    pub(crate) fn open(&self) {
        self.gate.open();
    }

    pub(crate) fn is_open(&self) -> bool {
        self.gate.is_open()
    }
}

impl Drop for GateKeeper {
    fn drop(&mut self) {
        self.gate.open();
    }
}
