//! The comparison of our pools with their peers: the same work, taking turns.
//!
//! | what                                     | file                         |
//! |------------------------------------------|------------------------------|
//! | what a contestant is                     | `contestant.rs`              |
//! | the contestants, one file per crate      | `contestants/`, `contestants/process/` |
//! | what they have to do, one file per case  | `cases/`, `cases/process/`   |
//! | taking turns, medians, a limit           | `measure.rs`                 |
//! | wall time and processor time             | `clock.rs`, `family.rs`      |
//! | bytes                                    | `alloc.rs`                   |
//! | what is printed                          | `report.rs`, `units.rs`      |
//! | the command line                         | `bin/compare.rs`             |
//!
//! The method and how to read the tables: `README.md` next to this crate's manifest.

pub mod alloc;
pub mod cases;
pub mod clock;
pub mod contestant;
pub mod contestants;
mod family;
pub mod gate;
pub mod measure;
pub mod report;
pub mod units;
mod versions;
