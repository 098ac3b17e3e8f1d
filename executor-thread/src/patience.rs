//! [`Patience`]: how long a call may wait.

use crate::primitives::{Condvar, MutexGuard};
use std::time::{Duration, Instant};

/// How long a call may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Not at all.
    None,
    /// Until then.
    Until(Instant),
    /// For ever.
    Endless,
}

impl Patience {
    /// For so long from now. What is beyond the end of the clock is for ever.
    pub(crate) fn lasting(timeout: Duration) -> Self {
        Instant::now().checked_add(timeout).map_or(Self::Endless, Self::Until)
    }

    /// When it ends, if it does.
    pub(crate) fn deadline(self) -> Option<Instant> {
        match self {
            Self::Until(deadline) => Some(deadline),
            Self::None | Self::Endless => None,
        }
    }

    /// Waits to be notified. `false`: the patience is at its end.
    ///
    /// Who was notified hears so even if the time has passed meanwhile, so that no notification gets
    /// lost with one who leaves.
    pub(crate) fn wait<T>(self, condvar: &Condvar, guard: &mut MutexGuard<'_, T>) -> bool {
        match self {
            Self::None => false,
            Self::Until(deadline) => !condvar.wait_until(guard, deadline).timed_out(),
            Self::Endless => {
                condvar.wait(guard);
                true
            }
        }
    }
}
