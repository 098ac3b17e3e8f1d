//! Ours.

use crate::cases::shared::{lock, manager, pipe, process, queue};
use crate::cases::{Case, Group};
use crate::contestant::{Contestant, Load, Role, Sample, Trouble};

/// What `executor-process` has besides the pool.
#[derive(Clone, Copy, Debug)]
pub struct Ours;

impl Contestant for Ours {
    fn name(&self) -> &'static str {
        "ours"
    }

    fn version(&self) -> String {
        crate::versions::of("executor-process").to_owned()
    }

    fn role(&self) -> Role {
        Role::Ours
    }

    fn takes_part(&self, case: Case) -> bool {
        case.group() == Group::Shared
    }

    fn run(&self, case: Case, load: &Load) -> Result<Option<Sample>, Trouble> {
        let sample = match case {
            Case::SharedLock => lock::run(load)?,
            Case::SharedLockContended => lock::run_contended(load)?,
            Case::SharedQueue => queue::run(load)?,
            Case::SharedPipe => pipe::run(load)?,
            Case::SharedProcess => process::run(load)?,
            Case::SharedManagerGet | Case::SharedManagerSet | Case::SharedManagerUpdate => {
                manager::run(case, load)?
            }
            _ => return Ok(None),
        };
        Ok(Some(sample))
    }
}
