//! A worker that does its work, but never reads what it is sent.

use super::script::Act;
use crate::transport::region::Word;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::time::{Duration, Instant};

/// How many tasks it answers at most. Its socket has room for fewer messages.
pub(super) const TASKS: usize = 3000;

/// Says after each task that it sleeps, so that it is sent a message for the next one.
pub(super) fn play(act: &mut Act) {
    const ASLEEP: u32 = 1;
    for _ in 0..TASKS {
        act.serving.region.word(Word::WorkerBell).store(ASLEEP, SeqCst);
        let Some(taken) = act.take(Duration::from_secs(10)) else { return };
        // Unless the task was there before it said so, it is woken.
        let start = Instant::now();
        while act.serving.region.word(Word::WorkerBell).load(Relaxed) == ASLEEP
            && start.elapsed() < Duration::from_millis(1)
        {
            std::hint::spin_loop();
        }
        act.publish(taken.number, 0, 0, &[1]);
        act.ring();
    }
}
