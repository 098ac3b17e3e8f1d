//! Workers that write anywhere into the memory that they share with the pool.

use super::script::Act;
use crate::transport::inlet::claim;
use crate::transport::outlet::STARTED;
use crate::transport::region::{Region, SLOTS, Word};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::time::Duration;

pub(super) fn play(act: &mut Act) {
    for _ in 0..1 + act.noise.below(5) {
        let taken = act.take(Duration::from_millis(1));
        match act.noise.below(6) {
            // One word.
            0 => {
                let word = act.noise.of(&Word::ALL);
                let value = act.odd_number();
                act.serving.region.wide_word(word).store(value, Release);
            }
            // Every word.
            1 => {
                for word in Word::ALL {
                    let value = act.odd_number();
                    act.serving.region.wide_word(word).store(value, Release);
                }
            }
            // Claims: what it has not, what it has had, what there is not.
            2 => {
                for number in 0..SLOTS as u32 {
                    let value = act.odd_number();
                    slot(&act.serving.region, number).store(value, Relaxed);
                }
            }
            3 => {
                for number in 0..SLOTS as u32 {
                    let claim = claim(&act.serving.region, number);
                    (0..50).for_each(|_| _ = claim.start_next());
                }
            }
            // Single bits, anywhere.
            4 => {
                for _ in 0..1 + act.noise.below(2000) {
                    let (place, bit) = (act.noise.next(), act.noise.below(8));
                    let (start, _) = match act.noise.below(4) {
                        0 => act.serving.region.data(place),
                        1 => (act.serving.region.slot(place as u32), 0),
                        _ => act.serving.region.result(place),
                    };
                    // SAFETY: within the region.
                    unsafe { *start.as_ptr() ^= 1 << bit };
                }
            }
            // Its own pages, gone.
            _ => {
                let len = act.odd_number() % (1 << 30);
                act.serving.results.file().discard(0, len.max(1));
            }
        }
        if let Some(taken) = taken {
            let kind = act.noise.below(6) as u8;
            act.publish(taken.number, kind, 0, &[7]);
        }
        act.ring();
    }
}

fn slot(region: &Region, number: u32) -> &AtomicU64 {
    // SAFETY: each slot starts with this word.
    unsafe { region.slot(number).cast().as_ref() }
}

/// Announces its task, says then that nobody has started it, and does not end.
pub(super) fn deny(act: &mut Act) {
    let Some(taken) = act.take(Duration::from_secs(30)) else { return };
    act.publish(taken.number, STARTED, 0, &[]);
    for number in 0..SLOTS as u32 {
        slot(&act.serving.region, number).store(0, Release);
    }
    slot(&act.serving.region, taken.number).store(u64::MAX << 40, Release);
    act.ring();
    std::thread::sleep(Duration::from_secs(120));
}
