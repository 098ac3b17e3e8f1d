//! [`Patience`]: how long to look for something before sleeping for it.
//!
//! Going to sleep and being woken takes some twenty microseconds, and more of the other side's time.
//! So whoever waits looks for about as long, while that has been worth it lately.

use crate::atomic::AtomicU32;
use std::hint;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

/// How often to look in any case.
const LOOKS: u32 = 100;

/// How long to go on looking, a little more than sleeping and waking takes.
const LIMIT: Duration = Duration::from_micros(50);

/// After each time in vain it is left out twice as often before it is tried again, up to so many doublings.
const DOUBLINGS: u32 = 8;

/// What has been learnt at one place where this process waits, such as an end of a pipe.
#[derive(Debug)]
pub(crate) struct Patience {
    /// How often looking was in vain since it was last worth it, at most [`DOUBLINGS`], in the upper half;
    /// how often it is left out from now on in the lower.
    state: AtomicU32,
}

impl Patience {
    pub(crate) fn new() -> Self {
        Self { state: AtomicU32::new(0) }
    }

    /// Looks for a while; says whether it has come true.
    pub(crate) fn look(&self, is_there: impl Fn() -> bool) -> bool {
        for _ in 0..LOOKS {
            if is_there() {
                return true;
            }
            hint::spin_loop();
        }
        // Several threads may learn at once, and forget some of it. It is only advice.
        let state = self.state.load(Relaxed);
        let (in_vain, left_out) = (state >> 16, state & 0xffff);
        if left_out > 0 {
            self.state.store(state - 1, Relaxed);
            return false;
        }
        let start = Instant::now();
        let mut came = false;
        while !came && start.elapsed() < LIMIT {
            thread::yield_now(); // there may be more processes than processors
            came = is_there();
        }
        // Where others have much to do, to yield takes longer than to sleep and be woken.
        if came && start.elapsed() < LIMIT {
            self.state.store(0, Relaxed);
        } else {
            let in_vain = (in_vain + 1).min(DOUBLINGS);
            self.state.store(in_vain << 16 | ((1 << in_vain) - 1), Relaxed);
        }
        came
    }
}
