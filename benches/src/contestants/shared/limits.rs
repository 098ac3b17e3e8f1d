//! What is not for processes, or not for values: the least that the same takes.

use crate::cases::Case;
use crate::clock::Stopwatch;
use crate::contestant::{Contestant, Load, Role, Sample, Trouble, WrongAnswer};
use crate::contestants::one_case::OneCase;
use crate::contestants::process;
use parking_lot::Mutex;
use std::sync::Barrier;

/// A mutex of `parking_lot`, for the threads of one process.
#[derive(Clone, Copy, Debug)]
pub struct ParkingLot;

impl Contestant for ParkingLot {
    fn name(&self) -> &'static str {
        "parking_lot, threads"
    }

    fn version(&self) -> String {
        crate::versions::of("parking_lot").to_owned()
    }

    fn role(&self) -> Role {
        Role::Limit
    }

    fn takes_part(&self, case: Case) -> bool {
        matches!(case, Case::SharedLock | Case::SharedLockContended)
    }

    fn run(&self, _: Case, load: &Load) -> Result<Option<Sample>, Trouble> {
        let count = Mutex::new(0);
        let times = load.operations / load.workers as u64;
        let start = Barrier::new(load.workers + 1);
        let watch = std::thread::scope(|scope| {
            for _ in 0..load.workers {
                scope.spawn(|| {
                    start.wait();
                    for _ in 0..times {
                        *count.lock() += 1;
                    }
                });
            }
            let watch = Stopwatch::start();
            start.wait();
            watch
        });
        let total = times * load.workers as u64;
        let sample = watch.per_operation(total);
        WrongAnswer::unless_equal(total, *count.lock())?;
        Ok(Some(sample.with(None)))
    }
}

/// A socket pair, at the ends of which two processes sleep until the other writes.
pub(super) const SOCKET_PAIR: OneCase = OneCase {
    name: "a socket pair",
    made_with: None,
    role: Role::Limit,
    case: Case::SharedPipe,
    run: |load| {
        let sample = process::SocketPair.run(Case::ProcessRoundTrip, load)?;
        sample.ok_or(Trouble::NotAvailable)
    },
};
