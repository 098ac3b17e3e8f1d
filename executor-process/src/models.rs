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
mod meeting;
pub(crate) mod mortal;
mod permits;
mod pipe;
mod signal;
mod waiters;
pub(crate) mod world;

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

/// Explores `model`, and prints how many executions that took.
fn explore(name: &str, model: impl Fn() + Send + Sync + 'static) {
    static ONE: Mutex<()> = Mutex::new(()); // one model at a time, for readable output
    let _one = ONE.lock();
    let executions = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&executions);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(move || {
        count.fetch_add(1, SeqCst);
        model();
    });
    println!("model {name}: {} executions", executions.load(SeqCst));
}

/// Explores a model once for each number of steps after which one of its processes dies, up to so many.
fn explore_deaths(name: &str, most: usize, model: impl Fn(usize) + Send + Sync + 'static) {
    let model = Arc::new(model);
    for steps in (0..most).chain([world::LIVES]) {
        let model = Arc::clone(&model);
        explore(&format!("{name}, {steps} steps"), move || model(steps));
    }
}
