//! Model checks of the protocols in shared memory, with loom.
//!
//! The words are those of `bell.rs` and `claim.rs` as they ship; around them is as much of the pool, of
//! a worker and of whoever assists as can be told without processes. A wake-up that is lost leaves a
//! thread waiting for ever, which loom reports as a deadlock. Run by `ci/models.sh`.

mod bell;
mod claim;

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
