//! The futex of the models: sleeping on a word, and waking, by loom's own means.
//!
//! There is one queue for all words of a model, and a wake-up wakes everybody, who then look for
//! themselves. That is allowed of a futex, and explores more than a precise one would. A sleep ends
//! by a wake-up only: time does not pass in models, so a wake-up that is lost is a deadlock, which loom
//! reports.

use crate::atomic::AtomicU32;
use loom::sync::{Condvar, Mutex};
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

loom::lazy_static! {
    static ref GATE: Mutex<()> = Mutex::new(());
    static ref WOKEN: Condvar = Condvar::new();
}

pub(crate) fn wait(word: &AtomicU32, expected: u32, _limit: Duration) {
    let gate = GATE.lock().unwrap();
    if word.load(SeqCst) == expected {
        drop(WOKEN.wait(gate).unwrap());
    }
}

pub(crate) fn wake(_word: &AtomicU32, _count: u32) -> usize {
    let _gate = GATE.lock().unwrap();
    WOKEN.notify_all();
    1
}
