//! The contestants of the shared group: ours, Python's `multiprocessing`, and limits.

mod limits;
mod ours;
mod python;

pub use limits::ParkingLot;
pub use ours::Ours;
pub use python::Python;

use crate::contestant::Contestant;

/// All of them, ours first.
pub fn all() -> Vec<Box<dyn Contestant>> {
    vec![
        Box::new(Ours),
        Box::new(Python::default_start()),
        Box::new(Python::spawn()),
        Box::new(ParkingLot),
        Box::new(limits::SOCKET_PAIR),
    ]
}
