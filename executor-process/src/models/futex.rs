//! The futex of the models: sleeping on a word, and waking, by loom's own means.
//!
//! Each word has its queue, and the first who came are the first to be woken, no more than asked for. So a
//! wake-up that is lost, or that goes to one whom it does not help, leaves somebody asleep: a deadlock,
//! which loom reports. A slice of sleep ends only when a process dies, or when it grows late; see `world.rs`.

use super::world;
use crate::atomic::AtomicU32;
use loom::sync::{Arc, Condvar, Mutex};
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

/// Where one thread sleeps.
struct Bed {
    /// The address of the word.
    word: usize,
    woken: Condvar,
}

loom::lazy_static! {
    /// Those who sleep, as they came. Whoever is woken is taken out.
    static ref BEDS: Mutex<Vec<Arc<Bed>>> = Mutex::new(Vec::new());
}

fn address(word: &AtomicU32) -> usize {
    std::ptr::from_ref(word).addr()
}

pub(crate) fn wait(word: &AtomicU32, expected: u32, _limit: Duration) {
    world::step();
    let mut beds = BEDS.lock().unwrap();
    // The kernel looks at the word under the lock that whoever wakes takes, too.
    if word.peek() != expected || world::slice_is_over() || world::is_late_news() {
        return;
    }
    let bed = Arc::new(Bed { word: address(word), woken: Condvar::new() });
    beds.push(Arc::clone(&bed));
    while beds.iter().any(|other| Arc::ptr_eq(other, &bed)) {
        beds = bed.woken.wait(beds).unwrap();
    }
    let _told = world::slice_is_over();
}

pub(crate) fn wake(word: &AtomicU32, count: u32) -> usize {
    world::step();
    let mut beds = BEDS.lock().unwrap();
    let mut woken = 0;
    beds.retain(|bed| {
        let chosen = bed.word == address(word) && woken < count as usize;
        if chosen {
            woken += 1;
            bed.woken.notify_one();
        }
        !chosen
    });
    woken
}

/// Wakes everybody, to look for themselves.
pub(super) fn end_slices() {
    let mut beds = BEDS.lock().unwrap();
    for bed in beds.drain(..) {
        bed.woken.notify_one();
    }
}
