//! The contestants of the process group: pools, Python's pools, and two that are no pools.
//!
//! Each is used as its own documentation advises, and as fast as it can be in that way.

pub mod bare;
mod ipc_channel;
mod ours;
mod procspawn;
mod python;
mod socket_pair;

pub use ipc_channel::IpcChannel;
pub use ours::Ours;
pub use procspawn::Procspawn;
pub use python::Python;
pub use socket_pair::SocketPair;

use crate::contestant::{Contestant, InProcesses};

/// All of them, ours first.
pub fn all() -> Vec<Box<dyn Contestant>> {
    let mut all: Vec<Box<dyn Contestant>> = vec![
        Box::new(InProcesses::<Ours>::new()),
        Box::new(InProcesses::<Procspawn>::new()),
        Box::new(ours::PROCESS_EACH),
        Box::new(procspawn::IN_SMALL_LOTS),
        Box::new(procspawn::PROCESS_EACH),
    ];
    all.extend(Python::all().into_iter().map(|python| Box::new(python) as _));
    all.push(Box::new(IpcChannel));
    all.push(Box::new(SocketPair));
    all.push(Box::new(ours::ONE_WORKER));
    all
}
