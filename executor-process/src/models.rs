//! Model checks of the protocols in shared memory, with loom.
//!
//! The words of the transport are those of `bell.rs` and `claim.rs` as they ship; around them is as much of
//! the pool, of a worker and of whoever assists as can be told without processes. The locks and their
//! like are those of `sync/` as they ship, and threads play the processes, which can be killed between any
//! two uses of an atomic: see `world.rs`. A wake-up that is lost leaves a thread waiting for ever, which
//! loom reports as a deadlock. Run by `ci/models.sh`.

mod bell;
mod claim;
pub(crate) mod futex;
mod lock;
mod log;
mod mailbox;
mod meeting;
pub(crate) mod mortal;
mod permits;
mod pipe;
pub(crate) mod region;
mod rings;
mod signal;
mod waiters;
pub(crate) mod world;

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Explores `model`, and prints how many executions that took.
fn explore(name: &str, model: impl Fn() + Send + Sync + 'static) {
    let _one = one_at_a_time();
    println!("model {name}: {} executions", executions(model));
}

/// Explores a model once for each number of steps after which one of its processes dies, up to so many,
/// and once with nobody dying. Prints how many executions that took altogether.
fn explore_deaths(name: &str, most: usize, model: impl Fn(usize) + Send + Sync + 'static) {
    let _one = one_at_a_time();
    let model = Arc::new(model);
    let explored = (0..most).chain([world::LIVES]).map(|steps| {
        let model = Arc::clone(&model);
        let _place = Place { name, steps };
        executions(move || model(steps))
    });
    let total: usize = explored.sum();
    println!("model {name}: {most} deaths, {total} executions");
}

/// For readable output.
fn one_at_a_time() -> impl Drop {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Explores `model`, and returns how many executions that took.
fn executions(model: impl Fn() + Send + Sync + 'static) -> usize {
    let executions = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&executions);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(move || {
        count.fetch_add(1, SeqCst);
        model();
    });
    executions.load(SeqCst)
}

/// Where an exploration is, which it says if it fails.
struct Place<'a> {
    name: &'a str,
    steps: usize,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            match self.steps {
                world::LIVES => println!("model {} fails if nobody dies", self.name),
                steps => println!("model {} fails with a death after {steps} steps", self.name),
            }
        }
    }
}
