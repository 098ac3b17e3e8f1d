//! Blocking until DONE.

use super::RawTask;
use crate::home;
use crate::park;
use crate::state::{DONE, SHIPPED, WAITERS, phase};
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// Whether there is time for an executor to look for an outcome for some microseconds.
fn is_worth_assisting(deadline: Option<Instant>) -> bool {
    const ENOUGH: Duration = Duration::from_micros(200);
    deadline.is_none_or(|deadline| deadline.saturating_duration_since(Instant::now()) > ENOUGH)
}

impl RawTask {
    /// Waits for DONE, helping if this thread may, until `deadline`. `true` if DONE (or finishing
    /// on this very thread, which will not get there while it waits).
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> bool {
        if self.is_ready() {
            return true;
        }
        if deadline.is_none() && self.help() {
            return true;
        }
        let shipped = self.load() & SHIPPED != 0;
        if shipped && is_worth_assisting(deadline) && home::assist(self) && self.is_ready() {
            return true;
        }
        if self.spin() {
            return true;
        }
        let state = self.state();
        loop {
            let seen = self.load();
            if phase(seen) == DONE {
                return true;
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return false;
            }
            if seen & WAITERS == 0
                && state.compare_exchange_weak(seen, seen | WAITERS, Relaxed, Relaxed).is_err()
            {
                continue;
            }
            let still = || {
                let now = state.load(Relaxed);
                now & WAITERS != 0 && phase(now) != DONE
            };
            park::park(self.key(), still, deadline);
        }
    }

    /// Looks for a short while, since waking a sleeper costs more than most tasks.
    #[cfg(not(loom))]
    fn spin(&self) -> bool {
        const ROUNDS: u32 = 12;
        for round in 0..ROUNDS {
            if phase(self.load()) == DONE {
                return true;
            }
            if round < 6 {
                for _ in 0..1 << round {
                    std::hint::spin_loop();
                }
            } else {
                std::thread::yield_now();
            }
        }
        false
    }

    #[cfg(loom)]
    fn spin(&self) -> bool {
        false
    }
}
