//! Workers that publish frames which are not what they should be.

use super::script::Act;
use crate::transport::outlet::{Payload, STARTED};
use crate::transport::region::Word;
use rustix::process::{getpid, getppid};
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_millis(2);

pub(super) fn play(act: &mut Act) {
    for _ in 0..1 + act.noise.below(6) {
        let taken = act.take(PATIENCE);
        let number = taken.map_or(0, |taken| taken.number);
        for _ in 0..1 + act.noise.below(4) {
            one(act, number);
        }
        if act.noise.below(4) == 0 {
            // The right answer to a number, for once.
            act.publish(number, 0, 0, &[1]);
        }
        act.ring();
    }
}

fn one(act: &mut Act, number: u32) {
    let number = match act.noise.below(4) {
        0 => act.odd_number() as u32,
        1 => number.wrapping_add(act.noise.below(5) as u32),
        _ => number,
    };
    let kind = match act.noise.below(3) {
        0 => act.noise.next() as u8,
        1 => STARTED,
        _ => act.noise.below(4) as u8,
    };
    let attachments = if act.noise.below(3) == 0 { act.odd_number() as u16 } else { 0 };
    match act.noise.below(6) {
        // An outcome of noise.
        0 | 1 => {
            let len = act.noise.of(&[0, 1, 7, 8, 9, 40, 1000, 64 * 1024]);
            let bytes = act.noise.bytes(len);
            act.publish(number, kind, attachments, &bytes);
        }
        // The same again and again.
        2 => {
            for _ in 0..act.noise.below(3000) {
                if !act.publish(number, kind, attachments, &[0; 3]) {
                    break;
                }
            }
        }
        // Somewhere in the depot, which is as long as nobody needs.
        3 => {
            let (offset, len) = (act.odd_number(), act.odd_number());
            let payload = Payload::Depot { offset, len };
            act.results.try_publish(&act.serving.region, number, kind, attachments, payload);
            let end = act.odd_number() % (1 << 42);
            let _as_long_as_may_be = act.serving.results.file().set_len(end);
        }
        // A header of noise, published as it should be.
        4 => {
            let header = header(act, number, kind);
            let step = act.noise.of(&[16, 32, 48, 1024]);
            let position = act.serving.region.wide_word(Word::ResultTail);
            let at = position.load(Relaxed);
            scribble(act, at, &header);
            position.store(at.wrapping_add(step), Release);
        }
        // What is published is not where it could be.
        _ => {
            let header = header(act, number, kind);
            scribble(act, 0, &header);
            let tail = act.odd_number();
            act.serving.region.wide_word(Word::ResultTail).store(tail, Release);
        }
    }
}

/// Begins nothing, and says that it is through with what it never had, or has begun it.
pub(super) fn answer_in_vain(act: &mut Act) {
    let kind = act.noise.of(&[0, STARTED]);
    act.publish(1000, kind, 0, &[7]);
    act.ring();
}

/// Has another process publish what cannot be, again and again until this one is killed for it, and then take it back.
pub(super) fn take_back(act: &Act) {
    let parent = getpid();
    // SAFETY: there is one thread, and the new process uses what it has copies of.
    if unsafe { libc::fork() } != 0 {
        std::thread::sleep(Duration::from_secs(120)); // until it is killed for it
        return;
    }
    let tail = act.serving.region.wide_word(Word::ResultTail);
    while getppid() == Some(parent) {
        tail.store(8, Release);
        act.ring();
        std::thread::yield_now();
    }
    tail.store(0, Release);
}

/// Sixteen bytes, of which some may be what they should be.
fn header(act: &mut Act, number: u32, kind: u8) -> [u8; 16] {
    let mut header = [0; 16];
    header[..4].copy_from_slice(&number.to_ne_bytes());
    header[4] = kind;
    header[5] = act.noise.below(4) as u8;
    header[6..8].copy_from_slice(&(act.odd_number() as u16).to_ne_bytes());
    header[8..].copy_from_slice(&act.odd_number().to_ne_bytes());
    header
}

fn scribble(act: &Act, position: u64, bytes: &[u8]) {
    let (start, contiguous) = act.serving.region.result(position);
    let len = bytes.len().min(contiguous);
    // SAFETY: so many bytes of the ring. What the pool makes of them is the point.
    unsafe { start.as_ptr().copy_from_nonoverlapping(bytes.as_ptr(), len) };
}

/// Says of its one task again and again that it has started it.
pub(super) fn start_twice(act: &mut Act) {
    let Some(taken) = act.take(Duration::from_secs(30)) else { return };
    let mut said = 0_u32;
    while said < 2_000_000 {
        if act.publish(taken.number, STARTED, 0, &[]) {
            said += 1;
        }
        act.ring();
    }
    // Up to here if nobody minds.
}
