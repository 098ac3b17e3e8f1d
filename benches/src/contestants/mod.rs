//! The contestants, one file per crate.
//!
//! Each is used as its own documentation advises, and as fast as it can be in that way.

pub mod blocking;
mod crossbeam;
pub mod loky;
pub mod one_case;
mod one_shot;
mod ours;
pub mod process;
mod python;
mod rayon;
mod rusty_pool;
#[cfg(unix)]
pub mod shared;
mod threadpool;
mod threads;
mod tokio;

pub use blocking::{Blocking, BlockingAlone};
pub use crossbeam::Crossbeam;
pub use ours::Ours;
pub use rayon::Rayon;
pub use rusty_pool::RustyPool;
pub use threadpool::Threadpool;
pub use threads::Threads;
pub use tokio::Tokio;

use crate::contestant::{Contestant, InProcess};

/// All of them, ours first, the thread pools before the process pools.
pub fn all() -> Vec<Box<dyn Contestant>> {
    let mut all = thread_pools();
    all.push(Box::new(BlockingAlone));
    all.push(Box::new(process::Python::threads()));
    all.extend(process::all());
    #[cfg(unix)]
    all.extend(shared::all());
    all
}

/// The thread pools, ours first.
pub fn thread_pools() -> Vec<Box<dyn Contestant>> {
    vec![
        Box::new(InProcess::<Ours>::new()),
        Box::new(InProcess::<Rayon>::new()),
        Box::new(InProcess::<Threadpool>::new()),
        Box::new(InProcess::<Crossbeam>::new()),
        Box::new(InProcess::<RustyPool>::new()),
        Box::new(InProcess::<Tokio>::new()),
        Box::new(InProcess::<Threads>::new()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::{Case, Group};
    use crate::contestant::{Load, Pool, Role};
    use crate::gate::Gate;
    use clap::ValueEnum;
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn everybody_answers_every_case() {
        let time = Duration::from_micros(100);
        let load = Load { workers: 3, operations: 500, bytes: 0, time };
        let threads = |case: &&Case| case.group() == Group::Threads;
        for contestant in thread_pools() {
            let cases = Case::value_variants().iter().filter(threads);
            for &case in cases.filter(|&&case| contestant.takes_part(case)) {
                let sample = contestant.run(case, &load).unwrap();
                assert!(sample.is_some() || contestant.role() != Role::Ours, "{case:?}");
            }
        }
    }

    #[test]
    fn everybody_has_as_many_workers_as_asked_for() {
        fn check<P: Pool>() {
            const WORKERS: usize = 3;
            let pool = P::new(WORKERS);
            let gate = Arc::new(Gate::default());
            for _ in 0..2 * WORKERS {
                let gate = Arc::clone(&gate);
                pool.forget(move || gate.pass());
            }
            gate.await_waiting(WORKERS);
            std::thread::sleep(Duration::from_millis(50)); // for one too many to show itself
            assert_eq!(gate.waiting(), WORKERS, "{}", P::NAME);
            gate.open();
        }
        check::<Ours>();
        check::<Rayon>();
        check::<Threadpool>();
        check::<Crossbeam>();
        check::<RustyPool>();
        check::<Tokio>();
    }
}
